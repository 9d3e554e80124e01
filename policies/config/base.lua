--- Only what is listed, and enforced.
local policy <const> = require "policy"

-- An engine that is given no host at all does not start (an empty list has meant "all" elsewhere).
-- This one stands for none: nobody can have it (RFC 6761 §6.4).
local NOBODY <const> = "nothing.invalid"

policy.rule("config", { id = "base", run = function(_, config, run)
  config.version = 1
  config.mode = "strict"
  config.enforce = true
  config.api_allowlist = #run.allowlist > 0 and run.allowlist or { NOBODY }
  config.forward_proxy = { enabled = true }
  if #run.denylist > 0 then
    config.fetch_proxy = { monitoring = { blocklist = run.denylist } }
  end
end })
