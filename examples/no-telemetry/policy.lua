--- No telemetry: taken out after every rule has had its say, whoever put it in.
local policy <const> = require "policy"

policy.rule("allowlist", { id = "acme/no-telemetry", after = "*", run = function(_, hosts)
  hosts:remove "sentry.io"
  hosts:remove "statsig.anthropic.com"
end })

policy.rule("env", { id = "acme/no-telemetry", run = function()
  return { DISABLE_TELEMETRY = "1", DISABLE_ERROR_REPORTING = "1" }
end })
