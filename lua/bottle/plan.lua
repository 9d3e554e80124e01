--- The plan: everything that will be done, as data (docs/reference/plan.md). Pure: the same input
--- gives the same plan, and what comes later reads the plan and the run's secrets alone.
local env <const> = require "bottle.env"
local json <const> = require "bottle.json"
local known <const> = require "bottle.known"
local paths <const> = require "bottle.paths"
local problem <const> = require "bottle.problem"

local M = {}

---@class bottle.PlanInput
---@field registry bottle.Registry
---@field digest string
---@field bottle bottle.Bottle
---@field files bottle.Files
---@field slug string
---@field backend string
---@field backend_reason string
---@field engine? string      as asked for on the command line
---@field command? string[]   what followed --
---@field cwd "bind"|"copy"|"none"
---@field folder string       where the operator stands, absolute
---@field program? fun(name: string): string[]  folders of a program that the backend must show
---@field scope? { cpu: boolean }  backend native: limits for a whole bottle are to be had
---@field owner_files string[] the policy and the manifest of this run, absolute

local function strings(point, v)
  if type(v) ~= "table" or #v == 0 then problem.raise(point .. ": want a list of words") end
  for _, word in ipairs(v) do
    if type(word) ~= "string" then problem.raise(point .. ": want a list of strings") end
  end
  return v
end

local function one_of(point, v, choices)
  for _, choice in ipairs(choices) do
    if v == choice then return v end
  end
  problem.raise(("%s: want %s, got %s"):format(point, table.concat(choices, " or "), tostring(v)))
end

local function resolve_list(registry, bottle)
  local out = json.array()
  for _, item in ipairs(registry:fold("resolve", bottle):items()) do
    local addresses = type(item.value) == "table" and item.value or { item.value }
    out[#out + 1] = { name = item.name, addresses = strings("resolve", addresses),
      source = item.source }
  end
  return out
end

--- The routes of a bottle, resolved. Where their credentials come from is known once files were
--- looked at.
---@param bottle bottle.Bottle
---@param sources? table<string, string>
---@return table[]
function M.routes(bottle, sources)
  local out = json.array()
  for i, r in ipairs(bottle.egress_proxy.routes) do
    local auth <const> = r.auth
    out[i] = { host = r.Host, port = r.port or 443, methods = json.array(r.methods),
      paths = json.array(r.paths), auth = auth and { scheme = auth.scheme, header = auth.header,
        user = auth.user, token_env = auth.token_env,
        source = sources and sources[auth.token_env] } or nil }
  end
  return out
end

-- A plan is read by people and kept in files; gateconf asks the rules for the whole of it.
local function masked(proxy)
  return proxy and (tostring(proxy):gsub("//.*@", "//***@"))
end

local function roots(input)
  local out = json.array()
  for i, file in ipairs(input.registry:fold("roots", input.bottle):list()) do
    out[i] = paths.resolve(input.folder, file)
  end
  return out
end

-- Each kind that may go to its issuers, with their hosts: none by itself.
local function own_credentials(input)
  local issuers = {}
  for _, item in ipairs(input.registry:fold("issuers", input.bottle):items()) do
    issuers[item.name] = item.value
  end
  local out = json.array()
  for _, item in ipairs(input.registry:fold("own_credentials", input.bottle):items()) do
    local hosts = issuers[item.value]
    if not hosts then
      problem.raise(("own_credentials: %s: nobody issues it: name its hosts at point issuers")
        :format(tostring(item.value)))
    end
    out[#out + 1] = { name = item.value, hosts = json.array(strings("issuers", hosts)),
      source = item.source }
  end
  return out
end

