local bottles <const> = require "bottle.bottles"
local test <const> = require "bottle.test"

-- An engine that holds these; the answers of a list come at once.
local function engine(containers, networks)
  return { begin = function(_, what)
    return { wait = function() return what == "container_list" and containers or networks end }
  end }
end

local function labels(slug) return { ["io.bottle.slug"] = slug, ["io.bottle.role"] = "agent" } end

test.case("a bottle is put together from the labels of its parts", function(t)
  local found = assert(bottles.find(engine(
    { { Names = { "/bottle-agent-a" }, Labels = labels "a", State = "running" },
      { Names = { "/bottle-gate-a" }, Labels = { ["io.bottle.slug"] = "a" } } },
    { { Name = "bottle-net-a", Labels = labels "a" } })))
  t.eq(table.concat(found.a.containers, " "), "bottle-agent-a bottle-gate-a")
  t.eq(found.a.networks[1], "bottle-net-a")
  t.eq(found.a.state, "running")
end)

test.case("what has the labels and not the name is not ours: an image may carry them", function(t)
  local found = assert(bottles.find(engine(
    { { Names = { "/postgres" }, Labels = labels "a", State = "running" },
      { Names = { "/bottle-agent-b" }, Labels = labels "a", State = "running" },
      { Names = { "/bottle-agent-c" }, Labels = labels "\27[2J" } },
    { { Name = "bridge2", Labels = labels "a" } })))
  t.eq(next(found), nil)
end)
