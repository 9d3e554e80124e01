local owner <const> = require "bottle.owner"
local test <const> = require "bottle.test"

test.case("this process is live", function(t)
  t.eq(owner.state(owner.me()), "live")
  t.eq(type(owner.parse(owner.me()).pid), "number")
end)

test.case("the same number with another start time is dead", function(t)
  local me = owner.parse(owner.me())
  t.eq(owner.state(("%s %s %d %d"):format(me.host, me.boot, me.pid, me.start + 1)), "dead")
end)

test.case("what ran before the last boot is dead", function(t)
  local me = owner.parse(owner.me())
  t.eq(owner.state(("%s other-boot %d %d"):format(me.host, me.pid, me.start)), "dead")
end)

test.case("of another host, or of nothing readable, nothing is known", function(t)
  local me = owner.parse(owner.me())
  t.eq(owner.state(("x%s %s %d %d"):format(me.host, me.boot, me.pid, me.start)), "elsewhere")
  t.eq(owner.state "nonsense", "elsewhere")
  t.eq(owner.state(nil), "elsewhere")
end)

test.case("a detached bottle has no owner to die", function(t)
  t.eq(owner.state(owner.detached), "detached")
end)
