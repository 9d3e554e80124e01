--- The manifest: find it, read it, check its shape, and resolve one agent with its bottle.
--- Nothing here makes or changes anything.
local fs <const> = require "bottle.fs"
local near <const> = require "bottle.near"
local paths <const> = require "bottle.paths"
local problem <const> = require "bottle.problem"
local schema <const> = require "bottle.schema"

---@class bottle.Manifest
---@field file string     as it was named, for messages
---@field path string     absolute
---@field folder string   absolute; relative paths in it start here
---@field doc table
---@field problems bottle.SchemaProblem[]   errors and warnings of its shape
---@field built_in? boolean  there is no file: one with a word for nothing

local M = {}

local names <const> = { "bottle.json", "bottle.yaml" }

-- The empty file that a running bottle without a manifest has here is its guard, not a manifest.
local function is_manifest(path)
  local st = fs.stat(path)
  return st ~= nil and (st.type ~= "file" or st.size > 0)
end

--- Where the manifest is: the one named, else the first of the default places.
---@param named? string
---@return string? path
---@return string[] looked every place that was tried
function M.find(named)
  if named then return fs.exists(named) and named or nil, { named } end
  local looked = {}
  for _, folder in ipairs { ".", paths.config() } do
    for _, name in ipairs(names) do
      local path = folder .. "/" .. name
      looked[#looked + 1] = path
      if is_manifest(path) then return path, looked end
    end
  end
  return nil, looked
end

local function decode(path, text)
  if path:find "%.ya?ml$" then return require "bottle.yaml".decode(text, { positions = true }) end
  return require "bottle.json".decode(text, { positions = true })
end

-- The line of a value; of one that is not there, the line of what it should stand in.
local function line_at(lines)
  return function(path)
    while path do
      if lines[path] then return lines[path] end
      path = path:match "^(.*)%.[^.%[%]]*$" or path:match "^(.+)%[[^%]]*%]$"
    end
  end
end

--- Read a manifest and check its shape. Raises only where there is nothing to check.
---@param path string
---@return bottle.Manifest
function M.load(path)
  local text, why = fs.read(path)
  if not text then problem.raise(("%s: %s"):format(path, why)) end
  local doc, lines = decode(path, text)
  if doc == nil then
    local line, rest = lines:match "^line (%d+) (.*)$"
    problem.raise(line and ("%s:%s: %s"):format(path, line, rest) or
      ("%s: %s"):format(path, lines))
  end
  local absolute = assert(fs.realpath(path))
  local self = { file = path, path = absolute, folder = paths.folder(absolute), doc = doc }
  self.at = line_at(lines)
  self.problems = schema.check(require "bottle.manifest_shape".manifest, doc,
    { file = path, at = self.at })
  return self
end

--- A manifest that says nothing: one agent, "shell", in a bottle without a word of its own.
---@param folder string absolute
---@return bottle.Manifest
function M.builtin(folder)
  return { file = "(built in)", path = folder .. "/bottle.json", folder = folder, problems = {},
    built_in = true,
    doc = { bottles = { default = {} }, agents = { shell = { bottle = "default" } } } }
end

local function sorted(t)
  local out = {}
  for name in pairs(t) do out[#out + 1] = name end
  table.sort(out)
  return out
end

--- The agent that was meant. With none named there must be exactly one.
---@param manifest bottle.Manifest
---@param name? string
---@return string
function M.agent(manifest, name)
  local agents = sorted(manifest.doc.agents)
  if name then
    if manifest.doc.agents[name] then return name end
    problem.raise(("%s: no agent %s%s; it has %s"):format(manifest.file, name,
      near.hint(name, agents), #agents > 0 and table.concat(agents, ", ") or "none"))
  end
  if #agents == 1 then return agents[1] end
  problem.raise(#agents == 0 and ("%s: agents: there is none"):format(manifest.file) or
    ("%s: say which agent: %s"):format(manifest.file, table.concat(agents, ", ")), 2)
end

local function copy(list) return list and table.move(list, 1, #list, 1, {}) or {} end

local function ssh_entries(manifest, list)
  local out = {}
  for i, e in ipairs(list or {}) do
    out[i] = { host = e.Host, hostname = e.HostName, user = e.User or "git", port = e.Port or 22,
      identity_file = paths.resolve(manifest.folder, e.IdentityFile) }
  end
  return out
end

local function git_entries(manifest, list)
  local out = {}
  for i, e in ipairs(list or {}) do
    out[i] = { name = e.name, url = e.url, identity_file = e.identity_file and
      paths.resolve(manifest.folder, e.identity_file) or nil }
  end
  return out
end

-- The host in normal form, so that the rules of a policy can compare it, and its port beside it.
local function route_entries(list)
  local shape <const> = require "bottle.route_shape"
  local out = {}
  for i, r in ipairs(list or {}) do
    local name, port = shape.split(r.Host)
    out[i] = { Host = require "bottle.host".normalise(name), port = port or shape.port,
      methods = copy(r.methods), paths = copy(r.paths), auth = r.auth }
  end
  return out
end

---@class bottle.Route
---@field Host string       in normal form
---@field port integer
---@field methods string[]  none: any
---@field paths string[]    none: any
---@field auth? { scheme: "bearer"|"basic"|"header", token_env: string, header?: string,
---  user?: string }

--- One agent and its bottle with every default filled in: what the rules of a policy are given.
---@class bottle.Bottle
---@field name string
---@field env table<string, any>  as in the manifest: values are not resolved here
---@field ssh table[]
---@field git table[]
---@field egress { allowlist: string[], denylist: string[], dlp_action?: string,
---  tls_passthrough_domains: string[] }
---@field egress_proxy { routes: bottle.Route[] }
---@field resources { memory?: string, pids?: integer, cpus?: number }
---@field supervise boolean
---@field agent { name: string, skills: string[], prompt: any, image?: string, command?: string[] }

---@param manifest bottle.Manifest
---@param agent_name string
---@return bottle.Bottle
function M.resolve(manifest, agent_name)
  local agent = manifest.doc.agents[agent_name]
  local b = manifest.doc.bottles[agent.bottle]
  if not b then
    local known = sorted(manifest.doc.bottles)
    local path = ("agents.%s.bottle"):format(agent_name)
    problem.raise(schema.text { file = manifest.file, path = path,
      line = manifest.at and manifest.at(path),
      text = ("no bottle %s%s; there is %s"):format(agent.bottle, near.hint(agent.bottle, known),
        #known > 0 and table.concat(known, ", ") or "none") })
  end
  local egress, proxy = b.egress or {}, b.egress_proxy or {}
  return {
    name = agent.bottle, env = b.env or {}, ssh = ssh_entries(manifest, b.ssh),
    git = git_entries(manifest, b.git),
    egress = { allowlist = copy(egress.allowlist), denylist = copy(egress.denylist),
      dlp_action = egress.dlp_action,
      tls_passthrough_domains = copy(egress.tls_passthrough_domains) },
    egress_proxy = { routes = route_entries(proxy.routes) }, resources = b.resources or {},
    supervise = b.supervise or false,
    agent = { name = agent_name, skills = copy(agent.skills), prompt = agent.prompt,
      image = agent.image, command = agent.command and copy(agent.command) or nil },
  }
end

--- The first error of its shape as one line, with where to read the others; nil when it has none.
---@param manifest bottle.Manifest
---@return string?
function M.broken(manifest)
  local first
  local more = 0
  for _, p in ipairs(manifest.problems) do
    if not p.warning then
      if first then more = more + 1 end
      first = first or schema.text(p)
    end
  end
  return first and more > 0 and ("%s (and %d more: see bottle check)"):format(first, more) or first
end

return M
