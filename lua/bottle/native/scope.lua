--- Limits for all of a bottle together: a scope of the operator's systemd (of the machine's, for
--- root), where there is one that may limit memory and processes. It goes with the last process in
--- it, whatever ended that, so nothing is left of it.
local fs <const> = require "bottle.fs"
local proc <const> = require "bottle.proc"
local sys <const> = require "bottle.sys"

local M = {}

-- Which of the kernel's controllers that systemd has been given for its scopes.
local function controllers(uid)
  local at = uid == 0 and "/sys/fs/cgroup/cgroup.controllers" or
    ("/sys/fs/cgroup/user.slice/user-%d.slice/user@%d.service/cgroup.controllers"):format(uid, uid)
  local have = {}
  for word in (fs.read(at, 4096) or ""):gmatch "%S+" do have[word] = true end
  return have
end

local function manager(uid)
  local dir = os.getenv "XDG_RUNTIME_DIR" or ("/run/user/%d"):format(uid)
  return fs.exists(uid == 0 and "/run/systemd/private" or dir .. "/systemd/private")
end

-- The kernel ends one process where the bottle takes too much memory, and systemd then ends what is
-- left of the scope. From 253 on it can be told to go on; before, what it ends a scope with is made
-- a signal that ends nobody.
local function go_on(program)
  local said <const> = proc.run { program, "--version" }
  local version <const> = said and tonumber(said.stdout:match "^systemd (%d+)")
  if version and version >= 253 then return { "OOMPolicy=continue" } end
  return { "KillSignal=SIGCONT", "TimeoutStopSec=infinity" }
end

---@class bottle.Scope
---@field program string  systemd-run
---@field after_oom? string[]  properties; found out where there are none
---@field user boolean    the operator's own systemd
---@field cpu boolean     it may limit processor time, too

--- What there is on this host; nil: limits are each process's own.
---@return bottle.Scope?
function M.find()
  local uid = sys.uid()
  if not manager(uid) then return nil end
  local have = controllers(uid)
  local program = have.memory and have.pids and proc.which "systemd-run"
  return program and { program = program, user = uid ~= 0, cpu = have.cpu or false } or nil
end

--- The words that begin a command in a scope of its own.
---@param scope bottle.Scope
---@param slug string
---@param limits { memory?: integer, pids?: integer, cpus?: number }  memory in bytes
---@return string[]
function M.words(scope, slug, limits)
  local words = { scope.program, "--scope", "--quiet", "--collect", "--unit=bottle-" .. slug }
  if scope.user then table.insert(words, 2, "--user") end
  local function limit(name, value) words[#words + 1] = ("--property=%s=%s"):format(name, value) end
  if limits.memory then
    limit("MemoryMax", ("%d"):format(limits.memory))
    limit("MemorySwapMax", "0")
    for _, property in ipairs(scope.after_oom or go_on(scope.program)) do
      words[#words + 1] = "--property=" .. property
    end
  end
  if limits.pids then limit("TasksMax", ("%d"):format(limits.pids)) end
  if limits.cpus and scope.cpu then
    limit("CPUQuota", ("%d%%"):format(math.max(1, math.floor(limits.cpus * 100 + 0.5))))
  end
  words[#words + 1] = "--"
  return words
end

return M
