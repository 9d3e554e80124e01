--- bottle list: the bottles of this engine, and this user's native ones.
local bottles <const> = require "bottle.bottles"
local docker <const> = require "bottle.docker"
local json <const> = require "bottle.json"
local native <const> = require "bottle.native.bottles"
local preflight <const> = require "bottle.preflight"
local probe <const> = require "bottle.docker.probe"
local problem <const> = require "bottle.problem"

local M = {}

local function age(started)
  local s = started and os.time() - started or 0
  if s < 120 then return ("%ds"):format(s) end
  if s < 7200 then return ("%dm"):format(s // 60) end
  return ("%dh"):format(s // 3600)
end

-- What people want to know first: is it mine and does it still run?
local function state(one)
  if one.held == "dead" then return "dead" end
  if one.state == "exited" then return ("ended (%s)"):format(one.exit or "?") end
  return one.held == "detached" and "detached" or one.state
end

local function row(one)
  return { slug = one.slug, agent = one.agent, engine = one.engine,
    backend = one.backend or "docker", state = state(one),
    detached = one.detached or one.held == "detached", exit = one.exit, cwd = one.cwd,
    started = one.started }
end

local function table_of(list)
  local lines = { { "SLUG", "AGENT", "ENGINE", "STATE", "AGE", "FOLDER" } }
  for _, one in ipairs(list) do
    lines[#lines + 1] = { one.slug, one.agent, one.engine, state(one), age(one.started),
      one.cwd or "-" }
  end
  local wide = {}
  for _, line in ipairs(lines) do
    for i, cell in ipairs(line) do wide[i] = math.max(wide[i] or 0, #cell) end
  end
  for _, line in ipairs(lines) do
    for i, cell in ipairs(line) do line[i] = cell .. (" "):rep(wide[i] - #cell) end
    io.write((table.concat(line, "  "):gsub("%s+$", "")), "\n")
  end
end

-- Without an engine there are the native ones. That none answers is a failure only where a run
-- would want one.
local function all()
  local list = native.list()
  local engine <close>, msg = docker.connect()
  local wanted <const> = probe.engine() or preflight.backend(nil, probe.engine) ~= "native"
  if not engine and #list == 0 and wanted then
    problem.raise(msg)
  end
  local found
  if engine then
    found, msg = bottles.find(engine)
    if not found then problem.raise(msg) end
  end
  for _, one in ipairs(bottles.sorted(found or {})) do list[#list + 1] = one end
  return list
end

---@param args bottle.Args
---@return integer status
function M.main(args)
  local list = all()
  if args.opts.format == "json" then
    local rows = {}
    for i, one in ipairs(list) do rows[i] = row(one) end
    io.write(json.encode(json.array(rows)), "\n")
  elseif #list > 0 then
    table_of(list)
  end
  return 0
end

return M
