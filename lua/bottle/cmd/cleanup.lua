--- bottle cleanup [--dry-run]: what dead bottles left. Never a live or a detached one, nor another
--- host's. Then the gate images that nothing uses any more.
local cleanup <const> = require "bottle.cleanup"
local docker <const> = require "bottle.docker"
local problem <const> = require "bottle.problem"
local stale <const> = require "bottle.docker.stale"
local term <const> = require "bottle.term"

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

local function failed(what, msg)
  io.stderr:write("bottle: cleanup: ", what, ": ", msg, "\n")
  return false
end

local function said(verb, one) io.stdout:write(verb, " image ", one.name, "\n") end

-- Bytes that went, nil after a failure that was said.
local function remove(engine, one)
  local step <close> = term.step("removing image " .. one.name)
  local freed, msg, code = stale.remove(engine, one)
  step:close()
  if freed then
    said("removed", one)
  elseif code == "exists" then
    said("kept", one) -- somebody took it in the meantime
    freed = 0
  else
    failed("image " .. one.name, msg)
  end
  return freed
end

--- Gate images that no run would take.
---@param engine bottle.Engine
---@param dry boolean?  only say which
---@return boolean clean
function M.images(engine, dry)
  local list, msg = stale.find(engine, os.time())
  if not list then return failed("images", msg) end
  local total, clean = 0, true
  for _, one in ipairs(list) do
    local freed = one.size
    if dry then said("would remove", one) else freed = remove(engine, one) end
    total, clean = total + (freed or 0), clean and freed ~= nil
  end
  if #list > 0 then
    io.stdout:write(("%s %.1f MB of images\n"):format(dry and "would free" or "freed", total / 1e6))
  end
  return clean
end

-- What became of each thing is said when all of it is gone: until then the line is the step's.
local function undo(engine, remains)
  local became = {}
  local step <close> = term.step("removing what is left of " .. remains.slug)
  local clean = cleanup.undo(engine, remains, function(...) became[#became + 1] = { ... } end)
  step:close()
  for _, one in ipairs(became) do show "removed"(one[1], one[2], one[3]) end
  return clean
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
      clean = undo(engine, remains) and clean
    end
  end
  if engine then clean = M.images(engine, args.opts["dry-run"]) and clean end
  return clean and 0 or 125
end

return M
