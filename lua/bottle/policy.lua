--- Points and rules: every decision is a named rule at a named point, in a declared order.
--- Kinds: fold (each rule adds to or edits one value), first (the first opinion wins), steps
--- (run in order), verdict (asked by the gate for each request).
local near <const> = require "bottle.near"
local order <const> = require "bottle.policy_order"
local problem <const> = require "bottle.problem"
local value <const> = require "bottle.policy_value"

---@class bottle.Rule
---@field id string
---@field before? string|string[]
---@field after? string|string[]
---@field replace? boolean
---@field run function
---@field undo? function       steps only
---@field file string          where it was written
---@field line integer

---@class bottle.Point
---@field name string
---@field kind "fold"|"first"|"steps"|"verdict"
---@field value? "hosts"|"list"|"map"|"table"   what a fold works on
---@field help? string
---@field rules bottle.Rule[]
---@field sorted? bottle.Rule[]
---@field touched table<string, boolean>  files that added, replaced or removed a rule

---@class bottle.Registry
---@field points table<string, bottle.Point>
---@field files { path: string, sha256: string, shipped: boolean }[]
local Registry = {}
Registry.__index = Registry

local M = {}

local kinds <const> = { fold = true, first = true, steps = true, verdict = true }
local fields <const> = { id = "string", before = "names", after = "names", replace = "boolean",
  run = "function", undo = "function" }

---@return bottle.Registry
function M.new() return setmetatable({ points = {}, names = {}, files = {} }, Registry) end

--- The registry that policy.rule() fills: the one being loaded.
M.current = M.new()

local function where(level)
  local info = debug.getinfo(level + 1, "Sl")
  return info.source:match "^@(.*)" or info.short_src, info.currentline
end

local function bad(level, text, ...)
  local file, line = where(level + 1)
  problem.raise(("%s:%d: %s"):format(file, line, text:format(...)))
end

