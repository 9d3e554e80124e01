--- Where policy code comes from, in order: the shipped chain, /etc/bottle/policies.d/*.lua,
--- $XDG_CONFIG_HOME/bottle/policies.d/*.lua, then the one named on the command line. Never from a
--- folder that the agent can write, unless that file was named; never from a file that others can.
local fs <const> = require "bottle.fs"
local near <const> = require "bottle.near"
local paths <const> = require "bottle.paths"
local policy <const> = require "bottle.policy"
local problem <const> = require "bottle.problem"

local M = {}

--- Folders whose files every run loads, in name order. Tests set this.
M.system_folder = "/etc/bottle/policies.d"

--- The install: where lua/ and policies/ stand.
local share <const> = package.path:match "^(.-)/lua/%?%.lua"
M.share = share

local function run_chunk(registry, text, label)
  local chunk, why = load(text, "@" .. label, "t")
  if not chunk then problem.raise(why) end
  local before = policy.current
  policy.current = registry
  local ok, err = xpcall(chunk, function(e)
    return type(e) == "table" and e or { message = tostring(e), status = 125 }
  end)
  policy.current = before
  if not ok then problem.raise(err.message, err.status) end
end

local function take(registry, path, label, shipped)
  local text, why = fs.read(path)
  if not text then problem.raise(("%s: %s"):format(label, why)) end
  registry.files[#registry.files + 1] = { path = label, text = text, shipped = shipped }
  run_chunk(registry, text, label)
end

--- Load shipped files into a registry; a name that is not there is a mistake in the caller.
---@param registry bottle.Registry
---@param ... string
function M.include(registry, ...)
  for _, name in ipairs { ... } do
    if not name:find "^[%w_][%w_/%-]*$" then
      problem.raise(("policy.include: bad name %q"):format(name))
    end
    local file = ("policies/%s.lua"):format(name)
    take(registry, share .. "/" .. file, file, true)
  end
end

local function trusted_owner(st)
  return st.uid == 0 or st.uid == fs.stat "/proc/self".uid
end

local function check_one(label, path, what)
  local st, why = fs.stat(path)
  if not st then problem.raise(why) end
  -- A sticky folder (/tmp) that others can write does not let them replace what is not theirs.
  local sticky = what == "folder" and st.mode & 512 ~= 0
  if st.mode & 18 ~= 0 and not sticky then
    local text <const> = "%s: its %s %s can be written by others (mode %04o): not loaded; " ..
      "chmod go-w it"
    problem.raise(text:format(label, what, path, st.mode))
  end
  if not trusted_owner(st) then
    local text <const> = "%s: its %s %s belongs to user %d, neither you nor root: not loaded"
    problem.raise(text:format(label, what, path, st.uid))
  end
end

-- Who can write a folder further up can put another in the place of all that is below it.
local function check_folders(label, folder)
  check_one(label, folder, "folder")
  if folder ~= "/" then
    local above = paths.folder(folder)
    check_folders(label, above ~= "" and above or "/")
  end
end

--- Load one file of an operator. The file and the folders above it must be theirs or root's alone.
---@param registry bottle.Registry
---@param path string
function M.file(registry, path)
  local real, why = fs.realpath(path)
  if not real then problem.raise(why) end
  check_one(path, real, "file")
  local above = paths.folder(real)
  check_folders(path, above ~= "" and above or "/")
  take(registry, real, path, false)
end

local function folder(registry, dir)
  if not fs.exists(dir) then return end
  local list, why = fs.list(dir)
  if not list then problem.raise(why) end
  for _, name in ipairs(list) do
    if name:find "^[^.].*%.lua$" then M.file(registry, dir .. "/" .. name) end
  end
end

--- The shipped policies that can be named: the files that stand directly in policies/.
---@return string[]
function M.names()
  local out = {}
  for _, name in ipairs(fs.list(share .. "/policies") or {}) do
    local base = name:match "^(.*)%.lua$"
    if base and base ~= "points" then out[#out + 1] = base end
  end
  return out
end

local function is_path(spec) return spec:find "/" ~= nil or spec:find "%.lua$" ~= nil end

local function shipped(registry, name)
  if name == "default" then return end
  local known = M.names()
  for _, candidate in ipairs(known) do
    if candidate == name then return M.include(registry, name) end
  end
  local text <const> = "no policy %s%s; shipped are %s; a file is named with its path (./%s.lua)"
  problem.raise(text:format(name, near.hint(name, known), table.concat(known, ", "), name))
end

--- A fresh registry with everything loaded and ordered.
---@param spec string a path, or the name of a shipped policy
---@return bottle.Registry
function M.load(spec)
  local registry = policy.new()
  M.include(registry, "points", "default")
  folder(registry, M.system_folder)
  folder(registry, paths.config() .. "/policies.d")
  if is_path(spec) then
    if not fs.exists(spec) then
      local text <const> = "%s: no such policy file; shipped ones are named without a path: %s"
      problem.raise(text:format(spec, table.concat(M.names(), ", ")))
    end
    M.file(registry, spec)
  else
    shipped(registry, spec)
  end
  registry:check()
  registry.spec = spec
  registry.path = is_path(spec) and fs.realpath(spec) or nil
  return registry
end

--- One digest for all that was loaded, names and contents, in order.
---@param registry bottle.Registry
---@return string hex
function M.digest(registry)
  local parts = {}
  for _, f in ipairs(registry.files) do
    parts[#parts + 1] = ("%d %s\n%d\n%s\n"):format(#f.path, paths.name(f.path), #f.text, f.text)
  end
  return require "bottle.digest".sha256(table.concat(parts))
end

return M
