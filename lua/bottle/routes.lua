--- What a manifest's routes mean: which one a request takes, and what may not stand beside them.
--- Pure; the gate enforces them (docs/reference/gate-config.md).
local host <const> = require "bottle.host"

local M = {}

local HTTPS <const> = 443

local function auth_text(auth)
  return ("+ %s %s%s"):format(auth.scheme, auth.header and auth.header .. " " or
    auth.user and auth.user .. ":" or "", auth.token_env)
end

--- One route as people read it: "api.github.com GET,POST /repos/acme/ + bearer GITHUB_TOKEN".
---@param r table  of a plan
---@param bare? boolean  without its host
---@return string
function M.text(r, bare)
  local out = {}
  if not bare then out[1] = r.port == HTTPS and r.host or ("%s:%d"):format(r.host, r.port) end
  if #r.methods > 0 then out[#out + 1] = table.concat(r.methods, ",") end
  if #r.paths > 0 then out[#out + 1] = table.concat(r.paths, ",") end
  if bare and #out == 0 then out[1] = "anything" end
  if r.auth then out[#out + 1] = auth_text(r.auth) end
  return table.concat(out, " ")
end

--- A prefix ends between two segments: /repos/acme is not the beginning of /repos/acmeevil.
---@param prefix string
---@param path string  its escapes undone
---@return boolean
function M.covers(prefix, path)
  if path:sub(1, #prefix) ~= prefix then return false end
  return #path == #prefix or prefix:sub(-1) == "/" or path:sub(#prefix + 1, #prefix + 1) == "/"
end

local function covered(prefixes, path)
  if #prefixes == 0 then return true end
  for _, prefix in ipairs(prefixes) do
    if M.covers(prefix, path) then return true end
  end
  return false
end

--- The routes that a host has; nil where it has none, and so is not governed by any.
---@param routes table[]  of a plan
---@param name string
---@return table[]?
function M.of(routes, name)
  local out = {}
  for _, r in ipairs(routes) do
    if r.host == name then out[#out + 1] = r end
  end
  return out[1] and out or nil
end

--- Those that a request to this port and, where it is known, this path could take.
---@param routes table[]
---@param port integer
---@param path? string
---@return table[]
function M.open(routes, port, path)
  local out = {}
  local plain <const> = path and path:gsub("[?#].*", ""):gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end)
  for _, r in ipairs(routes) do
    if r.port == port and (not plain or covered(r.paths, plain)) then out[#out + 1] = r end
  end
  return out
end

local function rule_of(registry, point, id)
  for _, rule in ipairs(registry:rules(point)) do
    if rule.id == id then return ("%s:%d: %s rule %s"):format(rule.file, rule.line, point, id) end
  end
  return ("%s rule %s"):format(point, id)
end

-- The entry of a fold that stands for a route's host on one of these ports.
local function entry_for(items, r, ...)
  for _, port in ipairs { r.port, ... } do
    for _, item in ipairs(items) do
      if host.match(item.host, r.host, port) then return item end
    end
  end
end

local function unopened(registry, plan, items, i, r)
  local item <const> = entry_for(items, r, HTTPS, 80)
  if not item then return nil end
  if item.source == "bottle" then
    return ("bottles.%s.egress.tls_passthrough_domains: %s has a route (egress_proxy.routes[%d])" ..
      ", for which its TLS must be opened: take one of the two out"):format(plan.bottle, item.host,
      i)
  end
  return ("%s: leaves the TLS of %s closed, which has a route (bottles.%s.egress_proxy.routes[%d])")
    :format(rule_of(registry, "passthrough", item.source), item.host, plan.bottle, i)
end

local function shut(registry, plan, lists, i, r)
  local at <const> = ("bottles.%s.egress_proxy.routes[%d].Host: "):format(plan.bottle, i)
  local denied <const> = entry_for(lists.denied, r)
  if denied then
    return ("%s%s is shut by %s (%s)"):format(at, r.host, denied.host,
      rule_of(registry, "denylist", denied.source))
  end
  if not entry_for(lists.allowed, r) then
    return ("%s%s is in no allowlist: a rule took it out"):format(at, r.host)
  end
end

local function forwarded(plan, i, r)
  for n, e in ipairs(plan.ssh) do
    if e.hostname == r.host then
      return ("bottles.%s.ssh[%d]: forwards %s:%d unseen, and %s has a route " ..
        "(egress_proxy.routes[%d])"):format(plan.bottle, n, r.host, e.port, r.host, i)
    end
  end
end

--- What a plan with routes cannot have beside them.
---@param registry bottle.Registry
---@param bottle bottle.Bottle
---@param plan table
---@return string[]
function M.conflicts(registry, bottle, plan)
  local out = {}
  if #plan.egress.routes == 0 then return out end
  local pass = registry:fold("passthrough", bottle):items()
  local lists <const> = { allowed = plan.egress.allowlist, denied = plan.egress.denylist }
  for i, r in ipairs(plan.egress.routes) do
    for _, text in pairs { unopened(registry, plan, pass, i, r), shut(registry, plan, lists, i, r),
      forwarded(plan, i, r) } do
      out[#out + 1] = text
    end
  end
  return out
end

--- As the gate's configuration has them.
---@param routes table[]
---@return table[]
function M.rendered(routes)
  local json <const> = require "bottle.json"
  local out = json.array()
  for i, r in ipairs(routes) do
    local auth <const> = r.auth
    out[i] = { host = r.host, port = r.port ~= HTTPS and r.port or nil,
      methods = #r.methods > 0 and json.array(table.move(r.methods, 1, #r.methods, 1, {})) or nil,
      paths = #r.paths > 0 and json.array(table.move(r.paths, 1, #r.paths, 1, {})) or nil,
      auth = auth and { scheme = auth.scheme, credential = auth.token_env, header = auth.header,
        user = auth.user } or nil }
  end
  return out
end

return M
