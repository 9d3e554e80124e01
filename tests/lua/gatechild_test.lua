local ca <const> = require "bottle.ca"
local gatechild <const> = require "bottle.gatechild"
local self <const> = require "bottle.self"
local test <const> = require "bottle.test"

local function read(path)
  local f <close> = assert(io.open(path))
  return f:read "a"
end

test.case("it finds texts and files as descriptors, and its words in the log", function(t)
  local own <close> = assert(ca.memory "x")
  local script = [[cat /proc/self/fd/4; head -1 /proc/self/fd/5; echo '"event":"ready"'; sleep 60]]
  local gate <close> = assert(gatechild.open({ "/bin/sh", "-c", script }, { "config\n" },
    { (own:paths()) }))
  assert(gate:ready(5000))
  t.eq(read(gate:log()), 'config\n-----BEGIN CERTIFICATE-----\n"event":"ready"\n')
end)

test.case("what it said before it gave up is the reason", function(t)
  local script = "echo bottle: bad file >&2; exit 1"
  local gate <close> = assert(gatechild.open({ "/bin/sh", "-c", script }, {}, {}))
  local ok, why, code = gate:ready(5000)
  t.eq(ok, nil)
  t.eq(why, "gate: bad file")
  t.eq(code, "io")
end)

test.case("one that says nothing is not waited for long", function(t)
  local gate <close> = assert(gatechild.open({ "/bin/sleep", "60" }, {}, {}))
  t.fails("timeout", gate:ready(30))
end)

test.case("a file that is not there is a bad world", function(t)
  t.fails("sys", gatechild.open({ "/bin/true" }, {}, { "/nonexistent" }))
end)

test.case("where none was prepared, none makes the CA", function(t)
  t.eq(gatechild.ask "x", false)
  t.fails("invalid", gatechild.answer())
end)

test.case("one that is planted later makes the CA, too, and has both its files", function(t)
  assert(gatechild.plant(assert(self.path())))
  t.eq(gatechild.prepared(), true)
  t.eq(gatechild.ask "late", true)
  local pem, fingerprint = assert(gatechild.answer())
  t.has(pem, "BEGIN CERTIFICATE")
  t.eq(#fingerprint, 64)
  local config <const> = "mode: strict\napi_allowlist: [a.test]\ntls_interception: {enabled: true, "
    .. "ca_cert: /proc/self/fd/5, ca_key: /proc/self/fd/6}\n"
  local gate <close> = assert(gatechild.open({ "bottle", "gate", "--check", "--config",
    "/proc/self/fd/4" }, { config }, {}))
  local _, why = gate:ready(15000)
  t.eq(why, "gate: ended without a word") -- what is wrong it would have said
end)
