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

--- "*" stands for every rule that does not itself ask for the same end.
local function has_star(rule, field)
  for _, id in ipairs(names(rule[field])) do
    if id == "*" then return true end
  end
  return false
end

local function targets(point, rules, rule, field)
  local out = {}
  for _, id in ipairs(names(rule[field])) do
    if id == "*" then
      for i, other in ipairs(rules) do
        if other ~= rule and not has_star(other, field) then out[#out + 1] = i end
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

local function ready(earlier, i, done)
  for j in pairs(earlier[i]) do
    if not done[j] then return false end
  end
  return true
end

--- One cycle among the rules that are left, as "a -> b -> a": walk back until a rule repeats.
local function cycle(rules, earlier, done)
  local i = 1
  while done[i] do i = i + 1 end
  local seen, path = {}, {}
  while not seen[i] do
    path[#path + 1] = i
    seen[i] = #path
    local back
    for j = 1, #rules do
      if earlier[i][j] and not done[j] then back = j break end
    end
    i = back
  end
  local out = { rules[i].id }
  for k = #path, seen[i], -1 do out[#out + 1] = rules[path[k]].id end
  return table.concat(out, " -> ")
end

--- A stable topological sort: of the rules that may come next, the one registered first does.
---@param point string
---@param rules bottle.Rule[]
---@return bottle.Rule[]
function M.sort(point, rules)
  local earlier, done, out = constraints(point, rules), {}, {}
  while #out < #rules do
    local found
    for i = 1, #rules do
      if not done[i] and ready(earlier, i, done) then found = i break end
    end
    if not found then
      problem.raise(("%s: the order of its rules goes in a circle: %s"):format(point,
        cycle(rules, earlier, done)))
    end
    done[found] = true
    out[#out + 1] = rules[found]
  end
  return out
end

return M
