--- --cwd copy: the agent works on a copy; at the end what it changed is offered as a patch. The
--- operator's own folder is never written.
local event_text <const> = require "bottle.event_text"
local fs <const> = require "bottle.fs"
local paths <const> = require "bottle.paths"
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

-- Nothing in either tree may choose what git runs: no configuration, no attributes' programs.
local function diff(run)
  return proc.run({ "git", "--no-pager", "-c", "core.attributesFile=/dev/null", "diff",
    "--no-index", "--no-ext-diff", "--no-textconv", "--no-color", "--binary", "--no-prefix", "a",
    "b" }, { cwd = run.scratch:path(), env = { HOME = "/nonexistent",
    GIT_CONFIG_NOSYSTEM = "1", GIT_CONFIG_GLOBAL = "/dev/null" } })
end

local function files_in(patch)
  local n = 0
  for _ in ("\n" .. patch):gmatch "\ndiff %-%-git " do n = n + 1 end
  return n
end

--- Say what the agent changed and where the patch is.
---@param run bottle.Launch
function M.offer(run)
  local mount = copied(run)
  if not mount then return end
  local ok, msg = fetch(run, mount, "b")
  if not ok then
    io.stderr:write("bottle: the copy could not be read back: ", event_text.safe(msg), "\n")
    return
  end
  local result, why = diff(run)
  if not result then
    io.stderr:write("bottle: no diff of the copy: ", event_text.safe(why), "\n")
    return
  end
  if result.stdout == "" then return end
  local dir = paths.state() .. "/patches" -- outlives the bottle
  local path = ("%s/%s.patch"):format(dir, run.slug)
  local kept, reason = fs.mkdir_p(dir)
  if kept then kept, reason = fs.write(path, result.stdout) end
  if not kept then
    io.stderr:write("bottle: the patch could not be kept: ", reason, "\n")
    return
  end
  io.stderr:write(("bottle: the agent changed %d file(s) of its copy; to take them over: " ..
    "git -C %s apply %s\n"):format(files_in(result.stdout), run.ctx.cwd, path))
end

return M
