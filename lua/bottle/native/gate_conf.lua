--- The engine's table with what only this backend knows: where the sandbox's loopback is listened
--- on, and that the gate finds its files as descriptors.
local json <const> = require "bottle.json"

local M = {}

M.first = 4 -- descriptor of the first file (gatechild)

local function copy(value)
  if type(value) ~= "table" then return value end
  local out = {}
  for key, member in pairs(value) do out[key] = copy(member) end
  return getmetatable(value) and json.array(out) or out -- the mark of an array, which may be empty
end

local function at(n) return ("/proc/self/fd/%d"):format(n) end

local function add_rules(gate, first, count)
  if count == 0 then return end
  gate.policies = json.array()
  for i = 1, count do gate.policies[i] = at(first + i - 1) end
end

-- Of the first policy file, of the known secrets and of the certificate.
local function places(roots, rules, known)
  local rule = M.first + (roots and 2 or 1)
  local handed = rule + rules
  return rule, handed, handed + (known and 1 or 0)
end

--- Its files in order: the configuration, the roots where there are any, policy files with request
--- rules, known secrets where there are any, certificate and key.
---@param config table|fun(ca: table): table   of the `config` point
---@param slug string
---@param roots? string
---@param rules? integer   how many policy files
---@param known? string
---@return table
---@return integer   the descriptor of the known secrets
function M.build(config, slug, roots, rules, known)
  local rule, handed, cert = places(roots, rules or 0, known)
  local ca = { cert = at(cert), key = at(cert + 1) }
  local out = copy(type(config) == "function" and config(ca) or config)
  local tls = out.tls_interception or {}
  tls.enabled, tls.ca_cert, tls.ca_key = true, ca.cert, ca.key
  out.tls_interception = tls
  local gate = out.gate or {}
  gate.slug = slug
  gate.listen = { "127.0.0.1:8888" }
  gate.transparent = { tls = "127.0.0.1:443", http = "127.0.0.1:80" }
  local dns = gate.dns or {}
  dns.listen, dns.address = "127.0.0.1:53", "127.0.0.1"
  gate.dns = dns
  gate.admin = nil
  gate.roots = roots and at(M.first + 1) or nil
  add_rules(gate, rule, rules or 0)
  out.gate = gate
  return out, handed
end

--- What the gate says of a policy file, which it knows by the number of a descriptor, with the
--- file's name.
---@param message string
---@param roots? string
---@param rules { path: string }[]
---@return string
function M.named(message, roots, rules)
  local first = M.first + (roots and 2 or 1)
  return (message:gsub("(gate%.policies: )(%d+):", function(where, n)
    local file = rules[math.tointeger(n) - first + 1]
    return file and where .. file.path .. ":"
  end))
end

return M
