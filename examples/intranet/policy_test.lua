local test <const> = require "bottle.test"
local try <const> = require "bottle.try"

local site <const> = try.new("examples/intranet/policy.lua", "examples/intranet/bottle.json")

test.case("the intranet is open to every bottle, at any depth, and its apex is not", function(t)
  t.eq(site:verdict "wiki.acme.example", "allow")
  t.eq(select(2, site:verdict "a.b.acme.example"), "acme/intranet")
  t.eq(site:verdict "acme.example", "deny")
  t.eq(site:verdict "wiki.acme.example:8443", "deny")
  t.eq(site:verdict "registry.acme.example:8443", "allow")
  t.eq(site:verdict "github.com", "allow")
end)
