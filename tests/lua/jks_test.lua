local jks <const> = require "bottle.jks"
local test <const> = require "bottle.test"

local one <const> = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n"

test.case("the roots and one more are entries of a store", function(t)
  local alone, both = assert(jks.write(one)), assert(jks.write(one, one))
  t.eq(alone:sub(1, 12), "\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1")
  t.eq(both:sub(9, 12), "\0\0\0\2")
end)

test.case("a certificate that is cut off is a bad world", function(t)
  t.fails("invalid", jks.write(one:sub(1, 40)))
end)
