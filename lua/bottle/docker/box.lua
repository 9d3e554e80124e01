--- The running box as a provisioning step sees it (lua/bottle/_meta/launch.lua).
local fs <const> = require "bottle.fs"

---@class bottle.Box
local Box = {}
Box.__index = Box

local M = {}

-- name:x:uid:gid:…:home:shell of the line whose first or third field is who.
local function passwd(text, who)
  for line in text:gmatch "[^\n]+" do
    local name, uid, gid, home = line:match "^([^:]*):[^:]*:(%d+):(%d+):[^:]*:([^:]*)"
    if name == who or uid == who then
      return { name = name, uid = tonumber(uid), gid = tonumber(gid), home = home }
    end
  end
end

local function group(text, who)
  for line in text:gmatch "[^\n]+" do
    local name, gid = line:match "^([^:]*):[^:]*:(%d+)"
    if name == who then return tonumber(gid) end
  end
end

--- Who "USER" of an image is. A number without a line in passwd has no name and / as home.
---@param configured string  "", "name", "uid", "user:group"
---@param passwd_text string
---@param group_text string
---@return { name: string, uid: integer, gid: integer, home: string }? user
---@return string? message
---@return string? code
function M.user(configured, passwd_text, group_text)
  local who, grp = configured:match "^([^:]*):?(.*)$"
  if who == "" then who = "0" end
  local user = passwd(passwd_text, who)
  if not user then
    if not who:match "^%d+$" then
      return nil, ("the image's user %s is not in its /etc/passwd"):format(who), "invalid"
    end
    user = { name = who, uid = tonumber(who), gid = 0, home = who == "0" and "/root" or "/" }
  end
  if grp ~= "" then user.gid = tonumber(grp) or group(group_text, grp) or user.gid end
  if user.home == "" then user.home = "/" end
  return user
end

---@param engine bottle.Engine
---@param id string
---@param user table  of M.user
---@param workdir? string
---@return bottle.Box
function M.new(engine, id, user, workdir)
  return setmetatable({ engine = engine, id = id, who = user, workdir = workdir }, Box)
end

local function check(what, value, msg, code)
  if value == nil then error({ message = ("%s: %s"):format(what, msg), code = code }, 0) end
  return value
end

function Box:home() return self.who.home end

function Box:user()
  return { name = self.who.name, uid = self.who.uid, gid = self.who.gid }
end

function Box:exec(script, opts)
  opts = opts or {}
  local answer = check("box: sh", self.engine:exec { id = self.id, cmd = { "sh", "-s" },
    stdin = script, user = opts.user, workdir = opts.workdir, env = opts.env })
  return answer.stdout, answer.stderr, answer.code
end

--- Absolute, with ~ as the home of the agent's user.
---@param path string
function Box:path(path)
  if path == "~" then return self.who.home end
  if path:sub(1, 2) == "~/" then return (self.who.home .. path:sub(2)):gsub("^//", "/") end
  if path:sub(1, 1) ~= "/" then
    error({ message = ("box: %s: want an absolute path or ~/…"):format(path), code = "invalid" }, 0)
  end
  return path
end

function Box:stat(path)
  local stat, msg, code = self.engine:archive_stat { id = self.id, path = self:path(path) }
  if not stat and code ~= "notfound" then check("box: " .. path, nil, msg, code) end
  return stat
end

function Box:exists(path) return self:stat(path) ~= nil end

function Box:read(path)
  local text, msg, code = self.engine:archive_get { id = self.id, path = self:path(path) }
  if not text and code ~= "notfound" then check("box: " .. path, nil, msg, code) end
  return text
end

-- The folders above a path that are not there yet, from the top; those that are keep their owner.
local function missing_above(self, path)
  local list, above = {}, path:match "^(.*)/[^/]+$"
  while above and above ~= "" and not self:exists(above) do
    table.insert(list, 1, above)
    above = above:match "^(.*)/[^/]+$"
  end
  return list
end

local function what_to_put(from)
  if type(from) == "table" then return { data = from.data } end
  local home = os.getenv "HOME"
  local path = home and from:gsub("^~/", (home:gsub("%%", "%%%%")) .. "/") or from
  local stat = check("box: copy_in", fs.stat(path))
  return stat.type == "dir" and { dir = path } or { file = path }
end

function Box:copy_in(from, to, opts)
  opts = opts or {}
  local path = self:path(to):gsub("(.)/+$", "%1")
  local owner = opts.owner == "root" and { uid = 0, gid = 0 } or self.who
  local entries = {}
  for _, dir in ipairs(missing_above(self, path)) do
    entries[#entries + 1] = { path = dir:sub(2), mode = opts.dir_mode or 493, uid = owner.uid,
      gid = owner.gid }
  end
  local entry = what_to_put(from)
  entry.path, entry.mode, entry.uid, entry.gid = path:sub(2), opts.mode, owner.uid, owner.gid
  entries[#entries + 1] = entry
  check("box: copy_in " .. to, self.engine:archive_put { id = self.id, path = "/",
    entries = entries })
end

return M
