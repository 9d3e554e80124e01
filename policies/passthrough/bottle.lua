local policy <const> = require "policy"

policy.rule("passthrough", { id = "bottle", run = function(bottle)
  return bottle.egress.tls_passthrough_domains
end })
