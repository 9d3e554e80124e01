--- What a native bottle sees of files: the host's programs, a few of its settings, the project, and
--- nothing else. bubblewrap builds what comes from the host; what stands on that is put on late,
--- from outside; as the last the root is frozen: what is no mount of its own cannot be written.
local copies <const> = require "bottle.native.copies"
local fs <const> = require "bottle.fs"
local java <const> = require "bottle.native.java"
local sys <const> = require "bottle.sys"

local M = {}

M.init = "/run/bottle/init"
M.home = "/home/agent"
-- Where Debian's family keeps a site's own: not every host has it, and /usr cannot be added to.
M.usual = "/usr/local/share/ca-certificates"
local EMPTY <const> = "/run/bottle/empty"

local READ <const> = 292 -- 0444
local SMALL <const> = 128 * 1024
local STICKY <const> = 1023 -- 1777

-- Of /etc, what programs need to run and to speak the operator's language. Never: shadow, ssh,
-- sudo, keys, mail, and whatever a site keeps beside them.
local settings <const> = {
  "alternatives", "bash.bashrc", "chromium.d", "crypto-policies", "debian_version", "fonts",
  "gai.conf", "host.conf", "inputrc", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "locale.alias",
  "locale.conf", "localtime", "login.defs", "lsb-release", "magic", "mime.types", "os-release",
  "perl", "profile", "profile.d", "protocols", "python3", "redhat-release", "services", "shells",
  "ssl/openssl.cnf", "terminfo", "timezone", "vim", "xdg",
}

-- Where the families of distributions keep the bundle, and where their programs look for it.
local bundles <const> = {
  "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
}

