-- hosts.lua - fold 1,000,000 hosts from a policy, and match against them. Run: bottle test hosts.lua
local host <const> = require "bottle.host"
local policy <const> = require "bottle.policy"
local test <const> = require "bottle.test"

local N <const>, LOOKUPS <const> = 1000000, 2000000

test.case("figures", function()
  local names = {}
  for i = 1, N do names[i] = ("h%07d.zone%d.example.org"):format(i, i % 977) end
  local r = policy.new()
  r:point("allowlist", { kind = "fold", value = "hosts" })
  r:rule("allowlist", { id = "bench/all", run = function() return names end })
  local t0 = os.clock()
  local folded = r:fold("allowlist", {}):items()
  local fold = os.clock() - t0
  assert(#folded == N)
  local set = host.set()
  assert(set:add(names, "bench"))
  t0 = os.clock()
  for i = 1, LOOKUPS do set:has(names[i % N + 1], 443) end
  local hit = os.clock() - t0
  t0 = os.clock()
  for i = 1, LOOKUPS do local _ = names[i % N + 1] end
  local loop = os.clock() - t0
  io.stderr:write(("   fold of %d hosts with provenance: %.2f s (goal 1)\n"):format(N, fold))
  io.stderr:write(("   match: %.0f ns, the Lua call included (goal 200)\n"):format(
    (hit - loop) / LOOKUPS * 1e9))
end)
