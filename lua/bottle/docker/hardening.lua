--- What every container of a bottle is denied, whatever its image.
local json <const> = require "bottle.json"

local M = {}

local unit <const> = { [""] = 1, k = 1 << 10, m = 1 << 20, g = 1 << 30 }

--- "512m", "4g", 1048576 -> bytes.
---@param text string|integer
---@return integer?
function M.bytes(text)
  local n, suffix = tostring(text):lower():match "^(%d+)([kmg]?)b?$"
  return n and tonumber(n) * unit[suffix]
end

local function either(limits, defaults, key)
  if limits[key] ~= nil then return limits[key] end
  return defaults[key]
end

--- The HostConfig: no capability but those named, no new privileges, the engine's seccomp profile,
--- limits for memory, processes and CPU, no core dump, no IPv6, an init that reaps.
---@param limits table    of the plan
---@param defaults table  where the plan says nothing
---@param most? integer    CPUs that the engine has: it refuses a limit above them
---@return table
function M.host(limits, defaults, most)
  local memory = either(limits, defaults, "memory")
  local cpus = either(limits, defaults, "cpus")
  if cpus and most and cpus > most then cpus = most end
  local bytes = memory and M.bytes(memory)
  return { CapDrop = { "ALL" }, CapAdd = json.array(either(limits, defaults, "cap_add") or {}),
    SecurityOpt = { "no-new-privileges" }, Init = either(limits, defaults, "init"),
    Memory = bytes, MemorySwap = bytes, PidsLimit = either(limits, defaults, "pids"),
    NanoCpus = cpus and math.floor(cpus * 1e9) or nil, IpcMode = "private", Privileged = false,
    PublishAllPorts = false, Ulimits = { { Name = "core", Soft = 0, Hard = 0 } },
    Sysctls = { ["net.ipv6.conf.all.disable_ipv6"] = "1" },
    LogConfig = { Type = "json-file", Config = { ["max-size"] = "16m", ["max-file"] = "2" } },
    RestartPolicy = { Name = "no" } }
end

return M
