--- The bottles that an engine holds, put together from the labels of their parts.
local docker <const> = require "bottle.docker"
local names <const> = require "bottle.docker.names"
local near <const> = require "bottle.near"
local owner <const> = require "bottle.owner"
local probe <const> = require "bottle.docker.probe"
local problem <const> = require "bottle.problem"

local M = {}

local label <const> = names.label

---@class bottle.Found
---@field slug string
---@field owner string
---@field agent string
---@field engine string
---@field state "running"|"exited"|"starting"|"dead"
---@field held "live"|"dead"|"detached"|"elsewhere"
---@field started? integer     Unix seconds
---@field exit? integer        of a detached agent that ended
---@field probe? string        an allowed host whose TLS the gate opens
---@field containers string[]
---@field networks string[]

local function entry(found, labels)
  local slug = labels[label.slug]
  local b = found[slug]
  if not b then
    b = { slug = slug, agent = "", engine = "", containers = {}, networks = {}, state = "starting" }
    found[slug] = b
  end
  b.owner = b.owner or labels[label.owner]
  return b
end

local function add_agent(b, c, labels)
  b.agent, b.engine = labels[label.agent] or "", labels[label.engine] or ""
  b.cwd, b.started, b.probe = labels[label.cwd], c.Created, labels[label.probe]
  b.state = c.State == "running" and "running" or c.State == "created" and "starting" or "exited"
  b.exit = tonumber((c.Status or ""):match "^Exited %((%d+)%)")
end

local function add_container(found, c, labels)
  local name = (c.Names and c.Names[1] or ""):gsub("^/", "")
  if not names.mine(labels[label.slug] or "", name, "container") then return end
  local one = entry(found, labels)
  one.containers[#one.containers + 1] = name
  if labels[label.role] == "agent" then add_agent(one, c, labels) end
end

--- By slug.
---@param engine bottle.Engine
---@return table<string, bottle.Found>? found
---@return string? message
---@return string? code
function M.find(engine)
  local a = engine:begin("container_list", { label = label.slug, all = true })
  local b = engine:begin("network_list", { label = label.slug })
  local containers, msg, code = a:wait()
  if not containers then return nil, msg, code end
  local networks
  networks, msg, code = b:wait()
  if not networks then return nil, msg, code end
  local found = {}
  for _, c in ipairs(containers) do
    add_container(found, c, c.Labels or {})
  end
  for _, n in ipairs(networks) do
    local labels = n.Labels or {}
    if names.mine(labels[label.slug] or "", n.Name, "network") then
      local one = entry(found, labels)
      one.networks[#one.networks + 1] = n.Name
    end
  end
  for _, one in pairs(found) do one.held = owner.state(one.owner) end
  return found
end

--- Sorted by slug.
---@param found table<string, bottle.Found>
---@return bottle.Found[]
function M.sorted(found)
  local list = {}
  for _, one in pairs(found) do list[#list + 1] = one end
  table.sort(list, function(a, b) return a.slug < b.slug end)
  return list
end

--- There is no such bottle: raises with the nearest name. Why no engine could be asked is said
--- where there is one: it was named, or it is closed to this user.
---@param slug string
---@param found table<string, table>  by slug, those of an engine
---@param native string[]             the others
---@param why? string                 that no engine could be asked
---@param code? string
function M.none(slug, found, native, why, code)
  if code ~= "denied" and not probe.named() then why = nil end
  local known = table.move(native, 1, #native, 1, {})
  for name in pairs(found) do known[#known + 1] = name end
  table.sort(known)
  problem.raise(("no bottle %s%s; %s"):format(slug, near.hint(slug, known),
    why or "see bottle list"))
end

--- One of them, or the failure that names the nearest.
---@param slug string
---@param native string[]  the names of those that no engine holds
---@return bottle.Engine engine
---@return bottle.Found one
function M.one(slug, native)
  local engine, why, code = docker.connect()
  if not engine then M.none(slug, {}, native, why, code) end
  local found, msg = M.find(engine)
  if not found then problem.raise(msg) end
  if not found[slug] then M.none(slug, found, native) end
  return engine, found[slug]
end

--- What a ledger would list for it, from its labels alone.
---@param one bottle.Found
---@return { kind: string, name: string }[]
function M.items(one)
  local items = {}
  for _, name in ipairs(one.networks) do items[#items + 1] = { kind = "network", name = name } end
  for _, name in ipairs(one.containers) do
    items[#items + 1] = { kind = "container", name = name }
  end
  return items
end

return M
