--- bottle cleanup [--dry-run]: what dead bottles left. Never a live or a detached one, nor another
--- host's.
local cleanup <const> = require "bottle.cleanup"
local docker <const> = require "bottle.docker"
local problem <const> = require "bottle.problem"

local M = {}

local function dead(all)
  local list = {}
  for _, remains in pairs(all) do
    if remains.held == "dead" then list[#list + 1] = remains end
  end
  table.sort(list, function(a, b) return a.slug < b.slug end)
  return list
end

local function show(verb)
  return function(item, ok, msg)
    if ok then
      io.stdout:write(verb, " ", item.kind, " ", item.name, "\n")
    else
      io.stderr:write(("bottle: cleanup: %s %s: %s\n"):format(item.kind, item.name, msg))
    end
  end
end

---@param args bottle.Args
---@return integer status
function M.main(args)
  local engine <close>, why = docker.connect()
  if not engine then io.stderr:write("bottle: cleanup: folders only: ", why, "\n") end
  local all, msg = cleanup.find(engine)
  if not all then problem.raise(msg) end
  local clean = true
  for _, remains in ipairs(dead(all)) do
    if args.opts["dry-run"] then
      for _, item in ipairs(remains.items) do show "would remove"(item, true) end
    else
      clean = cleanup.undo(engine, remains, show "removed") and clean
    end
  end
  return clean and 0 or 125
end

return M
