--- The sandbox as a provisioning step sees it (lua/bottle/_meta/launch.lua).
local fs <const> = require "bottle.fs"
local term <const> = require "bottle.term"

---@class bottle.NativeBox: bottle.Box
---@field step? string  the provisioning step that is under way
local Box = {}
Box.__index = Box

local M = {}

local DIR <const>, FILE <const> = 493, 420 -- 0755, 0644

---@param cell bottle.Cell
---@param user table
---@param env string[]
---@param workdir string
function M.new(cell, user, env, workdir)
  return setmetatable({ cell = cell, who = user, env = env, workdir = workdir }, Box)
end

--- One that runs, with its agent's own environment and folder: for exec alone.
---@param cell bottle.Cell
function M.joined(cell)
  return setmetatable({ cell = cell, env = {}, as_agent = true }, Box)
end

local function check(what, value, msg, code)
  if value == nil then error({ message = ("%s: %s"):format(what, msg), code = code }, 0) end
  return value
end

function Box:home() return self.who.home end

function Box:user() return { name = self.who.name, uid = self.who.uid, gid = self.who.gid } end

--- Absolute, with ~ as the home of the agent's user.
function Box:path(path)
  if path == "~" then return self.who.home end
  if path:sub(1, 2) == "~/" then return self.who.home .. path:sub(2) end
  if path:sub(1, 1) ~= "/" then
    error({ message = ("box: %s: want an absolute path or ~/…"):format(path), code = "invalid" }, 0)
  end
  return path
end

-- Only what may take long is shown: a launch has no millisecond to lose.
local function showing(self)
  return self.step and term.step("provisioning: " .. self.step) or nil
end

-- There is one user here: opts.user changes nothing.
function Box:exec(script, opts)
  opts = opts or {}
  local env = self.env
  if opts.env then
    env = table.move(env, 1, #env, 1, {})
    table.move(opts.env, 1, #opts.env, #env + 1, env)
  end
  local _ <close> = showing(self)
  local out, err, code = self.cell:run { argv = { "sh", "-s" }, env = env, input = script,
    cwd = opts.workdir or self.workdir, as_agent = self.as_agent }
  check("box: sh", out, err, code)
  return out, err, code
end

function Box:read(path)
  local text, msg, code = self.cell:get(self:path(path))
  if not text and code ~= "notfound" then check("box: " .. path, nil, msg, code) end
  return text
end

function Box:exists(path)
  local ok, msg, code = self.cell:look(self:path(path))
  if not ok and code ~= "notfound" then check("box: " .. path, nil, msg, code) end
  return ok == true
end

local function put_file(self, from, to, mode)
  local text = check("box: copy_in", fs.read(from))
  local st = check("box: copy_in", fs.stat(from))
  check("box: copy_in " .. to, self.cell:put(to, text, mode or st.mode & 511))
end

-- Links inside a folder that is copied are left out: what they point to is not in the box.
local function put_folder(self, from, to, mode)
  check("box: copy_in " .. to, self.cell:mkdir(to, DIR))
  for _, name in ipairs(check("box: copy_in", fs.list(from))) do
    local source, target = from .. "/" .. name, to .. "/" .. name
    local st = check("box: copy_in", fs.lstat(source))
    if st.type == "dir" then
      put_folder(self, source, target, mode)
    elseif st.type == "file" then
      put_file(self, source, target, mode)
    end
  end
end

function Box:copy_in(from, to, opts)
  local mode = opts and opts.mode
  local path = self:path(to):gsub("(.)/+$", "%1")
  if type(from) == "table" then
    check("box: copy_in " .. to, self.cell:put(path, from.data, mode or FILE))
    return
  end
  local home = os.getenv "HOME"
  if home and from:sub(1, 2) == "~/" then from = home .. from:sub(2) end
  if check("box: copy_in", fs.stat(from)).type == "dir" then
    local _ <close> = showing(self)
    put_folder(self, from, path, mode)
  else
    put_file(self, from, path, mode)
  end
end

return M
