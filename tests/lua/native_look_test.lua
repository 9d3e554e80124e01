--- Is the agent's command where a native bottle will look for it?
local fs <const> = require "bottle.fs"
local look <const> = require "bottle.native.look"
local scratch <const> = require "bottle.scratch"
local self <const> = require "bottle.self"
local test <const> = require "bottle.test"

-- A folder with a program, a text, and a link that leads out of it.
local function folder(fn)
  local s <close> = assert(scratch.open())
  local dir = assert(fs.realpath(s:path()))
  assert(fs.write(dir .. "/tool", "#!/bin/sh\n", 493))
  assert(fs.write(dir .. "/text", "x", 420))
  fn(dir)
end

local function plan(command, mounts) return { command = { command }, mounts = mounts or {} } end

local function asked(command, mounts, env) return look.command(plan(command, mounts), env or {}) end

test.case("a program of the system and one that a mount shows are there", function(t)
  folder(function(dir)
    t.eq(asked "sh", nil)
    t.eq(asked "/usr/bin/env", nil)
    t.eq(asked "/bin/sh", nil)
    local shown = { { source = dir, target = "/opt/tools", read_only = true } }
    t.eq(asked("/opt/tools/tool", shown), nil)
    t.eq(asked("tool", shown, { PATH = "/usr/bin:/opt/tools" }), nil)
  end)
end)

test.case("what is nowhere is named, with where it was looked for and what to do", function(t)
  local found = asked "no-such-agent"
  t.has(found.text, "command: no-such-agent is not in the bottle: looked in /usr/local/sbin:")
  t.has(found.text, "install it, or put its folder into your PATH")
  t.eq(found.status, 127)
  t.has(asked("/opt/no/such/agent").text, "/opt/no/such/agent is not there")
  t.has(asked("sh", {}, { PATH = "/opt/nothing" }).text, "the PATH of the bottle's env does not")
end)

test.case("what is here and not in the box says which rule shows it", function(t)
  local me = assert(self.path()) -- in a checkout; an installed one is of the system
  local dir = me:match "^(.*)/"
  t.eq(asked(me, { { source = dir, target = dir, read_only = true } }), nil)
  if not dir:find "^/usr/" and not dir:find "^/tmp/" and not dir:find "^/var/" then
    t.has(asked(me).text, "is here, but not in the bottle: show its folder with a mounts rule")
  end
end)

test.case("a file that is no program is refused as a shell does", function(t)
  folder(function(dir)
    local found = asked("/opt/tools/text", { { source = dir, target = "/opt/tools" } })
    t.has(found.text, "/opt/tools/text is not a program")
    t.eq(found.status, 126)
  end)
end)

test.case("what a step may still put in place is not judged", function(t)
  folder(function(dir)
    t.eq(asked "/home/agent/bin/x", nil)
    t.eq(asked "./x", nil)
    t.eq(asked("x", {}, { PATH = "/home/agent/bin:/usr/bin" }), nil)
    t.eq(asked("/work/x", { { source = dir, target = "/work" } }), nil)
    t.has(asked("/work/x", { { source = dir, target = "/work", read_only = true } }).text,
      "/work/x is not there")
  end)
end)
