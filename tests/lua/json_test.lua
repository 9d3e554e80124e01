local test <const> = require "bottle.test"
local json <const> = require "bottle.json"

test.case("values come through: integers, floats, null, empty arrays and objects", function(t)
  local v = assert(json.decode '{"i":12,"f":1.5,"z":null,"a":[],"o":{},"s":"\\u00e9","b":[true]}')
  t.eq(math.type(v.i), "integer")
  t.eq(math.type(v.f), "float")
  t.eq(v.z, json.null)
  t.eq(tostring(json.null), "null")
  t.eq(v.s, "é")
  t.eq(json.is_array(v.a), true)
  t.eq(json.is_array(v.o), false)
  t.eq(json.encode(v), '{"a":[],"b":[true],"f":1.5,"i":12,"o":{},"s":"é","z":null}')
end)

test.case("large integers keep their digits going out", function(t)
  t.eq(json.encode { math.maxinteger, 1 << 53 }, "[9223372036854775807,9007199254740992]")
  t.eq(json.encode(3.0), "3")
end)

test.case("a table with something at 1 or the mark is an array", function(t)
  t.eq(json.encode { { "a" }, {}, json.array(), json.array {} }, '[["a"],{},[],[]]')
  t.eq(json.is_array "x", false)
end)

test.case("pretty text is indented by two and ends in a newline", function(t)
  t.eq(json.encode({ b = 1, a = { 2 } }, { pretty = true }),
    '{\n  "a": [\n    2\n  ],\n  "b": 1\n}\n')
end)

test.case("a bad document is a bad world with its place", function(t)
  local v, msg, code = json.decode '{"a": 1,\n "a": 2}'
  t.eq(v, nil)
  t.eq(msg, "line 2 column 7: duplicate key 'a'")
  t.eq(code, "invalid")
  t.fails("limit", json.decode(("["):rep(65)))
  t.fails("invalid", json.decode "")
end)

test.case("what a document cannot say is a bad world that names where", function(t)
  local v, msg, code = json.encode { a = { "ok", "\xff" } }
  t.eq(v, nil)
  t.has(msg, "a[2]: byte 1 is not UTF-8")
  t.eq(code, "invalid")
  t.fails("invalid", json.encode(0 / 0))
  t.fails("invalid", json.encode { ["a\0b"] = 1 })
  local deep = {}
  for _ = 1, 70 do deep = { deep } end
  t.fails("limit", json.encode(deep))
end)

test.case("bad calls raise and say where", function(t)
  t.raises("a.b: no document holds a function", json.encode, { a = { b = print } })
  t.raises("holes", json.encode, { 1, nil, 3, n = nil })
  t.raises("not 1 to 1", json.encode, { 1, x = 2 })
  t.raises("want a string", json.encode, { [2.5] = 1 })
  t.raises("unknown field 'prety'", json.encode, {}, { prety = true })
  t.raises("bad argument", json.decode)
end)

test.case("positions give the line of each path, and path spells the same", function(t)
  local v, lines = json.decode('{"agents":\n{"a.b":[1,\n2]}}', { positions = true })
  t.eq(v.agents["a.b"][2], 2)
  t.eq(lines[""], 1)
  t.eq(lines.agents, 2)
  local path = json.path(json.path(json.path("", "agents"), "a.b"), 2)
  t.eq(path, 'agents["a.b"][2]')
  t.eq(lines[path], 3)
  t.eq(json.path("", "impl-er_1"), "impl-er_1")
end)
