local gatevm <const> = require "bottle.gatevm"
local test <const> = require "bottle.test"

local good <const> = [[require "policy".rule("request", { id = "a", run = function() end })]]

test.case("a file of rules is taken, and so is none", function(t)
  t.eq(gatevm.check { { path = "/site/a.lua", text = good } }, true)
  t.eq(gatevm.check {}, true)
end)

test.case("what only the other VM has is named with its place", function(t)
  local ok, msg, code = gatevm.check { { path = "/site/a.lua", text = good },
    { path = "/site/b.lua", text = "\nlocal f = io.open 'x'" } }
  t.eq(ok, nil)
  t.has(msg, "b.lua:2:")
  t.eq(code, "script")
end)

test.case("a file that does not end is refused", function(t)
  local ok, msg = gatevm.check { { path = "/site/a.lua", text = "while true do end" } }
  t.eq(ok, nil)
  t.has(msg, "budget spent")
end)

test.case("an id twice, over two files, is refused", function(t)
  local ok, msg = gatevm.check { { path = "a.lua", text = good }, { path = "b.lua", text = good } }
  t.eq(ok, nil)
  t.has(msg, "rule a exists already")
end)

test.case("a bad call raises", function(t)
  t.raises("table", gatevm.check, "x")
  t.raises("string", gatevm.check, { { path = "a.lua" } })
end)
