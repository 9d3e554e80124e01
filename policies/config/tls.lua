--- TLS is opened only with a CA: both files or neither.
local policy <const> = require "policy"

policy.rule("config", { id = "tls", run = function(_, config, run)
  if not run.ca_cert and not run.ca_key then return end
  config.tls_interception = {
    enabled = true, ca_cert = run.ca_cert, ca_key = run.ca_key,
    passthrough_domains = run.passthrough,
  }
end })
