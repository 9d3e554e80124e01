local event_text <const> = require "bottle.event_text"
local test <const> = require "bottle.test"

test.case("an event becomes time, verdict, place and reason", function(t)
  local line = event_text.line('{"ts":"2026-11-22T01:02:03.004Z","event":"request",' ..
    '"verdict":"block","scanner":"allowlist","host":"evil.test","port":443,' ..
    '"method":"CONNECT","status":403,' ..
    '"reason":"domain not in allowlist"}')
  t.eq(line, "01:02:03 block   evil.test:443 CONNECT 403  allowlist: domain not in allowlist")
end)

test.case("M05: what an agent put into an event cannot drive a terminal", function(t)
  local line = event_text.line '{"verdict":"block","host":"a\\u001b[31mb\\u202ec"}'
  t.eq(line:find("\27", 1, true), nil)
  t.eq(line:find("\\x1b[31m", 1, true) ~= nil, true)
  t.eq(line:find("\226\128\174", 1, true), nil)
end)

test.case("a line that is no event is shown as it is", function(t)
  t.eq(event_text.line "plain words", "plain words")
end)
