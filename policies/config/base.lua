--- Only what is listed, and enforced.
local policy <const> = require "policy"

policy.rule("config", { id = "base", run = function(_, config, run)
  config.version = 1
  config.mode = "strict"
  config.enforce = true
  config.api_allowlist = run.allowlist
  config.forward_proxy = { enabled = true }
  if #run.denylist > 0 then
    config.fetch_proxy = { monitoring = { blocklist = run.denylist } }
  end
end })