local function add(view, kind, to, more)
  local line = more or {}
  line.kind, line.to = kind, to
  view[#view + 1] = line
end

local function adder(view)
  return function(kind, to, more) add(view, kind, to, more) end
end

-- The link as a link, the folder or file read-only.
local function same_as_host(view, path)
  local st = fs.lstat(path)
  if not st then return end
  if st.type == "link" then
    add(view, "symlink", path, { from = fs.realpath(path) or "/nonexistent" })
  elseif st.type == "file" and st.size <= SMALL then
    -- A copy costs a tenth of a mount, for which bwrap reads the whole table of mounts.
    add(view, "file", path, { data = fs.read(path) or "", mode = READ })
  else
    add(view, "ro", path, { from = path })
  end
end

local function programs(view)
  for _, path in ipairs { "/etc", "/etc/ssl", "/etc/ssl/certs", "/home", "/var", "/run" } do
    add(view, "dir", path, { mode = 493 })
  end
  for _, path in ipairs { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" } do
    same_as_host(view, path)
  end
end

-- Keys, timers, interrupts (they tell when somebody types) and buses of the machine, also where
-- everybody may read them.
local hidden <const> = { ["key-users"] = true, ["latency_stats"] = true, ["config.gz"] = true,
  interrupts = true, keys = true, kallsyms = true, sched_debug = true, timer_list = true }
local buses <const> = { acpi = true, asound = true, scsi = true }
local mine <const> = { sysvipc = true } -- of the sandbox's own namespaces

local OTHERS <const>, ANY_WRITE <const>, OTHERS_WRITE <const> = 7, 146, 2 -- 0007, 0222, 0002

local function machine_folder(view, path, name, root)
  if buses[name] then
    add(view, "cover", path, { from = EMPTY })
  elseif name == "sys" or name == "pressure" or (root and not mine[name]) then
    add(view, "ro", path)
  end
end

local function machine_file(view, path, name, mode, root)
  if hidden[name] or (root and mode & OTHERS == 0) then
    add(view, "cover", path, { from = "/dev/null" })
  elseif mode & (root and ANY_WRITE or OTHERS_WRITE) ~= 0 then
    add(view, "ro", path)
  end
end

-- What in /proc is not a process. To root the machine's switches are files like any other, with
-- capabilities or without, and bwrap leaves them so.
local function machine(view)
  local root = sys.uid() == 0
  for _, name in ipairs(fs.list "/proc" or {}) do
    local path = "/proc/" .. name
    local st = not name:find "^%d" and fs.lstat(path)
    if st and st.type == "dir" then
      machine_folder(view, path, name, root)
    elseif st and st.type == "file" then
      machine_file(view, path, name, st.mode, root)
    end
  end
end

local function private(view)
  add(view, "proc", "/proc")
  add(view, "dev", "/dev")
  add(view, "tmpfs", "/tmp", { mode = STICKY })
  add(view, "tmpfs", "/var/tmp", { mode = STICKY })
  add(view, "dir", EMPTY, { mode = 365 })
  add(view, "symlink", "/var/run", { from = "/run" })
  add(view, "tmpfs", M.home, { mode = 493 })
end

local function accounts(view)
  local uid, gid = sys.uid(), sys.gid()
  local name = uid == 0 and "root" or "agent"
  local shell = fs.exists "/bin/bash" and "/bin/bash" or "/bin/sh"
  local passwd = ("%s:x:%d:%d:agent:%s:%s\n"):format(name, uid, gid, M.home, shell)
  local group = ("%s:x:%d:\n"):format(gid == 0 and "root" or "agent", gid)
  if uid ~= 0 then passwd = passwd .. "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n" end
  add(view, "file", "/etc/passwd", { data = passwd, mode = READ })
  add(view, "file", "/etc/group", { data = group .. "nogroup:x:65534:\n", mode = READ })
  return { name = name, uid = uid, gid = gid, home = M.home }
end

local function names(view, gate_host)
  add(view, "file", "/etc/hosts", { mode = READ,
    data = ("127.0.0.1 localhost bottle %s\n::1 localhost\n"):format(gate_host) })
  add(view, "file", "/etc/hostname", { mode = READ, data = "bottle\n" })
  add(view, "file", "/etc/resolv.conf", { mode = READ,
    data = "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n" })
  add(view, "file", "/etc/nsswitch.conf", { mode = READ,
    data = "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n" })
end

local function host_bundle()
  for _, path in ipairs(bundles) do
    if fs.exists(path) then return path end
  end
end

-- The names under which the one bundle is looked for, and the folder that a site's own CAs are in.
local function bundle_names(view, facts)
  for _, path in ipairs(bundles) do
    if path ~= facts.ca_bundle then add(view, "symlink", path, { from = facts.ca_bundle }) end
  end
  if fs.exists(M.usual) then add(view, "tmpfs", M.usual) end
end

-- One bundle: the host's roots and the bottle's own.
local function trust(view, ca, facts)
  add(view, "file", facts.ca_file, { data = ca.pem, mode = READ })
  if fs.exists(M.usual) then
    add(view, "file", M.usual .. "/claude-bottle-mitm.crt", { data = ca.pem, mode = READ })
    add(view, "freeze", M.usual)
  end
  add(view, "file", facts.ca_bundle, { from = host_bundle(), data = "\n" .. ca.pem,
    mode = READ })
  add(view, "symlink", ("%s/%s.0"):format(facts.ca_dir, ca.subject_hash),
    { from = facts.ca_file })
end

local function mounts(view, plan)
  for _, mount in ipairs(plan.mounts) do
    if mount.type ~= "copy" then
      add(view, mount.read_only and "ro" or "rw", mount.target, { from = mount.source })
    end
  end
end

-- What stays read-only in what the plan mounts. Nothing of it may have become a link, or something
-- else, since it was looked at: somebody else may be at work there, another bottle for one.
local function guarded(view, plan, guards)
  for _, mount in ipairs(plan.mounts) do
    local guard = guards[mount]
    if guard then
      local function inside(path) return mount.target .. path:sub(#mount.source + 1) end
      for _, path in ipairs(guard:parents()) do add(view, "rw", inside(path), { from = path }) end
      for _, path in ipairs(guard:paths()) do add(view, "ro", inside(path), { from = path }) end
    end
  end
end

--- bubblewrap's lines, and who the agent is in them.
---@param run table  plan, ctx, facts, init, gate_host, java
---@return bottle.CellLine[] view
---@return { name: string, uid: integer, gid: integer, home: string } user
function M.lines(run)
  local view = {}
  programs(view)
  for _, name in ipairs(settings) do same_as_host(view, "/etc/" .. name) end
  private(view)
  local user = accounts(view)
  names(view, run.gate_host)
  bundle_names(view, run.facts)
  if run.java then
    java.lines(adder(view), function(path) same_as_host(view, path) end)
  end
  add(view, "ro", M.init, { from = run.init })
  mounts(view, run.plan)
  copies.lines(run, adder(view))
  return view, user
end

--- The lines that are put on when it is up.
---@param run table  plan, ctx, ca, guards (by mount), facts, java
---@return bottle.CellLateLine[]
function M.late(run)
  local view = {}
  machine(view)
  trust(view, run.ca, run.facts)
  if run.java then java.late(adder(view), run.ca.pem, host_bundle()) end
  guarded(view, run.plan, run.guards)
  copies.late(run, adder(view))
  add(view, "freeze", "/")
  return view
end

return M
