--- The verdict for one host or URL, and the rule that gave it, with its place.
local host <const> = require "bottle.host"
local problem <const> = require "bottle.problem"

local M = {}

---@class bottle.Verdict
---@field host string
---@field port integer
---@field verdict "allow"|"deny"
---@field reason string
---@field entry? string   the entry that matched
---@field point? string
---@field rule? string
---@field file? string
---@field line? integer
---@field tls? "intercept"|"passthrough"
---@field routes? table[]  of the plan: those that a request could take

local function parse_url(text)
  local scheme, rest = text:match "^(%a[%w+.-]*)://(.*)$"
  if not scheme then return nil, text end
  scheme = scheme:lower()
  if scheme ~= "http" and scheme ~= "https" and scheme ~= "ws" and scheme ~= "wss" then
    problem.raise(("%s: only http and https leave a bottle"):format(scheme), 2)
  end
  return scheme, rest:match "^([^/?#]*)(.*)$"
end

local plain_ports <const> = { http = 80, ws = 80 }

local function split(authority)
  local name, port = authority:match "^(%[[^%]]*%]):(%d+)$"
  if not name then name, port = authority:match "^([^:]*):(%d+)$" end
  return name or authority, port
end

--- Host and port of what somebody would type.
---@param text string
---@return string host
---@return integer port
---@return string? path  of a URL that has one
function M.parse(text)
  local scheme, authority, path = parse_url(text)
  local name, port = split(authority)
  local number = port and math.tointeger(port) or plain_ports[scheme] or 443
  if not number or number < 1 or number > 65535 then
    problem.raise(("%s: %s is not a port"):format(text, port), 2)
  end
  local normal, why = host.normalise(name)
  if not normal then problem.raise(("%s: %s"):format(text, why), 2) end
  return normal, number, path and path:match "^/.*$"
end

local function place(registry, point, id, out)
  out.point, out.rule = point, id
  for _, rule in ipairs(registry:rules(point)) do
    if rule.id == id then out.file, out.line = rule.file, rule.line end
  end
end

-- The entry that matches, the most specific one first: exact names, then longer suffixes.
local function match(items, name, port)
  local best
  for _, item in ipairs(items) do
    if host.match(item.host, name, port) then
      local score = #item.host + (item.host:sub(1, 1) == "*" and 0 or 1000)
      if not best or score > best.score then best = { item = item, score = score } end
    end
  end
  return best and best.item
end

local function other_port(items, name)
  for _, item in ipairs(items) do
    local port = item.host:match ":(%d+)$"
    if port and host.match(item.host, name, math.tointeger(port)) then return item.host end
    if not port and host.match(item.host, name, 443) then
      return item.host .. " (ports 80 and 443)"
    end
  end
end

local function apex(items, name)
  for _, item in ipairs(items) do
    if item.host == "*." .. name then return item.host end
  end
end

local function refusal(items, name, port)
  local near = other_port(items, name)
  if near then return ("port %d is not in the allowlist; %s is"):format(port, near) end
  near = apex(items, name)
  if near then
    return ("domain not in allowlist: %s does not stand for %s itself"):format(near, name)
  end
  return "domain not in allowlist: " .. name
end

-- A host that has routes is reached by them alone.
local function by_route(bottle, out, path)
  local routes <const> = require "bottle.routes"
  local own = routes.of(require "bottle.plan".routes(bottle), out.host)
  if not own then return end
  out.routes = routes.open(own, out.port, path)
  if #out.routes > 0 then return end
  out.verdict, out.routes = "deny", nil
  out.reason = ("no route of bottles.%s.egress_proxy.routes is for %s"):format(bottle.name,
    path and ("port %d and %s"):format(out.port, path) or "port " .. out.port)
end

--- Ask the folded lists; nothing is resolved or dialled.
---@param registry bottle.Registry
---@param bottle bottle.Bottle
---@param text string
---@return bottle.Verdict
function M.ask(registry, bottle, text)
  local name, port, path = M.parse(text)
  local out = { host = name, port = port }
  local denied = match(registry:fold("denylist", bottle):items(), name, port)
  local items = registry:fold("allowlist", bottle):items()
  local allowed = match(items, name, port)
  if denied then
    out.verdict, out.entry, out.reason = "deny", denied.host, "in the denylist"
    place(registry, "denylist", denied.source, out)
  elseif allowed then
    out.verdict, out.entry, out.reason = "allow", allowed.host, "in the allowlist"
    place(registry, "allowlist", allowed.source, out)
    local pass = match(registry:fold("passthrough", bottle):items(), name, port)
    out.tls = pass and "passthrough" or "intercept"
    if bottle.egress_proxy and #bottle.egress_proxy.routes > 0 then by_route(bottle, out, path) end
  else
    out.verdict, out.reason = "deny", refusal(items, name, port)
  end
  return out
end

--- One or two lines for people.
---@param v bottle.Verdict
---@return string
function M.text(v)
  local who = v.host:find(":", 1, true) and "[" .. v.host .. "]" or v.host
  local lines = { ("%s  %s:%d  %s"):format(v.verdict, who, v.port, v.reason) }
  if v.rule then
    lines[2] = ("       %s, by %s rule %s (%s:%d)"):format(v.entry, v.point, v.rule, v.file, v.line)
  end
  if v.tls then
    lines[#lines + 1] = "       tls: " .. (v.tls == "intercept" and "opened and scanned" or
      "passed through unopened")
  end
  for _, r in ipairs(v.routes or {}) do
    lines[#lines + 1] = "       route: " .. require "bottle.routes".text(r, true)
  end
  if v.routes then lines[#lines + 1] = "       anything else to it is refused" end
  return table.concat(lines, "\n") .. "\n"
end

return M
