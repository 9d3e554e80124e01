--- bottle run POLICY [AGENT] [-- CMD…]: plan, preflight, y/N, and the launch.
local gatechild <const> = require "bottle.gatechild"
local known <const> = require "bottle.known"
local operator <const> = require "bottle.operator"
local plan <const> = require "bottle.plan"
local preflight <const> = require "bottle.preflight"
local prepare <const> = require "bottle.prepare"
local problem <const> = require "bottle.problem"

local M = {}

local function note(line) io.stderr:write("bottle: ", line, "\n") end

-- Warnings are said; what stops the run ends it, on the last line. A dry run shows also a plan that
-- cannot be run, and says so.
local function stop_on_problems(p, dry, probe)
  local list, errors = prepare.problems(p, probe)
  local last
  for _, item in ipairs(list) do
    if item.warning then
      note("warning: " .. item.text)
    elseif dry and item.unsupported then
      note("a run would stop: " .. item.text)
      errors = errors - 1
    else
      if last then note(last.text) end
      last = item
    end
  end
  if errors > 0 then problem.raise(last.text, last.status) end
end

-- For people; a program that wants JSON does not load what writes this.
local function show(p)
  io.stderr:write(require "bottle.plan_text".text(p.plan, { prompt = p.secrets.prompt,
    color = operator.color "stderr" }))
end

-- A question to the engine; what talks to it is loaded when it is asked.
local function asked(what)
  return function(plan_) return require "bottle.docker.probe"[what](plan_) end
end

local function dry_run(p, opts)
  if opts.format == "json" then
    io.stdout:write(plan.json(p.plan))
  else
    show(p)
  end
  return 0
end

-- What needs a program is begun now and asked for when a step wants it; in a detached bottle begun
-- then, too, by the process that keeps it.
local function for_steps(p, detach)
  local late <const> = { git_identity = detach and
    function() return operator.git_identity()() end or operator.git_identity() }
  return setmetatable({ prompt = p.secrets.prompt,
    known_hosts = operator.known_hosts(p.plan.ssh) }, { __index = function(run, key)
    local value = late[key] and late[key]()
    rawset(run, key, value)
    return value
  end })
end

-- The agent's variables, and what the gate is handed on its descriptor: the credentials of the
-- routes go there alone, and placeholders of this very run to both.
local function values(p)
  if not next(p.files.credentials) then
    return p.secrets.env, known.records(p.plan.egress.known_secrets, p.secrets.env)
  end
  local credentials <const> = require "bottle.credentials"
  local placeholders <const> = credentials.placeholders(p.plan.env)
  local handed = known.records(p.plan.egress.known_secrets, p.secrets.env,
    credentials.records(p.secrets.credentials, placeholders))
  for name, value in pairs(placeholders) do p.secrets.env[name] = value end
  credentials.forget(p)
  return p.secrets.env, handed
end

--- Everything the launch needs that no plan may hold (lua/bottle/_meta/launch.lua).
local function context(p, opts, sources)
  local e <const> = p.plan.egress
  local run = for_steps(p, opts.detach)
  local env <const>, handed <const> = values(p)
  return {
    registry = p.registry, manifest = p.manifest, opts = opts, secrets = p.secrets,
    sources = sources,
    env = env, known = handed,
    config = function(ca)
      return require "bottle.gateconf".build(p.registry, p.bottle, p.plan, ca)
    end,
    roots = operator.read_all(e.roots), rules = p.registry:sources("request", "response"),
    pool = p.plan.resources.networks[1] and p.plan.resources.networks[1].pool,
    provision = function(box)
      require "bottle.provision".run(p.registry, box, p.plan, run)
    end,
    cwd = opts.cwd ~= "none" and operator.folder() or nil, owner_files = p.owner_files,
    detach = opts.detach and true or false, verbose = opts.verbose and true or false,
    pipelock_image = p.plan.engine == "pipelock" and p.plan.resources.containers[1].image or nil,
  }
end

-- What was answered may be too short to be watched for: who typed it should know.
local function ask_secrets(p)
  local prompts <const> = p.files.secrets.prompts
  operator.ask_secrets(prompts, p.secrets)
  for _, name in ipairs(known.unworthy(prompts, p.secrets.env)) do
    note("warning: " .. known.why(name))
  end
  local held <const> = #prompts > 0 and next(p.files.credentials) and
    require "bottle.credentials".held(p)[1]
  if held then problem.raise(held) end
end

local function launch(p, opts, sources)
  local native <const> = p.plan.backend == "native"
  if not native and gatechild.prepared() then require "bottle.native.ahead".drop() end
  return require(native and "bottle.native.launch" or "bottle.launch").run(p.plan,
    context(p, opts, sources))
end

local function run(args)
  local opts <const> = args.opts
  local dry <const> = opts["dry-run"]
  local loaded = prepare.load(args.words[1], args.words[2], opts)
  local built_in = prepare.note(loaded.manifest)
  if built_in then note(built_in) end
  local p = prepare.plan(loaded, args, asked "engine")
  -- With -y nobody waits for an answer: the launch itself says what is missing.
  stop_on_problems(p, dry, not dry and not opts.yes and asked "look" or nil)
  require "bottle.gateconf".build(p.registry, p.bottle, p.plan) -- a bad rule shows before the y/N
  if dry then return dry_run(p, opts) end
  local sources <const> = preflight.sources(p.plan)
  show(p)
  ask_secrets(p)
  if not opts.yes and not operator.yes "start it?" then
    note "nothing was started"
    return 1
  end
  return launch(p, opts, sources)
end

---@param args bottle.Args
---@return integer status
function M.main(args)
  -- Where it may be a native run, its sandbox is begun beside all else; one not wanted is ended.
  local _ <close> = gatechild.prepared() and require "bottle.native.ahead".begin(args) or nil
  return run(args)
end

return M
