local schema <const> = require "bottle.schema"
local test <const> = require "bottle.test"

local function texts(shape, v, options)
  local out = {}
  for i, p in ipairs(schema.check(shape, v, options)) do out[i] = schema.text(p) end
  return table.concat(out, "\n")
end

local agent <const> = schema.record({ skills = schema.list(schema.string()),
  port = schema.integer(), on = schema.boolean() }, { required = { "skills" } })
local root <const> = schema.record { agents = schema.map(agent) }

test.case("a document that fits has no problem", function(t)
  t.eq(texts(root, { agents = { a = { skills = { "x" }, port = 1, on = false } } }), "")
end)

test.case("a wrong type is named with its path", function(t)
  t.eq(texts(root, { agents = { implementer = { skills = { "a", 2 } } } }),
    "agents.implementer.skills[2]: want string, got number")
  t.eq(texts(root, { agents = { a = { skills = { b = 1 } } } }),
    "agents.a.skills: want list, got object")
  t.eq(texts(root, { agents = { a = { skills = {}, port = 1.5 } } }),
    "agents.a.port: want integer, got number")
end)

test.case("an unknown key is named with the nearest known one", function(t)
  t.eq(texts(root, { agents = { a = { skills = {}, prot = 1 } } }),
    "agents.a.prot: unknown key (did you mean port?)")
end)

test.case("every problem is told, in the order of the keys", function(t)
  t.eq(texts(root, { agents = { b = {}, a = { skills = 1 } }, zz = 1 }),
    "agents.a.skills: want list, got number\nagents.b.skills: is missing\n" ..
    "zz: unknown key")
end)

test.case("a record may take unknown keys with a warning", function(t)
  local problems = schema.check(schema.record({}, { unknown = "warn" }), { later = 1 })
  t.eq(#problems, 1)
  t.eq(problems[1].warning, true)
end)

test.case("a place is told where the decoder knows it", function(t)
  t.eq(texts(root, { agents = { a = { skills = 1 } } }, { file = "bottle.json",
    at = function(path) return path == "agents.a.skills" and 7 or nil end }),
    "bottle.json:7: agents.a.skills: want list, got number")
end)

test.case("a name that is no plain word is quoted in the path", function(t)
  t.eq(texts(schema.map(schema.string()), { ["a.b c"] = 1 }), '["a.b c"]: want string, got number')
end)

test.case("one of several types, and a word out of a list", function(t)
  local either = schema.either({ string = schema.string(), table = schema.record {} }, "a or b")
  t.eq(texts(either, 4), "want a or b, got number")
  t.eq(texts(schema.enum { "block", "warn" }, "wran"),
    'want block or warn, got "wran" (did you mean warn?)')
end)
