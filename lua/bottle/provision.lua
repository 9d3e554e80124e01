--- Runs the `provision` steps on a box, in their order; a step that fails names itself. What the
--- steps before it can take back (undo) is taken back, last first.
local problem <const> = require "bottle.problem"
local undo <const> = require "bottle.undo"

local M = {}

--- What a step is given beside the box and the plan: values that no plan may hold.
---@class bottle.ProvisionRun
---@field prompt? string
---@field known_hosts table<string, string>  of an ssh entry's Host: its lines
---@field git_identity { name?: string, email?: string }

--- While one runs, its id is box.step.
---@param registry bottle.Registry
---@param box bottle.Box
---@param plan table
---@param run bottle.ProvisionRun
function M.run(registry, box, plan, run)
  local back <close> = undo.new()
  for _, step in ipairs(registry:steps "provision") do
    box.step = step.id
    local ok, err = pcall(step.run, box, plan, run)
    box.step = nil
    if not ok then
      problem.raise(("provision: %s (%s:%d): %s"):format(step.id, step.file, step.line,
        problem.text(err)))
    end
    if step.undo then back:push(step.id, function() step.undo(box, plan, run) end) end
  end
  back:keep()
end

return M
