--- The engine's configuration: the `config` rules build it, this checks what no rule may get wrong.
local cidr <const> = require "bottle.cidr"
local json <const> = require "bottle.json"
local problem <const> = require "bottle.problem"

local M = {}

local function split_port(entry)
  local name, port = entry:match "^(%[[^%]]*%]):(%d+)$"
  if name then return name, port end
  name, port = entry:match "^([^:]*):(%d+)$"
  return name or entry, port
end

--- pipelock's lists hold names alone: with a port an entry loads and never matches.
local function names_only(list)
  local out, seen = json.array(), {}
  for _, entry in ipairs(list) do
    local name = split_port(entry):gsub("^%[(.*)%]$", "%1")
    if not seen[name] then
      seen[name] = true
      out[#out + 1] = name
    end
  end
  return out
end

M.names_only = names_only
M.split_port = split_port

local function hosts_of(items)
  local out = json.array()
  for i, item in ipairs(items) do out[i] = item.host end
  return out
end

local function copy(list) return table.move(list, 1, #list, 1, json.array()) end

local function own(list)
  local out = {}
  for _, item in ipairs(list) do out[item.name] = copy(item.hosts) end
  return out
end

--- What a `config` rule is given beside the bottle and the table.
---@class bottle.ConfigRun
---@field engine "gate"|"pipelock"
---@field allowlist string[]
---@field denylist string[]
---@field passthrough string[]
---@field ssrf string[]
---@field resolve table<string, string[]>
---@field parent_proxy? string
---@field dlp_action string
---@field seed_phrase_detection boolean
---@field own_credentials table<string, string[]>
---@field routes table[]      as gate.routes wants them
---@field ca_cert? string     paths inside the engine's container
---@field ca_key? string

---@param plan table
---@param ca? { cert?: string, key?: string }
---@return bottle.ConfigRun
function M.input(plan, ca)
  local e = plan.egress
  local shape = plan.engine == "pipelock" and names_only or copy
  local resolve = {}
  for _, r in ipairs(e.resolve) do resolve[r.name] = copy(r.addresses) end
  return {
    engine = plan.engine, allowlist = shape(hosts_of(e.allowlist)),
    denylist = shape(hosts_of(e.denylist)),
    passthrough = shape(e.tls_interception.passthrough_domains), ssrf = copy(e.ssrf),
    resolve = resolve, parent_proxy = e.parent_proxy, dlp_action = e.dlp_action,
    seed_phrase_detection = e.seed_phrase_detection, own_credentials = own(e.own_credentials),
    routes = #e.routes > 0 and require "bottle.routes".rendered(e.routes) or json.array(),
    ca_cert = ca and ca.cert,
    ca_key = ca and ca.key,
  }
end

local function bad(text, ...) problem.raise("config: " .. text:format(...)) end

local function check_tls(config)
  local tls = config.tls_interception
  if not tls then return end
  if not tls.ca_cert or not tls.ca_key then
    bad("tls_interception needs both ca_cert and ca_key, got %s alone",
      tls.ca_cert and "ca_cert" or tls.ca_key and "ca_key" or "neither; leave it out")
  end
end

local function check_ssrf(config)
  if not config.ssrf then return end
  local list = config.ssrf.ip_allowlist
  if type(list) ~= "table" or #list == 0 then bad("ssrf stands there with no ip_allowlist") end
  for _, entry in ipairs(list) do
    local ok, why = cidr.parse(entry)
    if not entry:find "/" then
      bad("ssrf: %s is an address: write it with its prefix (/32, /128)", entry)
    elseif not ok then
      bad("ssrf: %s: %s", entry, why)
    elseif entry:find "/0$" then
      bad("ssrf: %s opens everything", entry)
    end
  end
end

-- A host of the plan's routes that the gate were told nothing of would be open as any other.
local function check_routes(config, routes)
  local there = {}
  for _, r in ipairs(config.gate and config.gate.routes or {}) do there[r.host] = true end
  for _, r in ipairs(routes) do
    if not there[r.host] then bad("gate.routes: %s is gone, which the manifest has a route for",
      r.host) end
  end
end

--- What must hold whatever the rules did: nothing that fails open, nothing the engine refuses.
---@param config table
---@param routes? table[]  of the plan, for the gate
---@return table config
function M.check(config, routes)
  check_routes(config, routes or {})
  check_tls(config)
  check_ssrf(config)
  if config.mode ~= "strict" then bad("mode = %s: only strict enforces the allowlist",
    tostring(config.mode)) end
  if config.enforce ~= true then bad "enforce must be true: anything else only watches" end
  if type(config.api_allowlist) ~= "table" then bad "api_allowlist is missing" end
  if config.seed_phrase_detection and config.seed_phrase_detection.enabled ~= false then
    bad "seed_phrase_detection is on by itself; the key stands there only to turn it off"
  end
  return config
end

--- What the gate forwards for the ssh entries, once its address is known: it listens on the
--- upstream's port and connects to that one host. nil where there are none.
---@param plan table
---@param address string  the gate's, on the internal network
---@return { listen: string, host: string, port: integer }[]?
function M.forwards(plan, address)
  if #plan.ssh == 0 then return nil end
  local out = json.array()
  for i, e in ipairs(plan.ssh) do
    out[i] = { listen = ("%s:%d"):format(address, e.port), host = e.hostname, port = e.port }
  end
  return out
end

--- Fold the `config` point over a plan.
---@param registry bottle.Registry
---@param bottle bottle.Bottle
---@param plan table
---@param ca? { cert?: string, key?: string }
---@return table
function M.build(registry, bottle, plan, ca)
  local input = M.input(plan, ca)
  input.parent_proxy = registry:first("parent_proxy", bottle) -- with its credentials
  return M.check(registry:fold("config", bottle, input):plain(),
    plan.engine == "gate" and plan.egress.routes or nil)
end

return M
