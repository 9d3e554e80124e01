--- For tests of a site's policy: load it, plan with it, ask it. Nothing is launched, and neither
--- the machine's own policy folders nor the caller's home take part.
local explain <const> = require "bottle.explain"
local fs <const> = require "bottle.fs"
local gateconf <const> = require "bottle.gateconf"
local manifest <const> = require "bottle.manifest"
local manifest_files <const> = require "bottle.manifest_files"
local paths <const> = require "bottle.paths"
local plan <const> = require "bottle.plan"
local policy_load <const> = require "bottle.policy_load"

local M = {}

---@class bottle.Try
---@field registry bottle.Registry
---@field bottle bottle.Bottle
---@field plan table
---@field secrets table
local Try = {}
Try.__index = Try

local function alone(fn)
  local config, system = paths.config, policy_load.system_folder
  paths.config = function() return "/nonexistent" end
  policy_load.system_folder = "/nonexistent"
  local result = table.pack(pcall(fn))
  paths.config, policy_load.system_folder = config, system
  if not result[1] then error(result[2], 0) end
  return table.unpack(result, 2, result.n)
end

--- A plan of `policy` for an agent of `file`.
---@param policy string
---@param file string
---@param agent? string
---@return bottle.Try
function M.new(policy, file, agent)
  return alone(function()
    local registry = policy_load.load(policy)
    local m = manifest.load(file)
    local broken = manifest.broken(m)
    if broken then error(broken, 0) end
    local bottle = manifest.resolve(m, manifest.agent(m, agent))
    local self = { registry = registry, bottle = bottle }
    self.plan, self.secrets = plan.build { registry = registry, bottle = bottle,
      digest = policy_load.digest(registry), files = manifest_files.look(m, bottle),
      slug = "try", backend = "docker", backend_reason = "test", cwd = "none",
      folder = assert(fs.realpath "."), owner_files = {} }
    return setmetatable(self, Try)
  end)
end

--- "allow" or "deny", and the id of the rule that decided (nil: no rule names the host).
---@param host string
---@return string verdict
---@return string? rule
function Try:verdict(host)
  local v = explain.ask(self.registry, self.bottle, host)
  return v.verdict, v.rule
end

--- Is its TLS opened? "intercept" or "passthrough"; nil for a host that is denied.
---@param host string
---@return string?
function Try:tls(host) return explain.ask(self.registry, self.bottle, host).tls end

--- The engine's table, with a CA in place.
---@return table
function Try:config()
  return gateconf.build(self.registry, self.bottle, self.plan, { cert = "/ca.pem",
    key = "/ca-key.pem" })
end

return M
