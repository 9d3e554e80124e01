local test <const> = require "bottle.test"
local complete <const> = require "bottle.repl.complete"
local eval <const> = require "bottle.repl.eval"
local moved <const> = require "bottle.repl.moved"
local policy <const> = require "bottle.policy"
local repl <const> = require "bottle.repl"
local session <const> = require "bottle.repl.session"
local show <const> = require "bottle.repl.show"

local function unguarded() end
local function run(text, env) return eval.run(text, env or _G, unguarded) end

test.case("an expression gives its value, a statement runs", function(t)
  local env = {}
  t.eq(run("1 + 1", env).values[1], 2)
  t.eq(run("x = 3", env).ok, true)
  t.eq(env.x, 3)
end)

test.case("half a statement asks for more; a wrong one says what is wrong", function(t)
  t.eq(run("for i = 1, 3 do").more, true)
  local bad = run "x ="
  t.eq(bad.more, true)
  t.eq(run("1 +").more, true)
  bad = run "1 +* 2"
  t.eq(bad.more, false)
  t.has(bad.message, "unexpected symbol")
end)

test.case("an error shows its message, also where it is a table", function(t)
  t.has(run "error 'boom'".message, "boom")
  t.eq(run("error{ message = 'told' }").message, "told")
end)

test.case("values are shown with keys in order and control bytes escaped", function(t)
  t.eq(show.value { b = 1, a = "x\27y", 7 }, '{ 7, a = "x\\27y", b = 1 }')
  t.eq(show.value(nil), "nil")
  local loop = {}
  loop.me = loop
  t.has(show.value(loop), "seen above")
end)

test.case("help is told with its parentheses and without them", function(t)
  local said = ""
  local env = repl.environment({ out = function(s) said = said .. s end }, print)
  t.eq(run("help()", env).ok, true)
  t.has(said, 'explain "host:port"')
  t.eq(show.value(run("help", env).values[1]) .. "\n", said)
end)

test.case("Tab offers names along a dotted path without calling anything", function(t)
  local env = { plan = { egress = { allowlist = {}, alpha = 1 } } }
  local list, stem = complete.candidates(env, { "plan", "print" }, {}, "x = plan.egress.al")
  t.eq(table.concat(list, " "), "allowlist alpha")
  t.eq(stem, "al")
  t.eq(complete.insert({ "plan" }, "pl", print), "an")
end)

test.case("Tab inside the string of rules offers points", function(t)
  local list = complete.candidates({}, {}, { rules = { "allowlist", "roots" } }, 'rules "al')
  t.eq(table.concat(list, " "), "allowlist")
end)

test.case("several candidates with nothing to add are listed", function(t)
  local seen = ""
  local got = complete.insert({ "rest", "roots" }, "r", function(s) seen = seen .. s end)
  t.eq(got, nil)
  t.has(seen, "rest  roots")
end)

local function plan_of(hosts)
  local list = {}
  for i, h in ipairs(hosts) do list[i] = { host = h, source = "acme/x" } end
  return { slug = tostring(hosts), egress = { allowlist = list } }
end

test.case("what moved names the host and the rule that brought it", function(t)
  local lines = moved.lines(plan_of { "a.test", "b.test" }, plan_of { "b.test", "c.test" })
  t.same(lines, { "- egress.allowlist: a.test (acme/x)", "+ egress.allowlist: c.test (acme/x)" })
end)

local function registry_with(...)
  local r = policy.new()
  r:point("allowlist", { kind = "fold", value = "hosts" })
  r:point("dlp", { kind = "first" })
  local hosts = { ... }
  r:rule("allowlist", { id = "acme/x", run = function() return hosts end })
  r:rule("dlp", { id = "acme/dlp", run = function() return "warn" end })
  return { registry = r, bottle = {}, plan = plan_of(hosts) }
end

test.case("rules lists order, place and what each gave", function(t)
  local out = ""
  local s = session.open(function() return registry_with("b.test", "a.test") end,
    function(text) out = out .. text end)
  s:rules "allowlist"
  t.has(out, "1  acme/x")
  t.has(out, "repl_test.lua:")
  t.has(out, "a.test b.test")
  s:rules "dlp"
  t.has(out, '"warn"')
end)

test.case("reload swaps when it loads and keeps the old when it does not", function(t)
  local host, out = "a.test", ""
  local s = session.open(function()
    if not host then error "broken" end
    return registry_with(host)
  end, function(text) out = out .. text end)
  host = "b.test"
  s:reload()
  t.has(out, "+ egress.allowlist: b.test")
  host = nil
  t.raises("broken", s.reload, s)
  t.eq(s.now.plan.egress.allowlist[1].host, "b.test")
  host, out = "b.test", ""
  s:reload()
  t.eq(out, "nothing moved\n")
end)
