local test <const> = require "bottle.test"
local docker <const> = require "bottle.docker"

test.case("no engine: the error says what was tried and what to do next", function(t)
  local engine, msg, code = docker.connect { host = "unix:///nonexistent/docker.sock" }
  t.eq(engine, nil)
  t.eq(code, "io")
  t.has(msg, "unix:///nonexistent/docker.sock: No such file or directory")
  t.has(msg, "systemctl start docker")
end)

test.case("a place that is none is refused with its source", function(t)
  t.fails("invalid", docker.connect { host = "ssh://somewhere" })
  t.fails("invalid", docker.connect { host = "docker.sock" })
  t.fails("invalid", docker.connect { host = "tcp://user@h:1" })
end)

test.case("an unknown option is a bad call", function(t)
  t.raises("unknown field", docker.connect, { hots = "x" })
end)
