--- bottle stop SLUG…: a live owner is asked to end it; without one it is taken down from here.
local bottles <const> = require "bottle.bottles"
local cleanup <const> = require "bottle.cleanup"
local docker <const> = require "bottle.docker"
local native <const> = require "bottle.native.bottles"
local problem <const> = require "bottle.problem"
local proc <const> = require "bottle.proc"
local sig <const> = require "bottle.sig"
local term <const> = require "bottle.term"

local M = {}

local PATIENCE_S <const> = 20

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
  local failed = {}
  local step <close> = term.step("stopping " .. remains.slug)
  if remains.held == "live" then remains = ask(engine, remains) end
  if not remains then return true end
  local clean = cleanup.undo(engine, remains, function(item, ok, msg)
    if not ok then failed[#failed + 1] = ("%s %s: %s"):format(item.kind, item.name, msg) end
  end)
  step:close()
  for _, text in ipairs(failed) do
    io.stderr:write(("bottle: stop %s: %s\n"):format(remains.slug, text))
  end
  return clean
end

-- What the engine holds of these; a name with a typo stops nothing.
local function on_engine(engine, why, code, slugs)
  if not engine then bottles.none(slugs[1], {}, native.names(), why, code) end
  local all, msg = cleanup.find(engine)
  if not all then problem.raise(msg) end
  for _, slug in ipairs(slugs) do
    if not all[slug] then bottles.none(slug, all, native.names()) end
  end
  return all
end

-- Each name once: the native ones, and the others.
local function sorted_out(words)
  local here, there, seen = {}, {}, {}
  for _, slug in ipairs(words) do
    local list = native.has(slug) and here or there
    if not seen[slug] then list[#list + 1] = slug end
    seen[slug] = true
  end
  return here, there
end

---@param args bottle.Args
---@return integer status
function M.main(args)
  local here, there = sorted_out(args.words)
  local engine, why, code
  if #there > 0 then engine, why, code = docker.connect() end
  local held <close> = engine
  local all = #there > 0 and on_engine(held, why, code, there) or {}
  local clean = true
  for _, slug in ipairs(here) do native.stop(slug) end
  for _, slug in ipairs(there) do clean = stop(held, all[slug]) and clean end
  return clean and 0 or 125
end

return M
