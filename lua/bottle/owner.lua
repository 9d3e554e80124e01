--- Who owns a bottle: a process, told apart from a later one with the same number by its start time
--- and the boot it ran in; or nobody, when it was detached.
local fs <const> = require "bottle.fs"
local proc <const> = require "bottle.proc"

local M = {}

M.detached = "detached"

local function word(path)
  local text = fs.read(path, 4096)
  return text and text:match "%S+" or "unknown"
end

--- This process: "HOST BOOT PID START".
---@return string
function M.me()
  local me = assert(proc.self())
  return ("%s %s %d %d"):format(word "/proc/sys/kernel/hostname",
    word "/proc/sys/kernel/random/boot_id", me.pid, me.start)
end

---@param owner string
---@return { host: string, boot: string, pid: integer, start: integer }?
function M.parse(owner)
  local host, boot, pid, start = tostring(owner):match "^(%S+) (%S+) (%d+) (%d+)$"
  return host and { host = host, boot = boot, pid = tonumber(pid), start = tonumber(start) }
end

--- Is this the host that an owner names?
---@param host string
---@return boolean
function M.here(host) return host == word "/proc/sys/kernel/hostname" end

--- "live", "dead", "detached", or "elsewhere": another host's, about which nothing is known here.
---@param owner string?
---@return string
function M.state(owner)
  if owner == M.detached then return "detached" end
  local who = M.parse(owner or "")
  if not who then return "elsewhere" end
  if not M.here(who.host) then return "elsewhere" end
  if who.boot ~= word "/proc/sys/kernel/random/boot_id" then return "dead" end
  return proc.alive(who.pid, who.start) and "live" or "dead"
end

return M
