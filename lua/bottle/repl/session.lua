--- What the prompt stands on: a loaded policy and the plan it gives, replaced whole by reload().
local moved <const> = require "bottle.repl.moved"
local show <const> = require "bottle.repl.show"

local M = {}

---@class bottle.ReplSession
---@field load fun(): { registry: bottle.Registry, bottle: table, plan: table }
---@field now { registry: bottle.Registry, bottle: table, plan: table }
---@field out fun(text: string)
local Session = {}
Session.__index = Session

--- Load for the first time; raises what loading raises.
---@param load fun(): table
---@param out fun(text: string)
---@return bottle.ReplSession
function M.open(load, out)
  return setmetatable({ load = load, now = load(), out = out }, Session)
end

--- Load beside what is there, swap when it loads, and say what moved.
function Session:reload()
  local fresh = self.load()
  local lines = moved.lines(self.now.plan, fresh.plan)
  self.now = fresh
  for _, line in ipairs(lines) do self.out(line .. "\n") end
  if #lines == 0 then self.out "nothing moved\n" end
end

-- What each rule of a fold gave, by the source that every member carries.
local function given(registry, bottle, name)
  local by = {}
  for _, item in ipairs(registry:fold(name, bottle):items()) do
    local list = by[item.source] or {}
    list[#list + 1] = item.host or item.name or item.path or show.value(item.value)
    by[item.source] = list
  end
  return by
end

local function gave(session, point, rule)
  local registry <const>, bottle <const> = session.now.registry, session.now.bottle
  if point.kind == "fold" and point.value ~= "table" then
    local list = given(registry, bottle, point.name)[rule.id]
    return list and table.concat(list, " ") or "nothing"
  end
  if point.kind == "first" then
    local opinion = rule.run(bottle)
    return opinion == nil and "no opinion" or show.value(opinion)
  end
  return "(" .. point.kind .. ")"
end

--- The rules of a point in the order in which they run: where each stands, and what it gave.
---@param name string
function Session:rules(name)
  local registry <const> = self.now.registry
  if name == nil then
    self.out(table.concat(registry.names, "  ") .. "\n")
    return
  end
  local point = registry:get(name, 3)
  for i, rule in ipairs(registry:rules(name)) do
    local ok, what = pcall(gave, self, point, rule)
    self.out(("%d  %-22s %s:%d\n   %s\n"):format(i, rule.id, rule.file, rule.line,
      ok and what or "failed: " .. tostring(type(what) == "table" and what.message or what)))
  end
end

return M