--- "9 hosts allowed (a, b, c, +6 more)"; all of them when five or fewer.
---@param allowlist { host: string }[]
---@return string
function M.summary(allowlist)
  local n = #allowlist
  local shown = {}
  for i = 1, n <= 5 and n or 3 do shown[i] = allowlist[i].host end
  if n > 5 then shown[#shown + 1] = ("+%d more"):format(n - 3) end
  return ("%d host%s allowed (%s)"):format(n, n == 1 and "" or "s",
    n == 0 and "none" or table.concat(shown, ", "))
end

local function egress(input)
  local registry <const>, bottle <const> = input.registry, input.bottle
  local allowlist = json.array(registry:fold("allowlist", bottle):items())
  local seed = registry:first("seed_phrase", bottle)
  if type(seed) ~= "boolean" then problem.raise("seed_phrase: want true or false") end
  return {
    allowlist = allowlist, summary = M.summary(allowlist),
    denylist = json.array(registry:fold("denylist", bottle):items()),
    dlp_action = one_of("dlp_action", registry:first("dlp_action", bottle), { "block", "warn" }),
    seed_phrase_detection = seed,
    tls_interception = { enabled = true,
      passthrough_domains = json.array(registry:fold("passthrough", bottle):list()) },
    routes = M.routes(bottle, input.files.credentials), resolve = resolve_list(registry, bottle),
    roots = roots(input), ssrf = json.array(registry:fold("ssrf", bottle):list()),
    own_credentials = own_credentials(input),
    parent_proxy = masked(registry:first("parent_proxy", bottle)),
  }
end

local function guards_of(items)
  local guard = json.array()
  for _, item in ipairs(items) do
    if item.value == "guard" then guard[#guard + 1] = item.name end
  end
  return guard
end

local function mount(item, guard, folder)
  local m = item.value
  if type(m) ~= "table" or type(m.source) ~= "string" or item.name:sub(1, 1) ~= "/" then
    problem.raise(("mounts: %s: want an absolute path with { type, source }, or \"guard\""):format(
      item.name))
  end
  return { type = one_of("mounts: " .. item.name, m.type, { "bind", "copy" }),
    source = paths.resolve(folder, m.source), target = item.name,
    read_only = m.read_only and true or nil, guard = m.source == folder and m.type == "bind" and
    guard or nil }
end

local function mounts(input, command)
  local items = input.registry:fold("mounts", input.bottle, { cwd = input.cwd,
    folder = input.folder, program = input.program and input.program(command[1]) }):items()
  local guard = guards_of(items)
  for _, file in ipairs(input.owner_files) do
    local below = paths.below(file, input.folder)
    if below and below ~= "" then guard[#guard + 1] = below end
  end
  local out = json.array()
  for _, item in ipairs(items) do
    if item.value ~= "guard" then out[#out + 1] = mount(item, guard, input.folder) end
  end
  return out
end

local function step_names(registry)
  local out = json.array()
  for i, rule in ipairs(registry:steps "provision") do out[i] = rule.id end
  return out
end

-- Nothing that the native backend makes has a name on the host.
local native <const> = { networks = json.array {}, containers = json.array {}, processes = {
  { name = "gate", role = "gate" }, { name = "bottle-init", role = "agent" } } }

local function resources(input, engine, image, engine_image, pool)
  if input.backend == "native" then return native end
  local slug <const> = input.slug
  local sidecar = engine == "pipelock" and "bottle-pipelock-" or "bottle-gate-"
  return {
    networks = {
      { name = "bottle-net-" .. slug, role = "internal", internal = true, pool = pool },
      { name = "bottle-out-" .. slug, role = "out", internal = false, pool = pool },
    },
    containers = {
      { name = sidecar .. slug, role = engine, image = engine_image },
      { name = "bottle-agent-" .. slug, role = "agent", image = image },
    },
    processes = json.array(),
  }
end

--- The image of engine pipelock, whole: a shortened digest names nothing.
---@param registry bottle.Registry
---@param bottle bottle.Bottle
---@return string
function M.pipelock_image(registry, bottle)
  local image = registry:first("pipelock.image", bottle)
  local digest = type(image) == "string" and image:match "@sha256:(.*)$"
  if not image or (digest and not (#digest == 64 and digest:find "^%x+$")) then
    problem.raise(("engine pipelock: %s is not a whole image reference: set " ..
      "BOTTLE_PIPELOCK_IMAGE=…@sha256:<64 digits>, or a rule at point pipelock.image; " ..
      "or use --engine gate"):format(tostring(image)))
  end
  return image
end

-- Backend native has no capabilities to give; its gate is a process of the operator's. Its limits
-- are a scope's where the host has one (and no rule says "rlimit"), else those of each process.
local function hardening(input, registry, bottle)
  local all = registry:fold("hardening", bottle):plain()
  local a = all.agent or {}
  if input.backend ~= "native" then
    a.limits = nil -- how they are set is the Engine's own business
    return all
  end
  local scope = a.limits ~= "rlimit" and input.scope
  return { agent = { cap_drop = { "ALL" }, cap_add = json.array(), no_new_privileges = true,
    seccomp = "native", memory = a.memory, pids = a.pids,
    cpus = scope and scope.cpu and a.cpus or nil,
    limits = scope and "cgroup" or "rlimit" } }
end

local function version_and_policy(input)
  return { path = input.registry.spec, sha256 = input.digest, rules = input.registry:all() }
end

--- Build the plan, and beside it what a run needs and no plan may hold.
---@param input bottle.PlanInput
---@return table plan
---@return { env: table<string, string>, credentials: table<string, string>,
---  prompt?: string } secrets
function M.build(input)
  local registry <const>, bottle <const> = input.registry, input.bottle
  local engine = one_of("engine", input.engine or (registry:first("engine", bottle)) or "gate",
    { "gate", "pipelock" })
  local image = registry:first("image", bottle)
  if type(image) ~= "string" then problem.raise("image: no rule names one") end
  local command <const> = strings("command", input.command or registry:first("command", bottle))
  local names, values, templates = env.gather(registry, bottle, input.files)
  local pool = registry:first("subnet_pool", bottle)
  local engine_image = engine == "pipelock" and M.pipelock_image(registry, bottle) or "bottle-gate"
  local plan = {
    version = 1, slug = input.slug, agent = bottle.agent.name, bottle = bottle.name,
    policy = version_and_policy(input), backend = input.backend,
    backend_reason = input.backend_reason, engine = engine, image = image,
    command = command,
    env = json.array(names), skills = json.array(input.files.skills),
    prompt = input.files.prompt and { bytes = #input.files.prompt } or nil,
    ssh = json.array(bottle.ssh), git = json.array(bottle.git), mounts = mounts(input, command),
    egress = egress(input),
    provision = step_names(registry),
    resources = resources(input, engine, image, engine_image, pool),
    hardening = hardening(input, registry, bottle),
  }
  -- Engine pipelock has nobody to hand them to.
  plan.egress.known_secrets = engine == "gate" and
    known.choose(registry, bottle, names, values) or json.array()
  for name, v in pairs(env.expand(templates, env.facts_of(input.backend))) do values[name] = v end
  return plan, { env = values, credentials = input.files.secrets.credentials,
    prompt = input.files.prompt }
end

--- The plan as one line of JSON for programs, or laid out for people; nulls where a thing is not
--- there yet (the CA) or not wanted (a prompt).
---@param plan table
---@return string
function M.json(plan)
  local out, e, tls = {}, {}, {}
  for k, v in pairs(plan) do out[k] = v end
  for k, v in pairs(plan.egress) do e[k] = v end
  for k, v in pairs(e.tls_interception) do tls[k] = v end
  out.prompt = plan.prompt or json.null
  tls.ca_fingerprint = tls.ca_fingerprint or json.null
  e.tls_interception, out.egress = tls, e
  return assert(json.encode(out, { pretty = true }))
end

return M
