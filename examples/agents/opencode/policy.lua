--- opencode in a bottle: it may do what it likes in it, shares nothing and updates nothing.
local policy <const> = require "policy"

-- The list of models is a file on the web; the model itself is the shipped one.
policy.rule("allowlist", { id = "defaults", replace = true, run = function()
  return { "api.anthropic.com", "models.dev" }
end })

local config <const> = [[
{ "$schema": "https://opencode.ai/config.json", "autoupdate": false, "share": "disabled",
  "permission": { "edit": "allow", "bash": "allow", "webfetch": "allow" } }
]]

policy.rule("provision", { id = "opencode/start", after = "prompt", run = function(box, _, run)
  local dir <const> = "~/.config/opencode/"
  box:copy_in({ data = config }, dir .. "opencode.json", { mode = 384 })
  if run.prompt then box:copy_in({ data = run.prompt }, dir .. "AGENTS.md", { mode = 384 }) end
end })