--- A point must exist before a rule names it.
---@param name string
---@param spec { kind: string, value?: string, help?: string }
---@param level? integer
function Registry:point(name, spec, level)
  level = level or 2
  if type(name) ~= "string" or type(spec) ~= "table" or not kinds[spec.kind] then
    bad(level, "policy.point: want (name, { kind = fold|first|steps|verdict })")
  end
  if self.points[name] then bad(level, "point %s is defined already", name) end
  if spec.kind == "fold" and not value.kinds[spec.value or "list"] then
    bad(level, "point %s: value = %s: want hosts, list, map or table", name, tostring(spec.value))
  end
  self.points[name] = { name = name, kind = spec.kind, value = spec.value or "list",
    help = spec.help, rules = {}, touched = {} }
  self.names[#self.names + 1] = name
end

---@param name string
---@param level integer
---@return bottle.Point
function Registry:get(name, level)
  local point = self.points[name]
  if not point then
    bad(level + 1, "no point %s%s", tostring(name), near.hint(tostring(name), self.names))
  end
  return point
end

local function is_names(v)
  if type(v) == "string" then return true end
  if type(v) ~= "table" then return false end
  for _, id in ipairs(v) do
    if type(id) ~= "string" then return false end
  end
  return #v > 0
end

local function check_fields(point, rule, level)
  level = level + 1
  for key, v in pairs(rule) do
    local want = fields[key]
    if not want then
      bad(level, "%s: rule %s: unknown field %s%s", point.name, tostring(rule.id), tostring(key),
        near.hint(tostring(key), { "id", "before", "after", "replace", "run", "undo" }))
    end
    local ok = want == "names" and is_names(v) or type(v) == want
    if not ok then
      bad(level, "%s: rule %s: %s: want %s, got %s", point.name, tostring(rule.id), key, want,
        type(v))
    end
  end
end

local function check_rule(point, rule, level)
  level = level + 1
  if type(rule) ~= "table" then bad(level, "%s: a rule is a table { id, run }", point.name) end
  check_fields(point, rule, level)
  if not rule.id or rule.id == "" or rule.id == "*" then bad(level, "%s: a rule needs an id",
    point.name) end
  if not rule.run then bad(level, "%s: rule %s: run is missing", point.name, rule.id) end
  if rule.undo and point.kind ~= "steps" then
    bad(level, "%s: rule %s: only steps have an undo", point.name, rule.id)
  end
end

local function index_of(point, id)
  for i, rule in ipairs(point.rules) do
    if rule.id == id then return i end
  end
end

local function ids_of(point)
  local ids = {}
  for i, rule in ipairs(point.rules) do ids[i] = rule.id end
  return ids
end

--- Add a rule; with replace = true it takes the place, and where it names none the order, of the
--- rule with its id.
---@param name string
---@param rule table
---@param level? integer
function Registry:rule(name, rule, level)
  level = level or 2
  local point = self:get(name, level)
  check_rule(point, rule, level)
  local file, line = where(level)
  local at = index_of(point, rule.id)
  point.touched[file] = true
  if at and not rule.replace then
    local old = point.rules[at]
    bad(level, "%s: rule %s exists already (%s:%d); say replace = true to take its place", name,
      rule.id, old.file, old.line)
  end
  if rule.replace and not at then
    bad(level, "%s: no rule %s to replace%s", name, rule.id, near.hint(rule.id, ids_of(point)))
  end
  local old = at and point.rules[at] or {}
  point.rules[at or #point.rules + 1] = { id = rule.id, before = rule.before or old.before,
    after = rule.after or old.after, run = rule.run, undo = rule.undo, file = file, line = line }
  point.sorted = nil
end

--- Take a rule out.
---@param name string
---@param id string
---@param level? integer
function Registry:remove(name, id, level)
  level = level or 2
  local point = self:get(name, level)
  local at = index_of(point, id)
  if not at then
    bad(level, "%s: no rule %s to remove%s", name, tostring(id),
      near.hint(tostring(id), ids_of(point)))
  end
  table.remove(point.rules, at)
  point.touched[where(level)] = true
  point.sorted = nil
end

--- The rules of a point in the order in which they run.
---@param name string
---@return bottle.Rule[]
function Registry:rules(name)
  local point = self:get(name, 2)
  point.sorted = point.sorted or order.sort(name, point.rules)
  return point.sorted
end

--- The files that make the rules of some points what they are, in the order in which they were
--- loaded; none where they have no rules.
---@param ... string
---@return { path: string, text: string }[]
function Registry:sources(...)
  local out, wanted = {}, {}
  for _, name in ipairs { ... } do
    local point = self:get(name, 2)
    for path in pairs(#point.rules > 0 and point.touched or {}) do wanted[path] = true end
  end
  for _, file in ipairs(self.files) do
    if wanted[file.path] then out[#out + 1] = file end
  end
  return out
end

--- Sort every point: a bad order is found when the policy loads, not in the middle of a run.
function Registry:check()
  for _, name in ipairs(self.names) do self:rules(name) end
end

local function need(self, name, kind)
  local point = self:get(name, 3)
  if point.kind ~= kind then
    error(("point %s is a %s point, not %s"):format(name, point.kind, kind), 3)
  end
  return point
end

local function call(name, rule, ...)
  local result = table.pack(pcall(rule.run, ...))
  if not result[1] then
    problem.raise(("%s: rule %s (%s:%d): %s"):format(name, rule.id, rule.file, rule.line,
      problem.text(result[2])))
  end
  return table.unpack(result, 2, result.n)
end

--- Hand one value through every rule in order. A rule edits it, or returns what it adds.
---@param name string
---@param bottle table the resolved bottle; its agent is bottle.agent
---@param more any     what the point documents beyond that
---@return table value a value of bottle.policy_value
function Registry:fold(name, bottle, more)
  local point = need(self, name, "fold")
  local v = value.new(point.value)
  for _, rule in ipairs(self:rules(name)) do
    local run = { id = rule.id, run = function(...)
      v.source = rule.id
      local added = rule.run(...)
      if added ~= nil then v:absorb(added) end
    end, file = rule.file, line = rule.line }
    call(name, run, bottle, v.view, more)
  end
  v.source = nil
  return v
end

--- The first opinion (anything but nil), and the rule that had it.
---@param name string
---@param ... any
---@return any value
---@return bottle.Rule? rule
function Registry:first(name, ...)
  need(self, name, "first")
  for _, rule in ipairs(self:rules(name)) do
    local opinion = call(name, rule, ...)
    if opinion ~= nil then return opinion, rule end
  end
  return nil, nil
end

---@param name string
---@return bottle.Rule[]
function Registry:steps(name)
  need(self, name, "steps")
  return self:rules(name)
end

--- Every rule, as the plan lists them: points in the order of their definition.
---@return { point: string, id: string, file: string, line: integer }[]
function Registry:all()
  local out = {}
  for _, name in ipairs(self.names) do
    for _, rule in ipairs(self:rules(name)) do
      out[#out + 1] = { point = name, id = rule.id, file = rule.file, line = rule.line }
    end
  end
  return out
end

-- What a policy file calls.

---@param name string
---@param rule { id: string, before?: string|string[], after?: string|string[], replace?: boolean,
---  run: function, undo?: function }
function M.rule(name, rule) M.current:rule(name, rule, 3) end

---@param name string
---@param spec { kind: string, value?: string, help?: string }
function M.point(name, spec) M.current:point(name, spec, 3) end

---@param name string
---@param id string
function M.remove(name, id) M.current:remove(name, id, 3) end

--- Load shipped policy files, named without ".lua" relative to policies/.
---@param ... string
function M.include(...) require "bottle.policy_load".include(M.current, ...) end

return M
