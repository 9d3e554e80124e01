--- Copies of the host's folders in a native bottle (--cwd copy, mounts of type copy): in memory,
--- private, never written back. Of the project's a second one is kept, out of the agent's reach:
--- what it changed is the difference, taken inside, and offered as a patch.
local fs <const> = require "bottle.fs"
local patch <const> = require "bottle.patch"
local problem <const> = require "bottle.problem"
local term <const> = require "bottle.term"

local M = {}

-- Where the two lie side by side: a as it was, b the agent's, both read-only there.
local SIDE <const> = "/run/bottle/diff"
local GIT <const> = ".git"
local PATIENCE_MS <const>, PATCH_MAX <const> = 60000, 64 * 1024 * 1024
local FOLDER <const> = 493 -- 0755
local PATH <const> = "/usr/local/bin:/usr/bin:/bin"

local function each(run, fn)
  for i, mount in ipairs(run.plan.mounts) do
    if mount.type == "copy" then fn(mount, i, mount.source == run.ctx.cwd) end
  end
end

local function is_file(path)
  local st = fs.stat(path)
  return st and st.type == "file"
end

--- Where they will be.
---@param run table
---@param add fun(kind: string, to: string, more?: table)
function M.lines(run, add)
  each(run, function(mount, _, project)
    if is_file(mount.source) then return end
    add("tmpfs", mount.target, { mode = FOLDER })
    if project then
      add("tmpfs", SIDE .. "/a", { mode = FOLDER })
      add("dir", SIDE .. "/b", { mode = FOLDER })
    end
  end)
end

local function check(mount, ok, msg)
  if ok == nil then problem.raise(("copy %s: %s"):format(mount.source, msg)) end
end

local function fill(run, mount, meant, project)
  if is_file(mount.source) then
    local st = fs.stat(mount.source) or {}
    local text, why = fs.read(mount.source)
    check(mount, text, why)
    return check(mount, run.cell:put(mount.target, text, st.mode & 511))
  end
  local _ <close> = term.step(project and "copying the project" or "copying a folder")
  check(mount, run.cell:copy(mount.source, mount.target, { dev = meant.dev, ino = meant.ino }))
  if project then
    check(mount, run.cell:copy(mount.source, SIDE .. "/a", { dev = meant.dev, ino = meant.ino,
      skip = GIT }))
  end
end

--- Copy, before anything else runs in it; what stands at a source now must be what was planned.
---@param run table
function M.fill(run)
  each(run, function(mount, i, project) fill(run, mount, run.ctx.sources[i], project) end)
end

--- What is fixed when they are there.
---@param run table
---@param add fun(kind: string, to: string, more?: table)
function M.late(run, add)
  each(run, function(mount, _, project)
    if is_file(mount.source) then return end
    if mount.read_only then add("freeze", mount.target) end
    if project then
      add("freeze", SIDE .. "/a")
      add("cover", SIDE .. "/b", { from = mount.target })
    end
  end)
end

-- The agent has ended, and its copy with it: what no patch holds goes (the repository's own files,
-- sockets and pipes), and what the agent closed to itself is opened.
local SCRIPT <const> = [[dir=$1; shift
chmod -R u+rwX "$dir" 2>/dev/null; rm -rf "$dir/.git" &&
find "$dir" ! -type f ! -type d ! -type l -exec rm -f {} + && exec "$@"]]

local function compare(run, mount)
  local _ <close> = term.step "looking at what changed in the copy"
  local argv <const> = { "/bin/sh", "-c", SCRIPT, "diff", mount.target }
  table.move(patch.diff, 1, #patch.diff, #argv + 1, argv)
  local vars <const> = { "PATH=" .. PATH }
  for name, value in pairs(patch.env) do vars[#vars + 1] = name .. "=" .. value end
  return run.cell:run { argv = argv, env = vars, cwd = SIDE, timeout = PATIENCE_MS,
    max = PATCH_MAX }
end

--- Say what the agent changed in its copy of the project, and where the patch is.
---@param run table
function M.offer(run)
  each(run, function(mount, _, project)
    if not project or mount.read_only then return end
    local text, said, code = compare(run, mount)
    if not text or code > 1 then
      return patch.failed("no diff of the copy", text and said:match "[^\n]+" or said)
    end
    patch.keep(run.plan.slug, mount.source, text)
  end)
end

return M
