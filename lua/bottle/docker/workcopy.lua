--- --cwd copy: the agent works on a copy; at the end what it changed is offered as a patch. The
--- operator's own folder is never written.
local fs <const> = require "bottle.fs"
local patch <const> = require "bottle.patch"
local proc <const> = require "bottle.proc"
local task <const> = require "bottle.task"

local M = {}

local function copied(run)
  for _, mount in ipairs(run.plan.mounts or {}) do
    if mount.type == "copy" and mount.source == run.ctx.cwd then return mount end
  end
end

-- Read back what is in the box, into a/ at the start and b/ at the end: both came the same way.
-- Links wherever they lead (a virtual environment's lead out): git diff shows them as text, and
-- nothing here follows one.
local function fetch(run, mount, name)
  local into = ("%s/%s"):format(run.scratch:path(), name)
  local ok, msg, code = fs.mkdir_p(into)
  if ok == nil then return nil, msg, code end
  ok, msg, code = task.call(run.engine, "archive_get", { id = run.names.agent,
    path = mount.target .. "/.", to = into, links = true })
  if ok == nil then return nil, msg, code end
  -- The repository's own files are no part of a patch to it.
  return fs.remove_tree(into .. "/.git")
end

--- Keep the state that the agent begins with.
---@param run bottle.Launch
function M.remember(run)
  local mount = copied(run)
  return not mount or fetch(run, mount, "a")
end

local function diff(run)
  return proc.run(patch.diff, { cwd = run.scratch:path(), env = patch.env })
end

--- Say what the agent changed and where the patch is.
---@param run bottle.Launch
function M.offer(run)
  local mount = copied(run)
  if not mount then return end
  run:step "looking at what changed in the copy"
  local ok, msg = fetch(run, mount, "b")
  local result, why
  if ok then result, why = diff(run) end
  run:step()
  if not ok then return patch.failed("the copy could not be read back", msg) end
  if not result then return patch.failed("no diff of the copy", why) end
  patch.keep(run.slug, run.ctx.cwd, result.stdout)
end

return M
