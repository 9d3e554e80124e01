--- bottle doctor: what this host offers, what is missing, and the command that mends it; of a
--- bottle that runs, which runtimes in it trust its CA.
local bottles <const> = require "bottle.bottles"
local cleanup <const> = require "bottle.cleanup"
local docker <const> = require "bottle.docker"
local docker_box <const> = require "bottle.docker.box"
local fs <const> = require "bottle.fs"
local json <const> = require "bottle.json"
local names <const> = require "bottle.docker.names"
local native <const> = require "bottle.native.bottles"
local native_box <const> = require "bottle.native.box"
local native_host <const> = require "bottle.native.doctor"
local proc <const> = require "bottle.proc"
local problem <const> = require "bottle.problem"
local selftest <const> = require "bottle.selftest"

local M = {}

---@class bottle.Check
---@field name string
---@field ok boolean
---@field needed boolean   without it no bottle runs
---@field detail string
---@field fix? string

-- Why none answers says already what to do.
local function engine_check(engine, why, needed)
  if not engine then
    local detail, fix = why:match "^(.*); ([^;]*)$"
    return { name = "engine", ok = false, needed = needed, detail = detail or why,
      fix = fix and fix:gsub("the group docker", "%0 (usermod -aG docker $USER)") or nil }
  end
  local at = engine:endpoint()
  return { name = "engine", ok = true, needed = needed, detail = ("%s (%s), API %s"):format(at.url,
    at.source, at.api) }
end

-- Podman does not bring the init that a container of a bottle asks for, and does not say whether it
-- is there: these are the places where it looks.
local INITS <const> = { "/usr/local/libexec/podman", "/usr/local/lib/podman", "/usr/libexec/podman",
  "/usr/lib/podman", "/usr/bin" }

local function podman_init(needed)
  local path
  for _, dir in ipairs(INITS) do
    path = path or fs.exists(dir .. "/catatonit") and dir .. "/catatonit" or nil
  end
  return { name = "container init", ok = path ~= nil, needed = needed,
    detail = path or "no catatonit: Podman cannot start a container with an init",
    fix = not path and "apt-get install catatonit" or nil }
end

-- Docker's filter drops what is forwarded and not its own. With br_netfilter that is also what goes
-- from one container of a Podman bridge to the next: an agent would not reach its gate.
local function podman_filter()
  local seen = fs.read("/proc/sys/net/bridge/bridge-nf-call-iptables", 16)
  if not (seen and seen:match "^1" and fs.exists "/sys/class/net/docker0") then return nil end
  return { name = "packet filter", ok = false, needed = false,
    detail = "Docker is on this host too: its filter may drop what goes over Podman's bridges",
    fix = "iptables -I FORWARD -m physdev --physdev-is-bridged -j ACCEPT" }
end

local function seccomp(facts)
  return { name = "seccomp", ok = facts.seccomp and true or false, needed = false,
    detail = facts.seccomp and "the engine's default profile" or "the engine has none",
    fix = not facts.seccomp and "use an engine built with seccomp" or nil }
end

local function engine_kind(facts)
  return { name = "engine kind", ok = true, needed = false,
    detail = ("%s %s%s, cgroup %s, storage %s"):format(facts.podman and "Podman" or "Docker",
      facts.version, facts.rootless and " (rootless: not tried with bottle)" or "", facts.cgroup,
      facts.driver) }
end

local function engine_facts(engine, needed)
  local facts, why = engine:facts()
  if not facts then
    return { { name = "engine facts", ok = false, needed = false, detail = why } }
  end
  local checks = { seccomp(facts), engine_kind(facts) }
  if facts.podman and engine:endpoint().url:match "^unix:" then
    checks[#checks + 1] = podman_init(needed)
    checks[#checks + 1] = podman_filter()
  end
  return checks
end

local function gate_image(engine)
  local list = engine:image_list { reference = "bottle-gate" }
  local there = list and #list > 0
  return { name = "gate image", ok = true, needed = false, detail = there and
    ("%d on the engine"):format(#list) or "none yet: the first run makes it",
    fix = not there and "bottle image build" or nil }
end

local function program(name, package, what_for)
  local path = proc.which(name)
  return { name = name, ok = path ~= nil, needed = false,
    detail = path or ("not found (%s)"):format(what_for),
    fix = not path and "apt-get install " .. package or nil }
end

local function remains(engine)
  local dead = 0
  for _, one in pairs(cleanup.find(engine) or {}) do
    if one.held == "dead" then dead = dead + 1 end
  end
  return { name = "remains", ok = dead == 0, needed = false,
    detail = dead == 0 and "nothing left by dead bottles" or
      ("%d dead bottle(s) left something"):format(dead),
    fix = dead > 0 and "bottle cleanup" or nil }
end

local function all_ok(checks)
  for _, check in ipairs(checks) do
    if not check.ok then return false end
  end
  return true
end

-- One of the two backends is enough.
---@return bottle.Check[]
local function examine()
  local engine <close>, why = docker.connect()
  local without = native_host.checks(native_host.host())
  local needed <const> = not all_ok(without)
  local checks = { engine_check(engine, why, needed) }
  if engine then
    local facts <const> = engine_facts(engine, needed)
    table.move(facts, 1, #facts, 2, checks)
    checks[#checks + 1] = gate_image(engine)
  end
  table.move(without, 1, #without, #checks + 1, checks)
  checks[#checks + 1] = program("git", "git", "for the patch of --cwd copy")
  checks[#checks + 1] = remains(engine)
  return checks
end

local function show(check)
  io.write(("%-4s %-16s %s\n"):format(check.ok and "ok" or check.needed and "FAIL" or "-",
    check.name, check.detail))
  if check.fix then io.write(("     %-16s try: %s\n"):format("", check.fix)) end
end

-- A bottle's trust in its CA, each runtime a line; 1 when one refuses it.
local function trust(box, host, format)
  if format ~= "json" then
    return selftest.run(box, host, function(line) io.write(line, "\n") end) and 0 or 1
  end
  local list, trusted = selftest.ask(box, host)
  io.write(json.encode({ ok = trusted, host = host, trust = json.array(list) }), "\n")
  return trusted and 0 or 1
end

local function of_bottle(slug, format)
  if native.has(slug) then
    local cell <close>, facts = native.open(slug)
    return trust(native_box.joined(cell), facts.probe, format)
  end
  local engine <close>, one = bottles.one(slug, native.names())
  if one.state ~= "running" then
    problem.raise(("doctor %s: its agent does not run (%s)"):format(one.slug, one.state))
  end
  local box <const> = docker_box.new(engine, names.of(one.slug, one.engine).agent, {})
  return trust(box, one.probe, format)
end

---@param args bottle.Args
---@return integer status   1 when no bottle can run here, or a runtime of SLUG refuses the CA
function M.main(args)
  if args.words[1] then return of_bottle(args.words[1], args.opts.format) end
  local checks = examine()
  local usable = true
  for _, check in ipairs(checks) do
    if check.needed and not check.ok then usable = false end
  end
  if args.opts.format == "json" then
    io.write(json.encode({ ok = usable, checks = checks }), "\n")
    return usable and 0 or 1
  end
  for _, check in ipairs(checks) do show(check) end
  return usable and 0 or 1
end

return M
