local test <const> = require "bottle.test"
local sig <const> = require "bottle.sig"
local proc <const> = require "bottle.proc"

local function stop(number)
  assert(proc.run { "sh", "-c", "kill -" .. number .. " $PPID" })
end

test.case("a stop is pending, interrupts waits, and is taken", function(t)
  t.eq(sig.install(), true)
  t.eq(sig.pending(), nil)
  t.eq(sig.sleep(1), true)
  sig.hold(true) -- or it would interrupt the very run that sends it
  stop "TERM"
  t.eq(sig.pending(), nil)
  t.eq(sig.noted(), 15)
  t.eq(sig.sleep(1), true)
  sig.hold(false)
  t.eq(sig.pending(), 15)
  t.fails("interrupted", sig.sleep(60000))
  t.fails("interrupted", proc.run { "sleep", "60" })
  t.eq(sig.take(), 15)
  t.eq(sig.pending(), nil)
  t.eq(sig.noted(), nil)
end)

test.case("bad calls raise", function(t)
  t.raises("bad argument", sig.hold)
  t.raises("out of range", sig.sleep, -1)
end)
