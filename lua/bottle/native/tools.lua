--- Where the agent's own program lives, when the host's /usr does not have it: an agent installed
--- in the operator's home (~/.local/bin, a version of node, ~/.cargo/bin) is seen read-only, the
--- rest of the home is not.
local fs <const> = require "bottle.fs"

local M = {}

local system <const> = { "/usr/", "/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/" }
local PATH <const> = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

--- Every bottle sees it, read-only.
---@param path string
---@return boolean
function M.of_system(path)
  for _, prefix in ipairs(system) do
    if path:sub(1, #prefix) == prefix then return true end
  end
  return false
end

local function folder(path) return path:match "^(.*)/[^/]+$" end

local function add(list, path)
  local home = os.getenv "HOME"
  if M.of_system(path .. "/") or path == "" or path == home then return end
  for _, known in ipairs(list) do
    if known == path then return end
  end
  list[#list + 1] = path
end

local function find_in(dirs, name)
  for dir in dirs:gmatch "[^:]+" do
    local path = dir .. "/" .. name
    if dir:sub(1, 1) == "/" and fs.exists(path) then return path end
  end
end

-- What npm installs lies spread over one node_modules, and wants node: which may be a home's, too.
local function add_package(list, real)
  local all = real:match "^(.-/node_modules)/"
  if not all then return end
  add(list, all)
  local node = find_in(os.getenv "PATH" or "", "node")
  if not node then return end
  add(list, folder(node))
  add(list, folder(fs.realpath(node) or node))
end

--- Folders to be seen read-only at their own paths: that of the program, and that of what it is a
--- link to; of a package of npm all that was installed beside it, and node. None for a program of
--- the system that lies there itself, or one that is named by a path.
---@param name string
---@return string[]
function M.folders(name)
  local list = {}
  if name:find("/", 1, true) then return list end
  local path = find_in(PATH, name) or find_in(os.getenv "PATH" or "", name)
  if not path then return list end
  add(list, folder(path))
  local real = fs.realpath(path)
  if real then
    add(list, folder(real))
    add_package(list, real)
  end
  return list
end

--- PATH in a bottle whose agent's program this is.
---@param name string
---@return string
function M.path(name)
  local dirs <const> = M.folders(name)
  dirs[#dirs + 1] = PATH
  return table.concat(dirs, ":")
end

return M
