local explain <const> = require "bottle.explain"
local policy <const> = require "bottle.policy"
local test <const> = require "bottle.test"

local function registry(allow, deny, pass)
  local r = policy.new()
  local function point(name, list)
    r:point(name, { kind = "fold", value = "hosts" })
    r:rule(name, { id = "test", run = function() return list end })
  end
  point("allowlist", allow)
  point("denylist", deny or {})
  point("passthrough", pass or {})
  return r
end

local r <const> = registry({ "api.good.test", "*.wild.test", "odd.test:8443", "pass.test" },
  { "x.wild.test" }, { "pass.test" })

local function ask(text) return explain.ask(r, {}, text) end

test.case("an allowed host says by which entry, rule and place", function(t)
  local v = ask "API.Good.test."
  t.eq(v.verdict, "allow")
  t.eq(v.entry, "api.good.test")
  t.eq(v.rule, "test")
  t.has(v.file, "explain_test.lua")
  t.eq(v.tls, "intercept")
  t.eq(ask "pass.test".tls, "passthrough")
end)

test.case("URLs, ports and brackets are understood", function(t)
  t.eq(ask "https://api.good.test/a?b#c".port, 443)
  t.eq(ask "http://api.good.test".port, 80)
  t.eq(ask "odd.test:8443".verdict, "allow")
  t.eq(ask "[::1]:443".host, "::1")
  t.raises("only http and https", ask, "ftp://api.good.test/")
  t.raises("is not a port", ask, "api.good.test:70000")
  t.raises("user@api.good.test", ask, "https://user@api.good.test/")
end)

test.case("a refusal says what is near", function(t)
  t.eq(ask "evil.test".reason, "domain not in allowlist: evil.test")
  t.has(ask "api.good.test:22".reason, "api.good.test (ports 80 and 443) is")
  t.has(ask "odd.test".reason, "odd.test:8443 is")
  t.has(ask "wild.test".reason, "*.wild.test does not stand for wild.test itself")
end)

test.case("shut wins over allowed", function(t)
  t.eq(ask "a.wild.test".verdict, "allow")
  local v = ask "x.wild.test"
  t.eq(v.verdict, "deny")
  t.eq(v.point, "denylist")
end)

test.case("the text holds verdict, rule and place", function(t)
  t.has(explain.text(ask "a.wild.test"), "allow  a.wild.test:443  in the allowlist\n")
  t.has(explain.text(ask "a.wild.test"), "*.wild.test, by allowlist rule test (")
end)
