local test <const> = require "bottle.test"
local try <const> = require "bottle.try"

local site <const> = try.new("examples/internal/policy.lua", "examples/internal/bottle.json")

test.case("the service is named, placed, let through and trusted", function(t)
  local config = site:config()
  t.eq(site:verdict "git.acme.example", "allow")
  t.eq(config.gate.resolve["git.acme.example"][1], "10.20.0.7")
  t.eq(config.ssrf.ip_allowlist[1], "10.20.0.7/32")
  t.eq(site.plan.egress.roots[1], "/etc/acme/root.pem")
end)

test.case("nothing beside it is opened", function(t)
  t.eq(#site:config().ssrf.ip_allowlist, 1)
end)
