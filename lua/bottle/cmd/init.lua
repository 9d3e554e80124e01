--- bottle init: a manifest and a policy to begin with; what is there already is never touched.
local fs <const> = require "bottle.fs"
local load <const> = require "bottle.policy_load"
local problem <const> = require "bottle.problem"

local M = {}

--- The text to begin with: policies/init/NAME in the install. JSON has no comments: what there is
--- to say about it is said in the policy and in the YAML form.
local function template(name)
  return assert(fs.read(("%s/policies/init/%s"):format(load.share, name)))
end

---@param args bottle.Args
---@return integer status
function M.main(args)
  local files = { args.opts.yaml and "bottle.yaml" or "bottle.json", "policy.lua" }
  for _, name in ipairs { "bottle.json", "bottle.yaml", "policy.lua" } do
    if fs.exists(name) then
      problem.raise(("init: %s is there already; nothing was written"):format(name))
    end
  end
  for _, name in ipairs(files) do
    local ok, why = fs.write(name, template(name), 420)
    if not ok then problem.raise(("init: cannot write in this folder: %s"):format(why)) end
    io.stderr:write("bottle: wrote ", name, "\n")
  end
  io.stderr:write("bottle: next: bottle check ./policy.lua, then bottle run ./policy.lua\n")
  return 0
end

return M
