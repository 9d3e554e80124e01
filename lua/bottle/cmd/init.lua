--- bottle init: a manifest and a policy to begin with; what is there already is never touched.
local fs <const> = require "bottle.fs"
local problem <const> = require "bottle.problem"

local M = {}

-- JSON has no comments: what there is to say is said in policy.lua and in the documentation.
local manifest_json <const> = [[
{
  "bottles": {
    "default": {
      "env": {},
      "egress": { "allowlist": ["github.com", "registry.npmjs.org", "pypi.org", "files.pythonhosted.org"] },
      "resources": { "memory": "4g", "pids": 512 }
    }
  },
  "agents": {
    "implementer": {
      "bottle": "default",
      "prompt": "Work on the project in this folder."
    }
  }
}
]]

local manifest_yaml <const> = [[
# Bottles are sandboxes; agents run in them. All keys: docs/reference/manifest.md.
bottles:
  default:
    # Values: a literal, {from_env: NAME} or {prompt: "what to ask"}; they stand in no plan and no log.
    env: {}
    egress:
      # Names, or *.suffix; without a port they stand for 80 and 443. Nothing else is reached.
      allowlist:
        - github.com
        - registry.npmjs.org
        - pypi.org
        - files.pythonhosted.org
    resources:
      memory: 4g
      pids: 512
agents:
  implementer:
    bottle: default
    prompt: Work on the project in this folder.
    # image: bottle-agent-claude
    # command: [claude]
]]

local policy_lua <const> = [[
-- This site's decisions, on top of the shipped ones (policies/ in bottle's install).
-- All points and what their rules are given: docs/reference/policy.md.
local policy = require "policy"

-- Hosts for every bottle, whatever its manifest says:
-- policy.rule("allowlist", { id = "site/intranet", run = function(bottle)
--   return { "*.corp.example", "registry.corp.example:8443" }
-- end })

-- What stays shut even under a wildcard:
-- policy.rule("denylist", { id = "site/vault", run = function() return { "vault.corp.example" } end })

-- The image that the agents run in, where a manifest names none:
policy.rule("image", { id = "claude", replace = true, run = function()
  return "bottle-agent-claude"
end })
]]

---@param args bottle.Args
---@return integer status
function M.main(args)
  local files = {
    args.opts.yaml and { "bottle.yaml", manifest_yaml } or { "bottle.json", manifest_json },
    { "policy.lua", policy_lua },
  }
  for _, name in ipairs { "bottle.json", "bottle.yaml", "policy.lua" } do
    if fs.exists(name) then
      problem.raise(("init: %s is there already; nothing was written"):format(name))
    end
  end
  for _, file in ipairs(files) do
    local ok, why = fs.write(file[1], file[2], 420)
    if not ok then problem.raise("init: " .. why) end
    io.stderr:write("bottle: wrote ", file[1], "\n")
  end
  io.stderr:write("bottle: next: bottle check ./policy.lua, then bottle run ./policy.lua\n")
  return 0
end

return M
