local task <const> = require "bottle.task"
local test <const> = require "bottle.test"

-- An engine whose calls take a number of polls and answer what they are told.
local function fake()
  local engine = { polls = 0, log = {} }
  function engine:begin(op, spec)
    if spec.refuse then return nil, spec.refuse, "invalid" end
    self.log[#self.log + 1] = op
    local due = self.polls + (spec.polls or 0)
    return { done = function() return self.polls >= due end,
      wait = function()
        if spec.fail then return nil, spec.fail, "io" end
        return spec.answer or true
      end }
  end
  function engine:poll()
    self.polls = self.polls + 1
    if self.stop_at and self.polls >= self.stop_at then return nil, "interrupted", "interrupted" end
    return 1
  end
  return engine
end

test.case("outside of all a call simply waits", function(t)
  t.eq(task.call(fake(), "ping", { answer = "pong" }), "pong")
end)

test.case("calls of two functions are under way at the same time", function(t)
  local engine = fake()
  local function two(name)
    return function()
      task.call(engine, name .. "1", { polls = 3 })
      return task.call(engine, name .. "2", { polls = 3 })
    end
  end
  t.eq(task.all { two "a", two "b" }, true)
  t.eq(table.concat(engine.log, " "), "a1 b1 a2 b2")
  t.eq(engine.polls, 6)
end)

test.case("one all inside another holds up none of the outer jobs", function(t)
  local engine = fake()
  t.eq(task.all {
    function()
      return task.all {
        function() return task.call(engine, "in1", { polls = 4 }) end,
        function() return task.call(engine, "in2", { polls = 4 }) end,
      }
    end,
    function()
      task.call(engine, "out1", { polls = 1 })
      return task.call(engine, "out2", { polls = 1 })
    end,
  }, true)
  t.eq(table.concat(engine.log, " "), "in1 in2 out1 out2")
  t.eq(engine.polls, 4)
end)

test.case("a failure lets the others end and is then reported", function(t)
  local engine, ended = fake(), false
  local ok, msg, code = task.all {
    function() return task.call(engine, "a", { fail = "broken" }) end,
    function()
      task.call(engine, "b", { polls = 5 })
      ended = true
      return true
    end }
  t.eq(ok, nil)
  t.eq(msg, "broken")
  t.eq(code, "io")
  t.eq(ended, true)
end)

test.case("a stop ends what is under way, in all of them", function(t)
  local engine = fake()
  engine.stop_at = 2
  local function job()
    return task.call(engine, "long", { polls = 1000, fail = "interrupted" })
  end
  local ok, msg = task.all { job, job }
  t.eq(ok, nil)
  t.eq(msg, "interrupted")
  t.eq(engine.polls, 2)
end)

test.case("an error raised in one is raised after the others ended", function(t)
  local engine, ended = fake(), false
  local ok, err = pcall(task.all, {
    function() error({ message = "no" }, 0) end,
    function()
      task.call(engine, "b", { polls = 2 })
      ended = true
      return true
    end })
  t.eq(ok, false)
  t.eq(err.message, "no")
  t.eq(ended, true)
end)

test.case("a row of calls stops at the first failure and says whose it is", function(t)
  local engine = fake()
  local ok, msg = task.calls(engine, "gate x", { "a", {} }, { "b", { fail = "full" } }, { "c", {} })
  t.eq(ok, nil)
  t.eq(msg, "gate x: full")
  t.eq(table.concat(engine.log, " "), "a b")
end)
