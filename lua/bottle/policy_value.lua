--- What a fold works on. Every member remembers the rule that put it there (its source).
---   hosts  host entries, in normal form, sorted and unique
---   list   strings in the order of adding, unique
---   map    names with one value each; the last rule that sets a name wins
---   table  a plain table that the rules edit (no provenance): rendered configuration
local host <const> = require "bottle.host"

local M = {}

---@class bottle.Hosts
---@field value table the owner
local Hosts = {}
Hosts.__index = Hosts

--- Add an entry (exact name, *.suffix, address, each with an optional :port), or a list of them.
---@param entry string|string[]
function Hosts:add(entry)
  local owner = self.owner
  local ok, err = owner.set:add(entry, owner.source)
  if not ok then error(err, 2) end
  return self
end

--- Take one entry out, written as it was added. true when it was there.
---@param entry string
---@return boolean
function Hosts:remove(entry)
  return (self.owner.set:remove(entry)) and true or false
end

--- Is this very entry in the set?
---@param entry string
---@return boolean
function Hosts:has(entry) return self.owner.set:source(entry) ~= nil end

--- All entries, sorted.
---@return string[]
function Hosts:list() return (self.owner.set:list()) end

local hosts = {}
hosts.__index = hosts

function hosts:absorb(added)
  if added == self.view then return end
  if type(added) ~= "table" then error("want a list of host entries, got " .. type(added), 0) end
  local ok, err = self.set:add(added, self.source)
  if not ok then error(err, 0) end
end

--- { { host =, source = } … }, sorted by host.
---@return { host: string, source: string }[]
function hosts:items() return self.set:items() end

function hosts:list() return (self.set:list()) end

---@class bottle.List
local List = {}
List.__index = List

---@param entry any
function List:add(entry)
  local owner = self.owner
  if entry == nil then error("nothing to add", 2) end
  if owner.sources[entry] == nil then
    owner.members[#owner.members + 1] = entry
    owner.sources[entry] = owner.source
  end
  return self
end

---@param entry any
---@return boolean was_there
function List:remove(entry)
  local owner = self.owner
  if owner.sources[entry] == nil then return false end
  owner.sources[entry] = nil
  for i, member in ipairs(owner.members) do
    if member == entry then table.remove(owner.members, i) break end
  end
  return true
end

function List:has(entry) return self.owner.sources[entry] ~= nil end
function List:list() return table.move(self.owner.members, 1, #self.owner.members, 1, {}) end

local list = {}
list.__index = list

function list:absorb(added)
  if added == self.view then return end
  if type(added) ~= "table" then added = { added } end
  for _, entry in ipairs(added) do self.view:add(entry) end
end

function list:items()
  local out = {}
  for i, entry in ipairs(self.members) do
    out[i] = { value = entry, source = self.sources[entry] }
  end
  return out
end

function list:list() return self.view:list() end

---@class bottle.Map
local Map = {}
Map.__index = Map

---@param name string
---@param v any nil takes the name out
function Map:set(name, v)
  local owner = self.owner
  if type(name) ~= "string" then error("want a name, got " .. type(name), 2) end
  owner.members[name] = v ~= nil and { value = v, source = owner.source } or nil
  return self
end

function Map:get(name)
  local member = self.owner.members[name]
  return member and member.value
end

---@return boolean was_there
function Map:remove(name)
  local was = self.owner.members[name] ~= nil
  self.owner.members[name] = nil
  return was
end

local map = {}
map.__index = map

function map:absorb(added)
  if added == self.view then return end
  if type(added) ~= "table" then error("want a table of names, got " .. type(added), 0) end
  for name, v in pairs(added) do self.view:set(name, v) end
end

--- { { name =, value =, source = } … }, sorted by name.
function map:items()
  local out = {}
  for name, m in pairs(self.members) do
    out[#out + 1] = { name = name, value = m.value, source = m.source }
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

--- Names to values.
function map:plain()
  local out = {}
  for name, m in pairs(self.members) do out[name] = m.value end
  return out
end

local tbl = {}
tbl.__index = tbl

function tbl:absorb(added)
  if added == self.view then return end
  if type(added) ~= "table" then error("want a table, got " .. type(added), 0) end
  for key, v in pairs(added) do self.view[key] = v end
end

function tbl:plain() return self.view end

local make <const> = {
  hosts = function() return setmetatable({ set = host.set() }, hosts), Hosts end,
  list = function() return setmetatable({ members = {}, sources = {} }, list), List end,
  map = function() return setmetatable({ members = {} }, map), Map end,
  table = function() return setmetatable({ view = {} }, tbl), nil end,
}

M.kinds = make

--- A new, empty value: `view` is what a rule is given, absorb() takes what it returns.
---@param kind "hosts"|"list"|"map"|"table"
function M.new(kind)
  local v, view = make[kind]()
  if view then v.view = setmetatable({ owner = v }, view) end
  return v
end

return M
