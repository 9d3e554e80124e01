local test <const> = require "bottle.test"
local try <const> = require "bottle.try"

local site <const> = try.new("examples/denylist/policy.lua", "examples/denylist/bottle.json")

test.case("shut wins, also over a manifest that names the host", function(t)
  t.eq(site:verdict "wiki.acme.example", "allow")
  local verdict, rule = site:verdict "vault.acme.example"
  t.eq(verdict, "deny")
  t.eq(rule, "acme/vault")
  t.eq(site:verdict "db.prod.acme.example", "deny")
end)

test.case("both engines are told in the same key", function(t)
  t.eq(site:config().fetch_proxy.monitoring.blocklist[2], "vault.acme.example")
end)
