--- What `bottle doctor` says about backend native: can this host build such a bottle, and if not,
--- what is in the way and what takes it away.
local bwrap <const> = require "bottle.bwrap"
local fs <const> = require "bottle.fs"
local proc <const> = require "bottle.proc"
local sys <const> = require "bottle.sys"

local M = {}

local KERNEL <const> = { 5, 12 } -- mount_setattr (docs/adr/0047)
local TRY_MS <const> = 10000

-- What AppArmor wants before a program may make user namespaces; read by /bin/sh.
local profile <const> = [[printf 'abi <abi/4.0>,\ninclude <tunables/global>\n]] ..
  [[profile bwrap %s flags=(unconfined) { userns, }\n' | ]] ..
  [[sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap]]

---@class bottle.NativeHost
---@field root boolean
---@field kernel string             as in /proc/sys/kernel/osrelease
---@field max_namespaces? string
---@field unprivileged? string      Debian's own switch
---@field apparmor? string          Ubuntu's since 23.10
---@field bwrap? string             its path
---@field bwrap_why? string         why there is none to be used
---@field version? string
---@field works? boolean            an empty sandbox came up
---@field said? string              what bubblewrap said where it did not

local function setting(path)
  local text = fs.read(path, 64)
  return text and text:match "%S+"
end

local function try(path)
  local done, why = proc.run({ path, "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc",
    "--dev", "/dev", "true" }, { timeout = TRY_MS })
  if not done then return false, why end
  return done.code == 0, (done.stderr:match "[^\n]+")
end

--- Ask this host.
---@return bottle.NativeHost
function M.host()
  local host = { root = sys.uid() == 0, kernel = setting "/proc/sys/kernel/osrelease" or "0.0",
    max_namespaces = setting "/proc/sys/user/max_user_namespaces",
    unprivileged = setting "/proc/sys/kernel/unprivileged_userns_clone",
    apparmor = setting "/proc/sys/kernel/apparmor_restrict_unprivileged_userns" }
  host.bwrap, host.bwrap_why = bwrap.find()
  if host.bwrap then
    host.version, host.bwrap_why = bwrap.version(host.bwrap)
    host.works, host.said = try(host.bwrap)
  end
  return host
end

local function kernel(host)
  local major, minor = host.kernel:match "^(%d+)%.(%d+)"
  major, minor = tonumber(major) or 0, tonumber(minor) or 0
  local ok = major > KERNEL[1] or (major == KERNEL[1] and minor >= KERNEL[2])
  return { name = "kernel", ok = ok, needed = false, detail = ok and "Linux " .. host.kernel or
    ("Linux %s: backend native needs %d.%d or later"):format(host.kernel, KERNEL[1], KERNEL[2]),
    fix = not ok and "use --backend docker here" or nil }
end

local function program(host)
  if not host.bwrap then
    return { name = "bwrap", ok = false, needed = false, detail = host.bwrap_why,
      fix = "apt-get install bubblewrap" }
  end
  return { name = "bwrap", ok = host.version ~= nil, needed = false,
    detail = host.version and ("%s, version %s"):format(host.bwrap, host.version) or
      host.bwrap_why,
    fix = not host.version and "install bubblewrap 0.5 or later, or name one in BOTTLE_BWRAP" or
      nil }
end

-- In the order in which the kernel asks. What bubblewrap says itself ("setting up uid map:
-- Permission denied") names none of these.
local function in_the_way(host)
  if host.max_namespaces == "0" then
    return "user.max_user_namespaces is 0", "sysctl -w user.max_user_namespaces=15000"
  end
  if host.root then return end
  if host.unprivileged == "0" then
    return "only root may make them", "sysctl -w kernel.unprivileged_userns_clone=1"
  end
  if host.apparmor == "1" then
    return "AppArmor gives them no rights but in programs that have a profile " ..
      "(Ubuntu 23.10 and later), and bwrap has none", profile:format(host.bwrap or "/usr/bin/bwrap")
  end
end

local function namespaces(host)
  local check = { name = "user namespaces", ok = true, needed = false, detail = "available" }
  local why, fix = in_the_way(host)
  -- What works is not in the way: bwrap may have its profile.
  if host.works == false or (why and host.works == nil) then
    check.ok, check.detail, check.fix = false, why or host.said or "bwrap fails", fix
  elseif host.works then
    check.detail = "available: bwrap makes a sandbox"
  end
  return check
end

---@param host bottle.NativeHost
---@return bottle.Check[]
function M.checks(host)
  return { kernel(host), namespaces(host), program(host) }
end

return M
