--- The agent's variables: names and sources for the plan, values for the run alone.
local M = {}

local function value_of(item, secrets)
  local v = item.value
  if type(v) == "table" and v.name and v.source then return secrets.env[v.name], v.source end
  return tostring(v), "policy " .. item.source
end

--- Fold `trust` and `env`; a variable that `env` sets wins over one of `trust`.
---@param registry bottle.Registry
---@param bottle bottle.Bottle
---@param files bottle.Files
---@return { name: string, source: string }[] names
---@return table<string, string> values   literal ones
---@return table<string, string> templates with {proxy} and the like, filled in at launch
function M.gather(registry, bottle, files)
  local names, values, templates = {}, {}, {}
  local taken = {}
  for _, item in ipairs(registry:fold("env", bottle, files.env):items()) do
    local v, source = value_of(item, files.secrets)
    values[item.name] = v
    names[#names + 1] = { name = item.name, source = source }
    taken[item.name] = true
  end
  for _, item in ipairs(registry:fold("trust", bottle):items()) do
    if not taken[item.name] then
      templates[item.name] = tostring(item.value)
      names[#names + 1] = { name = item.name, source = "trust " .. item.source }
    end
  end
  table.sort(names, function(a, b) return a.name < b.name end)
  return names, values, templates
end

--- What the box looks like from inside, whatever its image: the launch sees to it.
M.facts = {
  proxy = "http://bottle-gate:8888", proxy_host = "bottle-gate", proxy_port = "8888",
  ca_file = "/usr/local/share/ca-certificates/claude-bottle-mitm.crt",
  ca_bundle = "/etc/ssl/certs/ca-certificates.crt", ca_dir = "/etc/ssl/certs",
}

--- The same of a native bottle: its /usr is the host's and cannot be added to.
M.native = setmetatable({ ca_file = "/etc/ssl/certs/claude-bottle-mitm.crt" },
  { __index = M.facts })

---@param backend string
function M.facts_of(backend) return backend == "native" and M.native or M.facts end

--- Fill the templates in: {proxy}, {proxy_host}, {proxy_port}, {ca_file}, {ca_bundle}, {ca_dir}.
--- A name that is not among the facts raises: a hole in a variable must not go unseen.
---@param templates table<string, string>
---@param facts table<string, string>
---@return table<string, string>
function M.expand(templates, facts)
  local out = {}
  for name, text in pairs(templates) do
    out[name] = text:gsub("{([%w_]+)}", function(key)
      return facts[key] or error(("%s: nothing is known as {%s}"):format(name, key), 0)
    end)
  end
  return out
end

return M
