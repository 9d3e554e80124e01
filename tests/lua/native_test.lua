--- The native backend's own decisions; the sandbox itself: cell_test and tests/it/native_test.sh.
local ca <const> = require "bottle.ca"
local conf <const> = require "bottle.native.gate_conf"
local env <const> = require "bottle.env"
local json <const> = require "bottle.json"
local sys <const> = require "bottle.sys"
local test <const> = require "bottle.test"
local tools <const> = require "bottle.native.tools"
local view <const> = require "bottle.native.view"

local function lines_of(mounts)
  local own = assert(ca.memory "x")
  local run = { plan = { mounts = mounts or {} },
    ca = { pem = own:pem(), subject_hash = own:subject_hash() }, guards = {}, facts = env.native,
    init = "/usr/bin/true", gate_host = "bottle-gate" }
  local lines, user = view.lines(run)
  local late = view.late(run)
  table.move(late, 1, #late, #lines + 1, lines)
  local at = {}
  for i, line in ipairs(lines) do at[line.to] = at[line.to] or i end
  return lines, at, user, own
end

test.case("the gate listens on the loopback of the sandbox; its files are descriptors", function(t)
  local given = { api_allowlist = json.array {}, gate = { resolve = { a = { "192.0.2.1" } } } }
  local out = conf.build(given, "s", "PEM")
  t.eq(out.gate.listen[1], "127.0.0.1:8888")
  t.eq(out.gate.transparent.tls, "127.0.0.1:443")
  t.eq(out.gate.dns.address, "127.0.0.1")
  t.eq(out.gate.roots, "/proc/self/fd/5")
  t.eq(out.tls_interception.ca_cert, "/proc/self/fd/6")
  t.eq(out.tls_interception.ca_key, "/proc/self/fd/7")
  t.eq(out.gate.resolve.a[1], "192.0.2.1")
  t.eq(json.encode(out.api_allowlist), "[]")
  t.eq(given.gate.listen, nil)
  t.eq(conf.build(given, "s").tls_interception.ca_cert, "/proc/self/fd/5")
  local ruled = conf.build(given, "s", "PEM", 2)
  t.eq(table.concat(ruled.gate.policies, " "), "/proc/self/fd/6 /proc/self/fd/7")
  t.eq(ruled.tls_interception.ca_cert, "/proc/self/fd/8")
  local told, handed = conf.build(given, "s", "PEM", 1, "records")
  t.eq(handed, 7)
  t.eq(told.tls_interception.ca_cert, "/proc/self/fd/8")
end)

test.case("what the gate says of a policy file names the file, not its descriptor", function(t)
  local rules = { { path = "a.lua" }, { path = "/site/b.lua" } }
  t.eq(conf.named("gate: x: gate.policies: 7:12: oh", "PEM", rules),
    "gate: x: gate.policies: /site/b.lua:12: oh")
  t.eq(conf.named("gate.policies: 5:1: oh", nil, rules), "gate.policies: a.lua:1: oh")
  t.eq(conf.named("gate.policies: 9:1: oh", nil, rules), "gate.policies: 9:1: oh")
end)

test.case("nothing of the host's home, run, keys or accounts is in the view", function(t)
  local lines, at = lines_of()
  for _, line in ipairs(lines) do
    local from = line.from or ""
    for _, secret in ipairs { "/etc/shadow", "/etc/ssh", "/etc/ssl/private", "/root",
      "/home", "/run", "/var", "/sys" } do
      local outside = line.kind ~= "symlink" and line.kind ~= "cover"
      t.eq(outside and from:sub(1, #secret) == secret and from or nil, nil)
    end
  end
  t.eq(at["/sys"], nil)
  t.eq(lines[at["/proc/sys"]].kind, "ro")
  t.eq(lines[#lines].kind, "freeze")
  t.eq(lines[#lines].to, "/")
end)

test.case("the CA is in the bundle under every name, and alone beside it", function(t)
  local lines, at, _, own = lines_of()
  local bundle = lines[at["/etc/ssl/certs/ca-certificates.crt"]].data
  t.eq(bundle:find(own:pem(), 1, true) ~= nil, true)
  t.eq(lines[at["/etc/pki/tls/certs/ca-bundle.crt"]].from, "/etc/ssl/certs/ca-certificates.crt")
  t.eq(lines[at[env.native.ca_file]].data, own:pem())
  t.eq(at[("/etc/ssl/certs/%s.0"):format(own:subject_hash())] ~= nil, true)
end)

test.case("the project is writable, a read-only mount is not, and both come after what is private",
  function(t)
    local lines, at = lines_of { { source = "/tmp/p", target = "/tmp/p" },
      { source = "/srv/d", target = "/srv/d", read_only = true } }
    t.eq(lines[at["/tmp/p"]].kind, "rw")
    t.eq(lines[at["/srv/d"]].kind, "ro")
    t.eq(at["/tmp"] < at["/tmp/p"], true)
  end)

test.case("what root could write in /proc is read-only, and what only root reads is not there",
  function(t)
    local lines, at = lines_of()
    local kmsg = lines[at["/proc/kmsg"]]
    t.eq(kmsg and kmsg.from, sys.uid() == 0 and "/dev/null" or nil)
    t.eq(lines[at["/proc/kallsyms"]].from, "/dev/null")
    for _, name in ipairs { "self", "meminfo", "sysvipc", "1" } do
      t.eq(at["/proc/" .. name], nil)
    end
  end)

test.case("a program of the system needs no folder of its own", function(t)
  t.eq(#tools.folders "sh", 0)
  t.eq(#tools.folders "/home/x/bin/agent", 0)
  t.eq(#tools.folders "no-such-program-anywhere", 0)
end)

test.case("where there is a Java, its store is made anew and named to it", function(t)
  local java <const> = require "bottle.java"
  local added = {}
  require("bottle.native.java").late(function(_, to, more) added[to] = more.data end,
    assert(ca.memory "x"):pem())
  t.eq(added[java.store]:sub(1, 12), "\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1")
  t.eq(java.options(nil), nil)
  t.eq(java.options "-Dx", "-Dx -Djavax.net.ssl.trustStore=" .. java.store)
  t.eq(java.options "-Djavax.net.ssl.trustStore=/own", "-Djavax.net.ssl.trustStore=/own")
end)
