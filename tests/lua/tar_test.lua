local test <const> = require "bottle.test"
local tar <const> = require "bottle.tar"

test.case("equal entries give equal bytes, another mode gives others", function(t)
  local function hash(mode)
    local a <close> = assert(tar.build { { path = "etc/a", data = "1\0", mode = mode } })
    return a:sha256()
  end
  t.eq(hash(384), hash(384))
  t.eq(hash(384) ~= hash(420), true)
end)

test.case("what is not there, and a path that leads out, are a bad world", function(t)
  t.fails("sys", tar.build { { path = "a", file = "/nonexistent" } })
  t.fails("invalid", tar.build { { path = "../a", data = "" } })
end)

test.case("an entry with a typo, or with two contents, is a bad call", function(t)
  t.raises("unknown field", tar.build, { { path = "a", dta = "" } })
  t.raises("only one of", tar.build, { { path = "a", data = "", file = "/etc/hosts" } })
  t.raises("without a path", tar.build, { { data = "" } })
end)

test.case("a closed archive raises", function(t)
  local a = assert(tar.build { { path = "a" } })
  a:close()
  a:close()
  t.raises("closed", a.size, a)
end)
