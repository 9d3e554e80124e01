local hardening <const> = require "bottle.docker.hardening"
local test <const> = require "bottle.test"

test.case("sizes are bytes, with k, m and g", function(t)
  t.eq(hardening.bytes "512m", 512 << 20)
  t.eq(hardening.bytes "4G", 4 << 30)
  t.eq(hardening.bytes "10kb", 10 << 10)
  t.eq(hardening.bytes(1048576), 1048576)
  t.eq(hardening.bytes "lots", nil)
end)

test.case("nothing said is the strictest: no capability, no new privileges, no core", function(t)
  local host = hardening.host({}, {})
  t.eq(host.CapDrop[1], "ALL")
  t.eq(#host.CapAdd, 0)
  t.eq(host.SecurityOpt[1], "no-new-privileges")
  t.eq(host.Ulimits[1].Name, "core")
  t.eq(host.Ulimits[1].Hard, 0)
  t.eq(host.Privileged, false)
end)

test.case("the plan's limits win over the defaults and fit the engine's CPUs", function(t)
  local host = hardening.host({ memory = "1g", cpus = 8, cap_add = { "CHOWN" } },
    { memory = "4g", pids = 64 }, 2)
  t.eq(host.Memory, 1 << 30)
  t.eq(host.MemorySwap, 1 << 30)
  t.eq(host.PidsLimit, 64)
  t.eq(host.NanoCpus, 2000000000)
  t.eq(host.CapAdd[1], "CHOWN")
end)
