--- bottle stop SLUG…: a live owner is asked to end it; without one it is taken down from here.
local cleanup <const> = require "bottle.cleanup"
local docker <const> = require "bottle.docker"
local native <const> = require "bottle.native.bottles"
local near <const> = require "bottle.near"
local problem <const> = require "bottle.problem"
local proc <const> = require "bottle.proc"
local sig <const> = require "bottle.sig"

local M = {}

local PATIENCE_S <const> = 20

local function known(all)
  local names = {}
  for slug in pairs(all) do names[#names + 1] = slug end
  table.sort(names)
  return names
end

-- The process that attached it takes it down itself: it knows more, and its terminal is its own.
local function ask(engine, remains)
  assert(proc.run { "sh", "-c", 'kill -TERM "$1"', "sh", tostring(remains.pid) })
  local deadline = os.time() + PATIENCE_S
  while os.time() < deadline do
    local all = assert(cleanup.find(engine))
    local now = all[remains.slug]
    if not now or now.held ~= "live" then return now end
    assert(sig.sleep(100))
  end
  return remains
end

local function stop(engine, remains)
  if remains.held == "live" then remains = ask(engine, remains) end
  if not remains then return true end
  return cleanup.undo(engine, remains, function(item, ok, msg)
    if not ok then
      io.stderr:write(("bottle: stop %s: %s %s: %s\n"):format(remains.slug, item.kind, item.name,
        msg))
    end
  end)
end

local function on_engine(slugs)
  local engine <close>, why = docker.connect()
  if not engine then problem.raise(why) end
  local all, msg = cleanup.find(engine)
  if not all then problem.raise(msg) end
  -- A name with a typo stops nothing.
  for _, slug in ipairs(slugs) do
    if not all[slug] then
      problem.raise(("no bottle %s%s; see bottle list"):format(slug, near.hint(slug, known(all))))
    end
  end
  local clean, done = true, {}
  for _, slug in ipairs(slugs) do
    if not done[slug] then clean = stop(engine, all[slug]) and clean end
    done[slug] = true
  end
  return clean and 0 or 125
end

---@param args bottle.Args
---@return integer status
function M.main(args)
  local others = {}
  for _, slug in ipairs(args.words) do
    if native.has(slug) then native.stop(slug) else others[#others + 1] = slug end
  end
  return #others > 0 and on_engine(others) or 0
end

return M
