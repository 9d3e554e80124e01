--- The shape of egress_proxy.routes, and what can be said of one route alone.
local host <const> = require "bottle.host"
local schema <const> = require "bottle.schema"

local M = {}

M.port = 443

--- A name or an address, with a port where one is written.
---@param s string
---@return string name
---@return integer? port
function M.split(s)
  local name, port = s:match "^(%[.*%]):(%d+)$"
  if not name then name, port = s:match "^([^:]*):(%d+)$" end
  return name or s, port and math.tointeger(tonumber(port))
end

local function host_port(s)
  if s:find("*", 1, true) then
    return ("%q: a route is for one host: write its name"):format(s)
  end
  local name, port = M.split(s)
  local normal, why = host.normalise(name)
  if not normal then return why end
  if port and (port < 1 or port > 65535) then return ("%q: want a port (1 to 65535)"):format(s) end
  if port == 80 then
    return ("%q: routes are for HTTPS: a credential does not leave in clear"):format(s)
  end
end

local function method(s)
  if not s:find "^[A-Z]+$" or #s > 32 then
    return ("%q: want a method such as GET"):format(s)
  end
  if s == "CONNECT" or s == "TRACE" or s == "TRACK" then
    return ("%q is not for routes"):format(s)
  end
end

-- It is compared with a path whose escapes are undone, and which has no "." and ".." any more.
local function path_prefix(s)
  if s:sub(1, 1) ~= "/" then return ("%q: a path begins with /"):format(s) end
  if s:find "[?#*]" then return ("%q: want the beginning of a path, no %s"):format(s,
    s:match "[?#*]") end
  if s:find("%", 1, true) then return ("%q: write it without escapes"):format(s) end
  if s:find "[%c\\;]" or #s > 4096 then return ("%q: not a path"):format(s) end
  if (s .. "/"):find "/%.%.?/" or s:find("//", 1, true) then
    return ("%q: has an empty segment, or . or .. for one"):format(s)
  end
end

-- These say how a message is carried, what it is, or where it comes from: whoever sets them makes
-- another message of it. The gate refuses the same (config_routes.c, field_ends.c).
local carried <const> = {}
for name in ([[accept accept-encoding age connection content-encoding content-length content-range
  content-type cookie date expect forwarded host http2-settings if-range keep-alive range set-cookie
  te trailer transfer-encoding upgrade user-agent via x-http-method x-http-method-override
  x-method-override x-middleware-subrequest x-original-url x-real-ip x-rewrite-url]])
  :gmatch "%S+" do
  carried[name] = true
end
local families <const> = { "^proxy%-", "^sec%-", "^x%-forwarded%-" }

local function is_carried(name)
  for _, family in ipairs(families) do
    if name:find(family) then return true end
  end
  return carried[name] or false
end

local function header(s)
  if #s > 64 or not s:find "^[%w!#$%%&'*+.^_`|~-]+$" then
    return ("%q is not the name of a header"):format(s)
  end
  if is_carried(s:lower()) then return ("%s does not carry credentials"):format(s) end
end

local function user(s)
  if s == "" or #s > 128 or s:find "[%c:]" then return "want a name without a colon" end
end

local function env_name(s)
  if not s:find "^[%a_][%w_]*$" then return "not a name of an environment variable" end
  if #s > 64 then return "want 64 characters at most" end
end

local function whole(auth)
  if auth.scheme == "header" and not auth.header then return "scheme header: say which header" end
  if auth.header and auth.scheme ~= "header" then
    return ("scheme %s sets Authorization: header is for scheme header"):format(auth.scheme)
  end
  if auth.user and auth.scheme ~= "basic" then return "user is for scheme basic" end
end

local function not_empty(list) return #list == 0 and "is empty: leave it out for any" or nil end

local function not_too_many(list) return #list > 256 and "more than 256" or nil end

M.list = schema.list(schema.record({
  Host = schema.string(host_port),
  methods = schema.list(schema.string(method), not_empty),
  paths = schema.list(schema.string(path_prefix), not_empty),
  auth = schema.record({ scheme = schema.enum { "bearer", "basic", "header" },
    token_env = schema.string(env_name), header = schema.string(header),
    user = schema.string(user) }, { required = { "scheme", "token_env" }, test = whole }),
}, { required = { "Host" } }), not_too_many)

return M
