--- The order of the rules of one point: as registered, moved only where before/after asks for it.
local near <const> = require "bottle.near"
local problem <const> = require "bottle.problem"

local M = {}

local function names(want)
  if want == nil then return {} end
  return type(want) == "table" and want or { want }
end

local function place(rule) return ("%s:%d"):format(rule.file, rule.line) end

local function lookup(point, rules, rule, field, id)
  for i, other in ipairs(rules) do
    if other.id == id then return i end
  end
  local ids = {}
  for i, other in ipairs(rules) do ids[i] = other.id end
  problem.raise(("%s: %s: rule %s: %s = %q: no such rule%s"):format(place(rule), point, rule.id,
    field, id, near.hint(id, ids)))
end

local function says(rule, field, want)
  for _, id in ipairs(names(rule[field])) do
    if id == want then return true end
  end
  return false
end

--- "*" stands for every rule that does not itself ask for the same end, or for a place beyond.
local function in_star(rule, other, field)
  return other ~= rule and not says(other, field, "*") and not says(other, field, rule.id)
end

local function targets(point, rules, rule, field)
  local out = {}
  for _, id in ipairs(names(rule[field])) do
    if id == "*" then
      for i, other in ipairs(rules) do
        if in_star(rule, other, field) then out[#out + 1] = i end
      end
    else
      out[#out + 1] = lookup(point, rules, rule, field, id)
    end
  end
  return out
end

--- earlier[i] is the set of indexes that must come before rule i.
local function constraints(point, rules)
  local earlier = {}
  for i = 1, #rules do earlier[i] = {} end
  for i, rule in ipairs(rules) do
    for _, j in ipairs(targets(point, rules, rule, "after")) do earlier[i][j] = true end
    for _, j in ipairs(targets(point, rules, rule, "before")) do earlier[j][i] = true end
  end
  return earlier
end

local function circle(point, rules, path, i)
  local out, on = {}, false
  for _, j in ipairs(path) do
    on = on or j == i
    if on then out[#out + 1] = rules[j].id end
  end
  out[#out + 1] = rules[i].id
  -- path runs from a rule to what must come before it; people read it the other way round.
  for a = 1, #out // 2 do out[a], out[#out + 1 - a] = out[#out + 1 - a], out[a] end
  problem.raise(("%s: the order of its rules goes in a circle: %s"):format(point,
    table.concat(out, " -> ")))
end

--- A stable topological sort: each rule in the order of registration, preceded by whatever must
--- come before it and has not come yet.
---@param point string
---@param rules bottle.Rule[]
---@return bottle.Rule[]
function M.sort(point, rules)
  local earlier, state, out, path = constraints(point, rules), {}, {}, {}
  local function visit(i)
    if state[i] == "done" then return end
    if state[i] then circle(point, rules, path, i) end
    state[i] = "open"
    path[#path + 1] = i
    for j = 1, #rules do
      if earlier[i][j] then visit(j) end
    end
    path[#path] = nil
    state[i] = "done"
    out[#out + 1] = rules[i]
  end
  for i = 1, #rules do visit(i) end
  return out
end

return M
