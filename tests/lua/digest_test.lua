local digest <const> = require "bottle.digest"
local test <const> = require "bottle.test"

test.case("sha256 of bytes is 64 hexadecimal digits, a NUL being a byte like any other", function(t)
  t.eq(digest.sha256 "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  t.eq(digest.sha256 "\0" == digest.sha256 "", false)
end)

test.case("a value that is not bytes is a bad call", function(t)
  t.raises("string expected", digest.sha256, {})
end)
