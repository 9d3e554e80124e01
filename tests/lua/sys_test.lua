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

test.case("a variable that is forgotten is gone, for programs and for /proc, too", function(t)
  local fs <const> = require "bottle.fs"
  local proc <const> = require "bottle.proc"
  local exe <const> = assert(fs.realpath "/proc/self/exe")
  local dir <close> = assert(require "bottle.scratch".open())
  local file = dir:path() .. "/forget_test.lua"
  assert(fs.write(file, [[
    local sys, t = require "bottle.sys", require "bottle.test"
    t.case("forgotten", function(c)
      c.eq(os.getenv "FORGET_ME", "a value to forget")
      sys.forget "FORGET_ME"
      sys.forget "FORGET_ME"
      sys.forget "NEVER_THERE"
      c.eq(os.getenv "FORGET_ME", nil)
      local f <close> = assert(io.open "/proc/self/environ")
      local all = f:read "a"
      c.eq(all:find("a value to forget", 1, true), nil)
      c.has(all, "KEEP_ME=still here")
    end)]]))
  local done = assert(proc.run({ exe, "test", file }, {
    env = { FORGET_ME = "a value to forget", KEEP_ME = "still here" } }))
  t.eq(done.code, 0, done.stdout .. done.stderr)
  t.raises("string expected", sys.forget)
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
