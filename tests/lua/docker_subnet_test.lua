local subnet <const> = require "bottle.docker.subnet"
local test <const> = require "bottle.test"

test.case("a pool is cut into /28s with the gateway, the gate and the agent in order", function(t)
  local at = subnet.candidate(assert(subnet.pool "10.9.8.7/26"), "x", 0)
  local third, last = at.subnet:match "^10%.9%.8%.(%d+)/28$"
  t.eq(third ~= nil, true)
  t.eq(last, nil)
  t.eq(tonumber(third) % 16, 0)
  t.eq(at.gateway, ("10.9.8.%d"):format(third + 1))
  t.eq(at.gate, ("10.9.8.%d"):format(third + 2))
  t.eq(at.agent, ("10.9.8.%d"):format(third + 3))
end)

test.case("the same slug begins at the same place and its next tries are others", function(t)
  local pool = assert(subnet.pool "10.213.0.0/16")
  local seen = {}
  for n = 0, 63 do
    local at = subnet.candidate(pool, "implementer-x", n).subnet
    t.eq(seen[at], nil)
    seen[at] = true
  end
  t.eq(subnet.candidate(pool, "implementer-x", 0).subnet,
    subnet.candidate(pool, "implementer-x", 0).subnet)
end)

test.case("a pool that is none is a bad world", function(t)
  for _, text in ipairs { "", "10.0.0.0", "10.0.0.0/27", "10.0.0.0/7", "10.0.0.256/16", "::/64" } do
    t.fails("invalid", subnet.pool(text))
  end
end)
