--- The project folder in the box, and what in it stays read-only although the folder is not.
---
--- A guarded path is mounted over itself, read-only. What does not exist yet cannot be mounted
--- over, and the engine would make the missing mount point in the project folder and leave it
--- there: so bottle makes an empty placeholder itself, writes it down in the ledger first, and
--- removes it at the end if it is still empty. A folder above a guarded path is mounted over itself
--- too (writable): a mount point cannot be renamed away, its parent could.
local folders <const> = require "bottle.folders"
local fs <const> = require "bottle.fs"
local json <const> = require "bottle.json"

local M = {}

--- What a placeholder file holds: nothing; but git fails on an empty commondir, and "." in it means
--- the repository itself.
---@param path string
function M.filler(path) return path:find "/%.git/commondir$" and ".\n" or "" end

--- Is this file as a placeholder was made, or as a kill between its making and its filling left it?
---@param path string
---@param stat { size: integer }
function M.untouched(path, stat)
  return stat.size == 0 or (stat.size == #M.filler(path) and fs.read(path) == M.filler(path))
end

local function invalid(text, ...) return nil, text:format(...), "invalid" end

local function bind(source, target, read_only)
  return { Type = "bind", Source = source, Target = target, ReadOnly = read_only,
    BindOptions = { Propagation = "rprivate" } }
end

-- A native bottle in this folder would be on our placeholders, or we on its.
local function alone(mount)
  if not folders.native(mount.source) then return true end
  return nil, ("%s: a native bottle guards files in it: end that one first, or use --cwd copy")
    :format(mount.source), "exists"
end

local function placeholder(run, mount, path, is_dir)
  run:intend("placeholder", path)
  local lone, why, kind = alone(mount) -- one that comes now sees what is intended
  if not lone then return nil, why, kind end
  if is_dir then return fs.mkdir_p(path, 493) end
  -- In its place at once: whoever is killed leaves nothing that the ledger does not name.
  local ok, msg, code = fs.create(path, M.filler(path), 420)
  if code == "exists" then return true end -- another bottle's, made in this moment
  return ok, msg, code
end

-- A placeholder of another bottle in the same folder: whoever ends last removes it.
local function shared(run, path, stat)
  local empty = stat.type == "dir" or M.untouched(path, stat)
  if empty and run:others_hold("placeholder", path) then run:intend("placeholder", path) end
end

local function link_refused(path)
  return invalid("%s is a symbolic link and cannot be guarded; use --cwd copy, or remove it", path)
end

-- Mount each folder between the project and the guarded path over itself. False: a file stands
-- where a folder would be (.git of a worktree) and was guarded in place of what cannot be below it.
local function hold_parents(run, mount, parts, add)
  local path = ""
  for i = 1, #parts - 1 do
    path = path .. "/" .. parts[i]
    local source, target = mount.source .. path, mount.target .. path
    local stat = fs.lstat(source)
    if not stat then
      local ok, msg, code = placeholder(run, mount, source, true)
      if not ok then return nil, msg, code end
    elseif stat.type == "link" then
      return link_refused(source)
    elseif stat.type ~= "dir" then
      add(bind(source, target, true))
      return false
    else
      shared(run, source, stat)
    end
    add(bind(source, target, false))
  end
  return true
end

local function split(rel)
  local parts = {}
  for part in rel:gmatch "[^/]+" do
    if part == ".." or part == "." then return invalid("guard %s: no . or ..", rel) end
    parts[#parts + 1] = part
  end
  return parts
end

-- Something to mount over, be it there or made now. True when it was made.
local function mount_point(run, mount, source, is_dir)
  local stat = fs.lstat(source)
  if not stat then
    local ok, msg, code = placeholder(run, mount, source, is_dir)
    if not ok then return nil, msg, code end
    return true
  end
  if stat.type == "link" then return link_refused(source) end
  shared(run, source, stat)
  return false
end

local function guard(run, mount, rel, add)
  local parts, msg, code = split(rel)
  if not parts then return nil, msg, code end
  local below
  below, msg, code = hold_parents(run, mount, parts, add)
  if not below then return below, msg, code end
  local path = "/" .. table.concat(parts, "/")
  local made
  made, msg, code = mount_point(run, mount, mount.source .. path, rel:sub(-1) == "/")
  if made == nil then return nil, msg, code end
  add(bind(mount.source .. path, mount.target .. path, true))
  return true
end

-- The last component may hold one *: what it matches now.
local function expand(mount, rel)
  local dir, pattern = rel:match "^(.-)([^/]*%*[^/]*)$"
  if not pattern then return { rel } end
  local like = "^" .. pattern:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*", ".*") .. "$"
  local list = {}
  for _, name in ipairs(fs.list(mount.source .. "/" .. dir) or {}) do
    if name:match(like) then list[#list + 1] = dir .. name end
  end
  return list
end

local function one(run, mount, list, seen)
  local function add(item)
    if seen[item.Target] and not item.ReadOnly then return end
    if not seen[item.Target] then list[#list + 1] = item end
    seen[item.Target] = true
  end
  add(bind(mount.source, mount.target, mount.read_only or false))
  if mount.read_only then return true end
  for _, pattern in ipairs(mount.guard or {}) do
    for _, entry in ipairs(expand(mount, pattern)) do
      local ok, msg, code = guard(run, mount, entry, add)
      if ok == nil then return nil, msg, code end
    end
  end
  if #(mount.guard or {}) > 0 then return alone(mount) end -- also where nothing was missing
  return true
end

local function by_target(a, b) return a.Target < b.Target end

--- The engine's Mounts for the plan's binds; placeholders are made on the way.
---@param run bottle.Launch
---@return table[]? mounts
---@return string? message
---@return string? code
function M.mounts(run)
  local list, seen = json.array(), {}
  for _, mount in ipairs(run.plan.mounts or {}) do
    if mount.type == "bind" then
      if mount.source == "/" then return invalid "/ cannot be the project folder" end
      if run.remote then
        return invalid("%s: the engine is on another host; use --cwd copy or none", mount.source)
      end
      local ok, msg, code = one(run, mount, list, seen)
      if not ok then return nil, msg, code end
    end
  end
  table.sort(list, by_target)
  return list
end

return M
