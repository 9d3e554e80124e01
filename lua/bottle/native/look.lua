--- Before anything is made: is the agent's command where this backend's box will look for it?
local fs <const> = require "bottle.fs"
local paths <const> = require "bottle.paths"
local proc <const> = require "bottle.proc"
local tools <const> = require "bottle.native.tools"

local M = {}

local NOT_FOUND <const>, DENIED <const> = 127, 126 -- as a shell and docker run have it
local EXECUTABLE <const> = 73 -- 0111

-- What the box has of its own: a provisioning step may put something there, and /etc is made up.
local own <const> = { "/home/agent", "/tmp", "/var", "/etc", "/dev", "/proc", "/run" }

-- The mount that a path lies in, the innermost.
local function mount_of(plan, path)
  local best
  for _, m in ipairs(plan.mounts) do
    if paths.below(path, m.target) and (not best or #m.target > #best.target) then best = m end
  end
  return best
end

-- Where on the host a path of the box lies; later: it may be there by then; neither: it is nowhere.
local function outside(plan, path)
  local m = mount_of(plan, path)
  if m then return m.source .. path:sub(#m.target + 1), not m.read_only end
  if tools.of_system(path) then return path, false end
  for _, dir in ipairs(own) do
    if paths.below(path, dir) then return nil, true end
  end
end

-- "there", or "later", or nil and what is wrong, with the status of a shell.
local function judge(plan, path)
  local host, later = outside(plan, path)
  local st = host and fs.stat(host)
  if not st then return later and "later" or nil end
  if st.type ~= "file" or st.mode & EXECUTABLE == 0 then return nil, "is not a program", DENIED end
  local real = fs.realpath(host) or host
  local mount = mount_of(plan, path)
  if mount and paths.below(real, mount.source) then return "there" end
  if not outside(plan, real) then
    return nil, ("leads to %s, which the bottle does not see: show its folder with a mounts rule")
      :format(real)
  end
  return "there"
end

local function finding(status, text, ...)
  return { text = "command: " .. text:format(...), status = status, unsupported = true }
end

local function by_path(plan, path)
  local there, why, status = judge(plan, path)
  if there then return nil end
  if why then return finding(status or NOT_FOUND, "%s %s", path, why) end
  if fs.exists(path) then
    return finding(NOT_FOUND, "%s is here, but not in the bottle: show its folder with a mounts " ..
      "rule, or name it alone, without its path", path)
  end
  return finding(NOT_FOUND, "%s is not there", path)
end

local function by_name(plan, name, own_path)
  local dirs <const> = own_path or tools.path(name)
  local wrong
  for dir in dirs:gmatch "[^:]+" do
    local path <const> = dir .. "/" .. name
    local there, why, status = judge(plan, path)
    if there or dir:sub(1, 1) ~= "/" then return nil end
    wrong = wrong or (why and finding(status or NOT_FOUND, "%s %s", path, why))
  end
  if wrong then return wrong end
  local here <const> = own_path and proc.which(name)
  if here then
    return finding(NOT_FOUND, "%s is at %s here, and the PATH of the bottle's env does not lead " ..
      "there", name, here)
  end
  return finding(NOT_FOUND, "%s is not in the bottle: looked in %s; install it, or put its " ..
    "folder into your PATH: the bottle then shows it", name, dirs)
end

--- What stops the agent's command; nil where nothing does, or where it cannot be known yet.
---@param plan table
---@param env table<string, string>  the bottle's, as far as it is known
---@return bottle.Finding?
function M.command(plan, env)
  local name = plan.command[1]
  if name:sub(1, 1) == "/" then return by_path(plan, name) end
  if name:find("/", 1, true) then return nil end -- of the folder it runs in
  return by_name(plan, name, env.PATH)
end

return M
