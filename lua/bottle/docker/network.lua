--- The two networks of a bottle. On the internal one the host has no address: with a plain internal
--- network the agent reaches every service that the host listens with on 0.0.0.0.
local names <const> = require "bottle.docker.names"
local subnet <const> = require "bottle.docker.subnet"
local task <const> = require "bottle.task"

local M = {}

local TRIES <const> = 64

local function body(at, internal, labels)
  local options = { ["com.docker.network.bridge.enable_icc"] = "true" }
  return { Driver = "bridge", Internal = internal, EnableIPv6 = false, Attachable = false,
    CheckDuplicate = true, Options = options, Labels = labels,
    IPAM = { Driver = "default", Config = { { Subnet = at.subnet, Gateway = at.gateway } } } }
end

-- Taken by another network of the engine.
local function taken(message)
  return message:find("overlap", 1, true) ~= nil or
    message:find("already used", 1, true) ~= nil -- Podman
end

---@param run bottle.Launch
---@param role "net"|"out"
---@return table? at  the addresses
---@return string? message
---@return string? code
function M.create(run, role)
  local pool, msg, code = subnet.pool(run.pool)
  if not pool then return nil, msg, code end
  local name = run.names[role]
  run:intend("network", name)
  local labels = names.labels(run.slug, role, run.owner)
  for n = 0, TRIES - 1 do
    local at = subnet.candidate(pool, run.slug .. "/" .. role, n)
    local made
    made, msg, code = task.call(run.engine, "network_create",
      { name = name, body = body(at, role == "net", labels), hostless = role == "net" })
    if made then return at end
    if not taken(msg) then break end
  end
  return nil, ("network %s: %s"):format(name, msg), code
end

return M
