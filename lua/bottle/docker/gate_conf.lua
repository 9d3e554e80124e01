--- The engine's table with what only a launch knows: addresses, and where its files lie.
local json <const> = require "bottle.json"
local names <const> = require "bottle.docker.names"

local M = {}

-- In the gate's container. A volume: archives cannot be unpacked into a read-only root.
M.dir = "/etc/bottle"

local function copy(value)
  if type(value) ~= "table" then return value end
  local out = {}
  for key, member in pairs(value) do out[key] = copy(member) end
  return json.is_array(value) and json.array(out) or out
end

-- The config rules are told where the CA will lie; without a function the table is as it is.
local function of_plan(ctx, cert, key)
  if type(ctx.config) ~= "function" then return copy(ctx.config) end
  return copy(ctx.config { cert = cert, key = key })
end

--- Where a policy file lies in the gate's container; its own name stays in it, for messages.
---@param i integer
---@param file { path: string }
---@return string
function M.rules_name(i, file)
  return ("%d-%s"):format(i, (file.path:match "[^/]*$":gsub("[^%w_.-]", "_")))
end

local function add_network(config, at)
  local ssrf = config.ssrf or {}
  local list = ssrf.ip_allowlist or {}
  list[#list + 1] = at.subnet
  ssrf.ip_allowlist, config.ssrf = list, ssrf
end

local function add_ca(config, cert, key)
  local tls = config.tls_interception or {}
  tls.enabled, tls.ca_cert, tls.ca_key = true, cert, key
  config.tls_interception = tls
end

--- For the gate: every listener on its internal address, none on the way out.
---@param run bottle.Launch
---@return table config  a new table; the plan's is left as it is
function M.gate(run)
  local cert, key = M.dir .. "/ca.pem", M.dir .. "/ca-key.pem"
  local config = of_plan(run.ctx, cert, key)
  local at = run.at.net
  add_network(config, at)
  add_ca(config, cert, key)
  local gate = config.gate or {}
  gate.slug = run.slug
  gate.listen = { ("%s:%d"):format(at.gate, names.gate_port) }
  gate.transparent = { tls = at.gate .. ":443", http = at.gate .. ":80" }
  local dns = gate.dns or {}
  dns.listen, dns.address = at.gate .. ":53", at.gate
  gate.dns = dns
  gate.admin = "/tmp/admin.sock"
  if run.ctx.roots then gate.roots = M.dir .. "/roots.pem" end
  for i, file in ipairs(run.ctx.rules or {}) do
    gate.policies = gate.policies or json.array()
    gate.policies[i] = M.rules_name(i, file)
  end
  config.gate = gate
  return config
end

--- For pipelock: its own keys only.
---@param run bottle.Launch
---@return table config
function M.pipelock(run)
  local cert, key = "/etc/pipelock-ca.pem", "/etc/pipelock-ca-key.pem"
  local config = of_plan(run.ctx, cert, key)
  config.gate = nil
  add_network(config, run.at.net)
  add_ca(config, cert, key)
  return config
end

return M
