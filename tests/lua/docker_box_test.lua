local box <const> = require "bottle.docker.box"
local test <const> = require "bottle.test"

local passwd <const> = "root:x:0:0:root:/root:/bin/bash\nagent:x:1000:1001:A:/home/agent:/bin/sh\n"
local group <const> = "root:x:0:\nagent:x:1001:\nwheel:x:10:agent\n"

test.case("an image without a user runs as root", function(t)
  local user = assert(box.user("", passwd, group))
  t.eq(user.uid, 0)
  t.eq(user.home, "/root")
end)

test.case("a user is found by name and by number", function(t)
  for _, who in ipairs { "agent", "1000" } do
    local user = assert(box.user(who, passwd, group))
    t.eq(user.name, "agent")
    t.eq(user.gid, 1001)
    t.eq(user.home, "/home/agent")
  end
end)

test.case("a group of the image's own wins, by name and by number", function(t)
  t.eq(assert(box.user("agent:wheel", passwd, group)).gid, 10)
  t.eq(assert(box.user("agent:44", passwd, group)).gid, 44)
end)

test.case("a number without a line has / as home; a name without one is a bad world", function(t)
  local user = assert(box.user("4711", passwd, group))
  t.eq(user.uid, 4711)
  t.eq(user.home, "/")
  t.fails("invalid", box.user("nobody-here", passwd, group))
end)

test.case("~ is the home of the agent's user and a relative path is refused", function(t)
  local b = box.new({}, "x", assert(box.user("agent", passwd, group)))
  t.eq(b:path "~/.ssh/config", "/home/agent/.ssh/config")
  t.eq(b:path "~", "/home/agent")
  t.eq(b:path "/etc/x", "/etc/x")
  t.eq(pcall(b.path, b, "etc/x"), false)
end)
