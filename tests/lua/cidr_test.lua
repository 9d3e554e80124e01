local test <const> = require "bottle.test"
local cidr <const> = require "bottle.cidr"

test.case("a prefix is spelt one way or refused with a suggestion", function(t)
  t.eq(cidr.parse "2001:DB8:0::/32", "2001:db8::/32")
  local _, message = cidr.parse "172.18.0.5"
  t.eq(message:find("172.18.0.5/32", 1, true) ~= nil, true)
  t.fails("invalid", cidr.parse "0.0.0.0/0")
end)

test.case("containment sees through IPv4-mapped addresses", function(t)
  t.eq(cidr.contains("172.18.0.0/16", "::ffff:172.18.3.4"), true)
  t.eq(cidr.contains("172.18.0.0/16", "172.19.3.4"), false)
  t.fails("invalid", cidr.contains("172.18.0.0/16", "x"))
end)

test.case("internal addresses are named, exceptions pass", function(t)
  t.eq(cidr.forbidden "169.254.169.254", "link-local or metadata service")
  t.eq(cidr.forbidden "1.1.1.1", false)
  t.eq(cidr.forbidden("172.18.0.5", { "172.18.0.0/16" }), false)
  t.fails("invalid", cidr.forbidden("172.18.0.5", { "172.18.0.5" }))
end)
