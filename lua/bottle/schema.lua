--- Shapes of documents: what a manifest may hold, checked with every problem at its path.
local json <const> = require "bottle.json"
local near <const> = require "bottle.near"

---@class bottle.Shape
---@field kind string
---@field fields? table<string, bottle.Shape>
---@field required? string[]
---@field of? bottle.Shape
---@field test? fun(v: any): string?   says what is wrong, nil when nothing is
---@field unknown? "warn"              an unknown key is a warning, not an error

---@class bottle.SchemaProblem
---@field path string
---@field text string
---@field warning? boolean
---@field file? string
---@field line? integer

local M = {}

local function shape(kind, more)
  more = more or {}
  more.kind = kind
  return more
end

---@param test? fun(s: string): string?
function M.string(test) return shape("string", { test = test }) end
function M.number(test) return shape("number", { test = test }) end
function M.integer(test) return shape("integer", { test = test }) end
function M.boolean() return shape("boolean") end
--- A list whose members all have one shape.
function M.list(of, test) return shape("list", { of = of, test = test }) end
--- Names that the writer chooses, each with a value of one shape.
function M.map(of, key_test) return shape("map", { of = of, key_test = key_test }) end
--- Names that are fixed. options: required = { … }, unknown = "warn", test.
function M.record(fields, options)
  options = options or {}
  local order = {}
  for key in pairs(fields) do order[#order + 1] = key end
  table.sort(order)
  return shape("record", { fields = fields, order = order, required = options.required or {},
    unknown = options.unknown, test = options.test })
end
--- Whatever fits by its type: choices maps "string", "table", … to a shape.
function M.either(choices, want) return shape("either", { choices = choices, want = want }) end
--- A string out of a list.
function M.enum(values)
  return M.string(function(s)
    for _, v in ipairs(values) do
      if v == s then return nil end
    end
    return ("want %s, got %q%s"):format(table.concat(values, " or "), s, near.hint(s, values))
  end)
end

-- Spelled as the decoders spell the places of values.
local function join(path, key) return json.path(path, key) end

local function type_name(v)
  if type(v) == "table" then return #v > 0 and "list" or next(v) == nil and "empty" or "object" end
  return v == nil and "nothing" or type(v) == "userdata" and "null" or type(v)
end

local Check = {}
Check.__index = Check

function Check:say(path, text, warning)
  local line = self.at and self.at(path) or nil
  self.problems[#self.problems + 1] = { path = path, text = text, warning = warning,
    file = self.file, line = line }
end

function Check:want(path, v, want)
  self:say(path, ("want %s, got %s"):format(want, type_name(v)))
end

local function sorted_keys(v)
  local keys = {}
  for k in pairs(v) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local function has_number_keys(v)
  for k in pairs(v) do
    if type(k) == "number" then return true end
  end
  return false
end

local function has_name_keys(v)
  for k in pairs(v) do
    if type(k) ~= "number" then return true end
  end
  return false
end

local checks = {}

local function scalar(kind)
  return function(self, s, v, path)
    local ok = type(v) == kind
    if kind == "integer" then ok = math.type(v) == "integer" end
    if not ok then return self:want(path, v, kind) end
    local why = s.test and s.test(v)
    if why then self:say(path, why) end
  end
end

checks.string = scalar "string"
checks.number = scalar "number"
checks.integer = scalar "integer"
checks.boolean = scalar "boolean"

function checks.list(self, s, v, path)
  if type(v) ~= "table" or has_name_keys(v) then return self:want(path, v, "list") end
  for i = 1, #v do self:run(s.of, v[i], join(path, i)) end
  local why = s.test and s.test(v)
  if why then self:say(path, why) end
end

function checks.map(self, s, v, path)
  if type(v) ~= "table" or has_number_keys(v) then return self:want(path, v, "object") end
  for _, key in ipairs(sorted_keys(v)) do
    local why = s.key_test and s.key_test(key)
    if why then self:say(join(path, key), why) end
    self:run(s.of, v[key], join(path, key))
  end
end

function checks.record(self, s, v, path)
  if type(v) ~= "table" or has_number_keys(v) then return self:want(path, v, "object") end
  for _, key in ipairs(sorted_keys(v)) do
    if s.fields[key] then
      self:run(s.fields[key], v[key], join(path, key))
    else
      self:say(join(path, key), "unknown key" .. near.hint(tostring(key), s.order),
        s.unknown == "warn" or nil)
    end
  end
  for _, key in ipairs(s.required) do
    if v[key] == nil then self:say(join(path, key), "is missing") end
  end
  local why = s.test and s.test(v)
  if why then self:say(path, why) end
end

function checks.either(self, s, v, path)
  local choice = s.choices[type(v)]
  if not choice then return self:want(path, v, s.want) end
  return self:run(choice, v, path)
end

function Check:run(s, v, path) return checks[s.kind](self, s, v, path) end

--- Every problem of a value, in the order of its keys; an empty list when it fits.
---@param s bottle.Shape
---@param v any
---@param options? { file?: string, at?: fun(path: string): integer?, path?: string }
---@return bottle.SchemaProblem[]
function M.check(s, v, options)
  options = options or {}
  local check = setmetatable({ problems = {}, file = options.file, at = options.at }, Check)
  check:run(s, v, options.path or "")
  return check.problems
end

--- "file:line: path: text", as far as the parts are known.
---@param p bottle.SchemaProblem
---@return string
function M.text(p)
  local place = p.file and (p.line and ("%s:%d: "):format(p.file, p.line) or p.file .. ": ") or ""
  return place .. (p.path ~= "" and p.path .. ": " or "") .. p.text
end

return M
