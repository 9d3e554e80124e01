--- The shape of a manifest (docs/reference/manifest.md), and the checks that need one value only.
local host <const> = require "bottle.host"
local routes <const> = require "bottle.route_shape"
local schema <const> = require "bottle.schema"

local M = {}

local function host_entry(s)
  local entry, why = host.pattern(s)
  return not entry and why or nil
end

local function exact_host(s)
  local entry, why = host.normalise(s)
  return not entry and why or nil
end

local function env_name(s)
  if not s:find "^[%a_][%w_]*$" then return "not a name of an environment variable" end
end

-- What goes into a file of ssh's must not be able to start a second line or a second word.
local function ssh_word(s)
  if not s:find "^[%w._][%w._%-]*$" then
    return ("%q: want letters, digits, dots, dashes"):format(s)
  end
end

local function plain_path(s)
  if s == "" or s:find "%c" then return "not a path" end
end

local function port(n)
  if n < 1 or n > 65535 then return ("want a port (1 to 65535), got %d"):format(n) end
end

local function image(s)
  if not s:find "^[%w][%w._/:@%-]*$" then return ("%q is not the name of an image"):format(s) end
end

local function git_url(s)
  if s == "" or s:find "[%c%s]" or s:sub(1, 1) == "-" or s:find "^ext::" then
    return ("%q is not the URL of a repository"):format(s)
  end
end

local function memory(s)
  if not s:lower():find "^[1-9]%d*[kmg]?b?$" then
    return ('%q: want a size such as "512m" or "4g"'):format(s)
  end
end

local function positive(n)
  if n <= 0 then return "want a number above 0" end
end

local function unique_ports(list)
  local seen = {}
  for _, entry in ipairs(list) do
    local p = type(entry) == "table" and (entry.Port or 22)
    if seen[p] then
      return ("%s and %s have one upstream port, %s: the gate forwards a port to one host"):format(
        tostring(seen[p]), tostring(entry.Host), tostring(p))
    end
    if p then seen[p] = entry.Host or "?" end
  end
end

local function one_source(v)
  if v.from_env and v.prompt then return "want from_env or prompt, not both" end
  if not v.from_env and not v.prompt then return "want from_env or prompt" end
end

local str <const> = schema.string()

local env_value <const> = schema.either({
  string = str,
  table = schema.record({ from_env = schema.string(env_name), prompt = str },
    { test = one_source }),
}, 'a string, {"from_env": NAME} or {"prompt": TEXT}')

local ssh <const> = schema.record({
  Host = schema.string(ssh_word), HostName = schema.string(exact_host),
  User = schema.string(ssh_word), Port = schema.integer(port),
  IdentityFile = schema.string(plain_path),
}, { required = { "Host", "HostName", "IdentityFile" } })

local git <const> = schema.record({
  name = schema.string(ssh_word), url = schema.string(git_url),
  identity_file = schema.string(plain_path),
}, { required = { "name", "url" } })

local egress <const> = schema.record({
  allowlist = schema.list(schema.string(host_entry)),
  denylist = schema.list(schema.string(host_entry)),
  dlp_action = schema.enum { "block", "warn" },
  tls_passthrough_domains = schema.list(schema.string(host_entry)),
}, { unknown = "warn" })

local bottle <const> = schema.record({
  env = schema.map(env_value, env_name),
  ssh = schema.list(ssh, unique_ports),
  git = schema.list(git),
  egress = egress,
  egress_proxy = schema.record { routes = routes.list },
  resources = schema.record { memory = schema.string(memory), pids = schema.integer(positive),
    cpus = schema.number(positive) },
  supervise = schema.boolean(),
})

local agent <const> = schema.record({
  bottle = str,
  skills = schema.list(schema.string(function(s)
    if not s:find "^[%w_][%w._%-]*$" then return ("%q is not the name of a skill"):format(s) end
  end)),
  prompt = schema.either({ string = str,
    table = schema.record({ file = schema.string(plain_path) }, { required = { "file" } }) },
    'a string or {"file": PATH}'),
  image = schema.string(image),
  command = schema.list(str, function(v) if #v == 0 then return "is empty" end end),
}, { required = { "bottle" } })

local function name_test(s)
  if not s:find "^[%w][%w._ %-]*$" or #s > 64 then return "not a name (letters, digits, . _ -)" end
end

M.manifest = schema.record({
  bottles = schema.map(bottle, name_test),
  agents = schema.map(agent, name_test),
}, { required = { "bottles", "agents" } })

return M
