local near <const> = require "bottle.near"
local test <const> = require "bottle.test"

test.case("the nearest name is found, and nothing where none is near", function(t)
  t.eq(near.name("allowlst", { "allowlist", "denylist" }), "allowlist")
  t.eq(near.name("zzz", { "allowlist", "denylist" }), nil)
  t.eq(near.hint("Skils", { "skills" }), " (did you mean skills?)")
  t.eq(near.hint("x", {}), "")
end)

test.case("a name of a kilobyte is not compared at all", function(t)
  t.eq(near.name(("a"):rep(1000), { "a" }), nil)
end)
