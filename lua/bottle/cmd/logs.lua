--- bottle logs SLUG [-f]: what the gate decided.
local bottles <const> = require "bottle.bottles"
local event_text <const> = require "bottle.event_text"
local names <const> = require "bottle.docker.names"
local native <const> = require "bottle.native.bottles"
local problem <const> = require "bottle.problem"

local M = {}

-- Events are JSON on stdout; what is not (a complaint on stderr) goes to ours as it is.
local function show(line, stream, as_json)
  if stream == "stderr" or line:sub(1, 1) ~= "{" then
    io.stderr:write(event_text.safe(line), "\n")
  elseif as_json then
    io.write(line, "\n")
  else
    io.write(event_text.line(line), "\n")
  end
  io.flush()
end

local function follow(engine, id, as_json)
  local stream <close>, msg = engine:begin("logs", { id = id, follow = true })
  if not stream then problem.raise(msg) end
  while true do
    local line, from, code = stream:read(60000)
    if line then
      show(line, from, as_json)
    elseif code == "interrupted" then
      return 130
    elseif code ~= "timeout" then
      if code then problem.raise(from) end
      return 0
    end
  end
end

local function lines_of(text, stream, as_json)
  for line in text:gmatch "[^\n]+" do show(line, stream, as_json) end
end

---@param args bottle.Args
---@return integer status
function M.main(args)
  local as_json = args.opts.format == "json"
  if native.has(args.words[1]) then
    return native.logs(args.words[1], args.opts.follow, function(line)
      show(line, "stdout", as_json)
    end)
  end
  local engine <close>, one = bottles.one(args.words[1], native.names())
  local id = names.of(one.slug, one.engine).gate
  if args.opts.follow then return follow(engine, id, as_json) end
  local said, msg = engine:logs { id = id }
  if not said then problem.raise(("logs %s: %s"):format(one.slug, msg)) end
  lines_of(said.stderr, "stderr", as_json)
  lines_of(said.stdout, "stdout", as_json)
  return 0
end

return M
