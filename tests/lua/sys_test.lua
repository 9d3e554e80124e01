local test <const> = require "bottle.test"
local sys <const> = require "bottle.sys"
local term <const> = require "bottle.term"
local log <const> = require "bottle.log"

test.case("random text is base 32, as long as asked for, and never the same", function(t)
  local seen = {}
  for _ = 1, 50 do
    local r = assert(sys.random(12))
    t.eq(#r, 12)
    t.eq(r:find "[^a-z2-7]", nil)
    t.eq(seen[r], nil)
    seen[r] = true
  end
  t.eq(#assert(sys.random(256)), 256)
  t.raises("want 1 to 256", sys.random, 0)
  t.raises("want 1 to 256", sys.random, 257)
end)

test.case("the clock does not go back; time is that of os.time", function(t)
  local a = sys.clock()
  t.eq(sys.clock() >= a, true)
  t.eq(math.abs(sys.time() - os.time()) <= 1, true)
  t.eq(#sys.hostname() > 0, true)
  t.eq(math.type(sys.uid()), "integer")
  t.eq(math.type(sys.gid()), "integer")
end)

test.case("a pipe is no terminal: no size, no colour", function(t)
  local proc <const> = require "bottle.proc"
  t.eq(type(term.isatty(0)), "boolean")
  t.eq(term.isatty(999), false)
  t.eq(term.color(999), false)
  t.fails("notfound", term.size(999))
  t.raises("not a descriptor", term.isatty, -1)
  t.eq(assert(proc.run { "true" }).code, 0)
end)

test.case("a step where nobody looks is shown nowhere and closes twice", function(t)
  local proc <const> = require "bottle.proc"
  local step <close> = term.step "nothing to see"
  t.eq(assert(proc.run { "true" }).code, 0)
  step:close()
  step:close()
  t.raises("string expected", term.step)
end)

test.case("log takes a format and raises on a bad call", function(t)
  log.debug("test", "not shown %d", 1)
  t.raises("number expected", log.error, "test", "%d", "x")
  t.raises("bad argument", log.warn, "test")
  t.raises("bad argument", log.debug, nil, "x")
end)
