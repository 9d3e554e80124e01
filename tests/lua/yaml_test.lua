local test <const> = require "bottle.test"
local json <const> = require "bottle.json"
local yaml <const> = require "bottle.yaml"

test.case("a manifest reads as its JSON twin does", function(t)
  local y = assert(yaml.decode [[
agents:
  impl:
    skills: [review, "12"]   # comment
    prompt: |
      one
      two
    retries: 3
    supervise: false
    image: ~
]])
  t.same(y, { agents = { impl = { skills = { "review", "12" }, prompt = "one\ntwo\n", retries = 3,
    supervise = false, image = json.null } } })
  t.eq(yaml.null, json.null)
end)

test.case("what is written reads back the same", function(t)
  local v = { s = { "yes", "0644", "1:30", "", " x", "é\n", "~", "a: b", "- x" }, e = json.array(),
    o = {}, n = { 1, -2.5, 1e300, 1 << 40 }, z = json.null, ["true"] = true }
  local text = assert(yaml.encode(v))
  t.same(assert(yaml.decode(text)), v)
  t.eq(yaml.encode(assert(yaml.decode(text))), text)
  t.eq(json.is_array(assert(yaml.decode(text)).e), true)
end)

test.case("a bad document is a bad world with its place", function(t)
  local v, msg, code = yaml.decode "a: 1\nb: *x\n"
  t.eq(v, nil)
  t.has(msg, "line 2 column 4: aliases are not taken")
  t.eq(code, "invalid")
  t.fails("invalid", yaml.decode "a: 1\na: 2\n")
  t.fails("invalid", yaml.decode "a: !x 1\n")
  t.fails("invalid", yaml.encode { "\xff" })
  t.raises("no document holds a function", yaml.encode, { print })
end)

test.case("positions give the line of each path", function(t)
  local _, lines = yaml.decode("a:\n  b:\n  - x\n  - y\n", { positions = true })
  t.eq(lines["a.b[2]"], 4)
  t.eq(lines.a, 2)
end)
