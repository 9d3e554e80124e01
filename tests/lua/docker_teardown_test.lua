local fs <const> = require "bottle.fs"
local scratch <const> = require "bottle.scratch"
local teardown <const> = require "bottle.docker.teardown"
local test <const> = require "bottle.test"

local function placeholders(dir)
  local items = {}
  for i, name in ipairs { "/d", "/d/f", "/full", "/gone" } do
    items[i] = { kind = "placeholder", name = dir .. name }
  end
  return items
end

test.case("placeholders go if they are still empty, the last made first", function(t)
  local s <close> = assert(scratch.open())
  local dir = s:path()
  assert(fs.mkdir_p(dir .. "/d"))
  assert(fs.write(dir .. "/d/f", ""))
  assert(fs.write(dir .. "/full", "somebody's"))
  local clean = teardown.all(nil, "x", placeholders(dir), function() end)
  t.eq(clean, true)
  t.eq(fs.exists(dir .. "/d"), false)
  t.eq(fs.read(dir .. "/full"), "somebody's")
end)

test.case("without an engine its things are reported and nothing is forgotten", function(t)
  local said = {}
  local clean = teardown.all(nil, "x", { { kind = "network", name = "n" } },
    function(item, ok, msg) said[#said + 1] = ("%s %s %s"):format(item.name, ok, msg) end)
  t.eq(clean, false)
  t.eq(said[1], "n nil no engine answers")
end)

test.case("what another engine holds is left for that one", function(t)
  local engine = { endpoint = function() return { url = "unix:///here" } end }
  local why
  local clean = teardown.all(engine, "x", { { kind = "container", name = "c",
    extra = { engine = "unix:///there" } } }, function(_, _, msg) why = msg end)
  t.eq(clean, false)
  t.eq(why, "its engine is at unix:///there")
end)

test.case("what is gone already is a success", function(t)
  local engine = { endpoint = function() return { url = "unix:///here" } end,
    begin = function() return { done = function() return true end,
      wait = function() return nil, "no such container", "notfound" end } end,
    poll = function() return 1 end }
  local clean = teardown.all(engine, "x", { { kind = "container", name = "c" },
    { kind = "network", name = "n" }, { kind = "folder", name = "/nonexistent/x" } },
    function() end)
  t.eq(clean, true)
end)

test.case("a placeholder of git's commondir goes too, unless somebody wrote another into it",
  function(t)
    local s <close> = assert(scratch.open())
    local path = s:path() .. "/.git/commondir"
    local item = { { kind = "placeholder", name = path } }
    assert(fs.mkdir_p(s:path() .. "/.git"))
    assert(fs.write(path, ".\n"))
    teardown.all(nil, "x", item, function() end)
    t.eq(fs.exists(path), false)
    assert(fs.write(path, "")) -- its maker was killed before it held anything
    teardown.all(nil, "x", item, function() end)
    t.eq(fs.exists(path), false)
    assert(fs.write(path, "a\n"))
    teardown.all(nil, "x", item, function() end)
    t.eq(fs.read(path), "a\n")
  end)
