-- This site's decisions, on top of the shipped ones (policies/ in bottle's install).
-- All points and what their rules are given: docs/reference/policy.md.
local policy = require "policy"

-- Hosts for every bottle, whatever its manifest says:
-- policy.rule("allowlist", { id = "site/intranet", run = function(bottle)
--   return { "*.corp.example", "registry.corp.example:8443" }
-- end })

-- What stays shut even under a wildcard:
-- policy.rule("denylist", { id = "site/vault", run = function()
--   return { "vault.corp.example" }
-- end })

-- The image that the agents run in, where a manifest names none:
policy.rule("image", { id = "claude", replace = true, run = function()
  return "bottle-agent-claude"
end })
