--- bottle image build|ls: the gate's own image, made from this binary.
local docker <const> = require "bottle.docker"
local image <const> = require "bottle.image"
local json <const> = require "bottle.json"
local term <const> = require "bottle.term"

local M = {}

local function must(ok, msg)
  if ok == nil then error({ message = "image: " .. msg, status = 125 }, 0) end
  return ok
end

local function show(images)
  if #images == 0 then
    io.stderr:write "no gate image yet: the first run makes it, or bottle image build\n"
  end
  for _, one in ipairs(images) do
    io.write(("%s  %6.1f MB  %s%s\n"):format(one.name, one.size / 1e6,
      os.date("!%Y-%m-%d %H:%M", one.created), one.current and "  current" or ""))
  end
end

local actions = {}

local function made(engine)
  local _ <close> = term.step "building the gate's image"
  return must(image.build(engine))
end

function actions.build(engine, as_json)
  local name = made(engine)
  io.write(as_json and must(json.encode { name = name }) or name, "\n")
end

function actions.ls(engine, as_json)
  local images = must(image.list(engine))
  if as_json then
    io.write(must(json.encode(images)), "\n")
  else
    show(images)
  end
end

---@param args bottle.Args
---@return integer status
function M.main(args)
  local action = actions[args.words[1]]
  if not action then
    error({ message = ("image: no action '%s': build or ls"):format(args.words[1]), status = 2 }, 0)
  end
  local engine <close> = must(docker.connect())
  action(engine, args.opts.format == "json")
  return 0
end

return M
