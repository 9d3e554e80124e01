local test <const> = require "bottle.test"
local proc <const> = require "bottle.proc"
local fs <const> = require "bottle.fs"
local scratch <const> = require "bottle.scratch"

test.case("run gives the status and both streams", function(t)
  local r = assert(proc.run { "sh", "-c", "echo out; echo err >&2; exit 3" })
  t.eq(r.code, 3)
  t.eq(r.signal, nil)
  t.eq(r.stdout, "out\n")
  t.eq(r.stderr, "err\n")
end)

test.case("a signal shows as such and as 128 + its number", function(t)
  local r = assert(proc.run { "sh", "-c", "kill -9 $$" })
  t.eq(r.signal, 9)
  t.eq(r.code, 137)
end)

test.case("input reaches the child and is then closed", function(t)
  local text = ("x"):rep(300000)
  t.eq(assert(proc.run({ "cat" }, { input = text })).stdout, text)
  t.eq(assert(proc.run({ "cat" }, { input = "" })).stdout, "")
  t.eq(assert(proc.run { "cat" }).stdout, "", "standard input is empty unless asked for")
end)

test.case("a child that does not read its input is no failure", function(t)
  t.eq(assert(proc.run({ "true" }, { input = ("x"):rep(300000) })).code, 0)
end)

test.case("arguments are not seen by a shell", function(t)
  t.eq(assert(proc.run { "printf", "%s|", "a b", "$(id)", "" }).stdout, "a b|$(id)||")
end)

test.case("env adds, replaces and removes; clear_env begins with nothing", function(t)
  local r = assert(proc.run({ "sh", "-c", "echo $A-$HOME-${PATH:+p}" },
    { env = { A = "1", HOME = false } }))
  t.eq(r.stdout, "1--p\n")
  r = assert(proc.run({ "/usr/bin/env" }, { env = { A = "1" }, clear_env = true }))
  t.eq(r.stdout, "A=1\n")
  r = assert(proc.run({ "/usr/bin/env" }, { clear_env = true }))
  t.eq(r.stdout, "")
end)

test.case("cwd is where it starts; a missing one is notfound", function(t)
  t.eq(assert(proc.run({ "pwd" }, { cwd = "/" })).stdout, "/\n")
  t.fails("notfound", proc.run({ "pwd" }, { cwd = "/nonexistent" }))
end)

test.case("a program that is not there is notfound and named", function(t)
  local ok, msg, code = proc.run { "bottle-no-such-program" }
  t.eq(ok, nil)
  t.has(msg, "bottle-no-such-program")
  t.eq(code, "notfound")
  t.fails("notfound", proc.spawn { "/nonexistent/x" })
end)

test.case("too much output is limit, too long is timeout; both end the child", function(t)
  t.fails("limit", proc.run({ "sh", "-c", "while :; do echo x; done" }, { max = 100 }))
  t.fails("timeout", proc.run({ "sleep", "60" }, { timeout = 30 }))
  t.eq(assert(proc.run({ "printf", "12345" }, { max = 5 })).stdout, "12345")
end)

test.case("a grandchild that keeps the pipe open does not hold run", function(t)
  local r = assert(proc.run({ "sh", "-c", "sleep 5 & echo done" }, { timeout = 3000 }))
  t.eq(r.stdout, "done\n")
end)

test.case("stderr can follow stdout, and both can go to files", function(t)
  local s <close> = assert(scratch.open())
  local path = s:path() .. "/log"
  local r = assert(proc.run({ "sh", "-c", "echo a; echo b >&2" },
    { stdout_file = path, stderr = "stdout" }))
  t.eq(r.stdout, "")
  t.eq(fs.read(path), "a\nb\n")
  t.eq(fs.stat(path).mode, 384)
end)

test.case("spawn, wait, kill: each tells its end, also twice", function(t)
  local p <close> = assert(proc.spawn({ "sleep", "60" }, { stdout = "null" }))
  t.eq(math.type(p:pid()), "integer")
  t.fails("timeout", p:wait(10))
  t.eq(p:kill(), true)
  t.eq(assert(p:wait(5000)).signal, 15)
  t.eq(assert(p:wait(0)).signal, 15)
  t.eq(p:kill(), true)
end)

test.case("leaving the scope ends the child", function(t)
  local start, pid
  do
    local p <close> = assert(proc.spawn { "sleep", "60" })
    pid = p:pid()
    start = assert(assert(fs.read("/proc/" .. pid .. "/stat"))
      :match "^.*%) %S (.*)")
    local fields = {}
    for w in start:gmatch "%S+" do fields[#fields + 1] = w end
    start = math.tointeger(fields[19])
    t.eq(proc.alive(pid, start), true)
    t.eq(proc.alive(pid, start + 1), false)
  end
  t.eq(proc.alive(pid, start), false)
end)

test.case("a child gets the default signals back", function(t)
  local sig <const> = require "bottle.sig"
  assert(sig.install())
  local r = assert(proc.run { "grep", "SigIgn", "/proc/self/status" })
  local mask = tonumber(r.stdout:match "%x+%s*$", 16)
  t.eq(mask & 1 << 12, 0, "SIGPIPE")
end)

test.case("no descriptor of ours is open in a child", function(t)
  local f <close> = assert(io.open "/dev/null")
  t.eq(io.type(f), "file")
  t.eq(assert(proc.run { "ls", "/proc/self/fd" }).stdout, "0\n1\n2\n3\n") -- 3: the folder
end)

test.case("self names this very process", function(t)
  local me = assert(proc.self())
  t.eq(proc.alive(me.pid, me.start), true)
  t.eq(proc.alive(me.pid, me.start + 1), false)
  t.eq(proc.alive(0, 0), false)
end)

test.case("which finds programs, not folders and not the current folder", function(t)
  t.has(assert(proc.which "sh"), "/sh")
  t.eq(proc.which "/bin/sh", "/bin/sh")
  t.fails("notfound", proc.which "/")
  t.fails("notfound", proc.which "bottle-no-such-program")
end)

test.case("bad calls raise", function(t)
  t.raises("no program", proc.run, {})
  t.raises("want string", proc.run, { "a", 1 })
  t.raises("NUL", proc.run, { "a\0b" })
  t.raises("unknown field 'colour'", proc.run, { "a" }, { colour = 1 })
  t.raises("field 'stdout'", proc.run, { "a" }, { stdout = "nowhere" })
  t.raises("want string or false", proc.run, { "a" }, { env = { A = 1 } })
  local p = assert(proc.spawn { "true" })
  p:close()
  p:close()
  t.raises("closed", p.wait, p)
end)

test.case("what was started is gathered later", function(t)
  local p <close> = assert(proc.spawn({ "sh", "-c", "echo out; echo err >&2; exit 3" },
    { stdout = "capture", stderr = "capture" }))
  local done = assert(p:collect(60000))
  t.eq(done.code, 3)
  t.eq(done.stdout, "out\n")
  t.eq(done.stderr, "err\n")
end)
