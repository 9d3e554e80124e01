--- From a command line to a plan: load, check, resolve, plan. run, check, explain and the prompt of
--- `bottle repl` all begin here. Makes nothing.
local fs <const> = require "bottle.fs"
local known <const> = require "bottle.known"
local manifest <const> = require "bottle.manifest"
local manifest_files <const> = require "bottle.manifest_files"
local plan <const> = require "bottle.plan"
local policy_load <const> = require "bottle.policy_load"
local preflight <const> = require "bottle.preflight"
local problem <const> = require "bottle.problem"
local schema <const> = require "bottle.schema"
local slugs <const> = require "bottle.slug"

local M = {}

---@class bottle.Prepared
---@field registry bottle.Registry
---@field manifest bottle.Manifest
---@field bottle bottle.Bottle
---@field files bottle.Files
---@field plan table
---@field secrets { env: table<string, string>, credentials: table<string, string>,
---  prompt?: string }

--- The manifest that is named, else the one that is found, else the built-in one.
---@param named? string
---@return bottle.Manifest
function M.manifest(named)
  local path = manifest.find(named)
  if path then return manifest.load(path) end
  if named then problem.raise(named .. ": no such manifest") end
  return manifest.builtin(assert(fs.realpath "."))
end

--- What to say where there is no manifest; nil where there is one.
---@param m bottle.Manifest
---@return string?
function M.note(m)
  return m.built_in and
    'no bottle.json or bottle.yaml here: the built-in manifest (agent "shell", nothing more)' or nil
end

-- Without a manifest nobody may leave one here for the next run, either.
local function owner_files(registry, m)
  local out = { m.path }
  if m.built_in then out[2] = m.folder .. "/bottle.yaml" end
  if registry.path then table.insert(out, 1, registry.path) end
  return out
end

local function backend_of(opts, engine)
  local backend, reason = preflight.backend(opts.backend, engine)
  if backend ~= "docker" and backend ~= "native" then
    problem.raise(("$BOTTLE_BACKEND: want docker or native, got %s"):format(backend))
  end
  return backend, reason
end

-- What the built-in agent runs: the operator's own shell where the box has the host's programs.
local function shell(backend)
  local own = os.getenv "SHELL" or ""
  return { backend == "native" and own:find "^/usr/bin/[%w_-]+$" and own or
    backend == "native" and own:find "^/bin/[%w_-]+$" and own or "sh" }
end

--- Load the policy and the manifest and resolve the agent, without looking at files it names.
---@param spec string
---@param agent? string
---@param opts table
---@return bottle.Prepared
function M.load(spec, agent, opts)
  local registry = policy_load.load(spec)
  local m = M.manifest(opts.manifest)
  local broken = manifest.broken(m)
  if broken then problem.raise(broken) end
  return { registry = registry, manifest = m,
    bottle = manifest.resolve(m, manifest.agent(m, agent)) }
end

---@param p bottle.Prepared
---@param args { opts: table, rest?: string[] }
---@param engine? fun(): string?  asks where an engine answers; nil: nobody is contacted
---@return bottle.Prepared
function M.plan(p, args, engine)
  local opts <const> = args.opts
  local backend, reason = backend_of(opts, engine)
  if p.manifest.built_in then p.bottle.agent.command = shell(backend) end
  p.files = p.files or manifest_files.look(p.manifest, p.bottle)
  p.owner_files = owner_files(p.registry, p.manifest)
  p.plan, p.secrets = plan.build {
    registry = p.registry, digest = policy_load.digest(p.registry), bottle = p.bottle,
    files = p.files, slug = slugs.of(p.bottle.agent.name, opts.name), backend = backend,
    backend_reason = reason, engine = opts.engine, command = args.rest and #args.rest > 0 and
    args.rest or nil, cwd = opts.cwd or "bind", folder = assert(fs.realpath "."),
    owner_files = p.owner_files,
    program = backend == "native" and require "bottle.native.tools".folders or nil,
    scope = backend == "native" and require "bottle.native.scope".find() or nil,
  }
  return p
end

--- Every problem and warning that is known, as lines; the number of those that stop a run.
---@param p bottle.Prepared
---@param probe? fun(plan: table): bottle.Finding[]?
---@return bottle.Finding[]
---@return integer errors
function M.problems(p, probe)
  local out, errors = {}, 0
  local function add(text, warning, more)
    out[#out + 1] = { text = text, warning = warning, unsupported = more and more.unsupported,
      status = more and more.status }
    if not warning then errors = errors + 1 end
  end
  for _, found in ipairs(p.manifest.problems) do add(schema.text(found), found.warning) end
  for _, found in ipairs(p.files.problems) do add(schema.text(found), found.warning) end
  if p.plan then
    for _, f in ipairs(preflight.look(p.registry, p.bottle, p.plan, probe)) do
      add(f.text, f.warning, f)
    end
    if next(p.files.credentials) then
      for _, text in ipairs(require "bottle.credentials".held(p)) do add(text) end
    end
    local f <const> = errors == 0 and preflight.command(p.plan, p.secrets.env)
    if f then add(f.text, f.warning, f) end
    for _, name in ipairs(known.unworthy(p.plan.egress.known_secrets, p.secrets.env)) do
      add(known.why(name), true)
    end
  end
  return out, errors
end

return M
