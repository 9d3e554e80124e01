local test <const> = require "bottle.test"
local ledger <const> = require "bottle.ledger"
local proc <const> = require "bottle.proc"
local scratch <const> = require "bottle.scratch"

test.case("pending lists what is to be undone, newest first, with what the undo needs", function(t)
  local s <close> = assert(scratch.open())
  local dir = s:path() .. "/ledger"
  local l <close> = assert(ledger.open(dir, "impl-abc12"))
  t.eq(l:intend("network", "n", { id = "x", list = { 1, 2 } }), true)
  t.eq(l:done("network", "n"), true)
  t.eq(l:intend("container", "c"), true)
  t.same(l:pending(), {
    { kind = "container", name = "c", done = false },
    { kind = "network", name = "n", done = true, extra = { id = "x", list = { 1, 2 } } },
  })
  t.eq(l:undone("container", "c"), true)
  t.eq(#l:pending(), 1)
  local me = assert(proc.self())
  t.eq(l:owner().pid, me.pid)
  t.eq(l:owner().start, me.start)
end)

test.case("scan tells the live from the dead and detached; adopt takes the dead", function(t)
  local s <close> = assert(scratch.open())
  local dir = s:path() .. "/ledger"
  t.same(ledger.scan(dir), {})
  local live <close> = assert(ledger.open(dir, "live"))
  do
    local l <close> = assert(ledger.open(dir, "dead"))
    assert(l:intend("network", "n"))
    assert(l:detach())
  end
  local found = assert(ledger.scan(dir))
  t.eq(#found, 2)
  t.eq(found[1].slug, "dead")
  t.eq(found[1].alive, false)
  t.eq(found[1].detached, true)
  t.eq(found[1].pending[1].name, "n")
  t.eq(found[2].slug, "live")
  t.eq(found[2].alive, true)
  t.fails("exists", ledger.adopt(dir, "live"))
  t.fails("notfound", ledger.adopt(dir, "other"))
  local a <close> = assert(ledger.adopt(dir, "dead"))
  assert(a:undone("network", "n"))
  a:close()
  t.eq(#assert(ledger.scan(dir)), 1)
  t.eq(#live:pending(), 0)
end)

test.case("a taken slug, a bad slug and a bad folder are bad worlds", function(t)
  local s <close> = assert(scratch.open())
  local l <close> = assert(ledger.open(s:path(), "a"))
  t.eq(#l:pending(), 0)
  t.fails("exists", ledger.open(s:path(), "a"))
  t.fails("invalid", ledger.open(s:path(), "../a"))
  t.fails("notfound", ledger.open("/proc/nonexistent/x", "a"))
end)

test.case("bad calls raise", function(t)
  local s <close> = assert(scratch.open())
  local l = assert(ledger.open(s:path(), "a"))
  t.raises("extra: ", l.intend, l, "a", "b", print)
  t.fails("invalid", l:intend("a", "\xff"))
  l:close()
  l:close()
  t.raises("ledger is closed", l.intend, l, "a", "b")
end)
