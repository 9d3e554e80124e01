local test <const> = require "bottle.test"
local try <const> = require "bottle.try"

local site <const> = try.new("examples/pinned/policy.lua", "examples/pinned/bottle.json")

test.case("the pinned host passes unopened, others are opened", function(t)
  t.eq(site:tls "pinned.acme.example", "passthrough")
  t.eq(site:tls "other.acme.example", "intercept")
  local passed = site:config().tls_interception.passthrough_domains
  t.has(table.concat(passed, " "), "pinned.acme.example")
end)
