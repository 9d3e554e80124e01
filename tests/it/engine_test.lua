--- bottle.docker on the engine that DOCKER_HOST names, with the harness's agent image.
local digest <const> = require "bottle.digest"
local docker <const> = require "bottle.docker"
local json <const> = require "bottle.json"
local scratch <const> = require "bottle.scratch"
local stale <const> = require "bottle.docker.stale"
local test <const> = require "bottle.test"

local run <const> = os.getenv "IT_RUN" or tostring(os.time())
local image <const> = os.getenv "IT_AGENT_IMAGE" or "bottle-test-agent:latest"
local engine <close> = assert(docker.connect())
local gate_tag <const> = "bottle-gate:" .. digest.sha256(run):sub(1, 16)
local cname <const>, nname <const> = "bottle-it-c-" .. run, "bottle-it-n-" .. run

local function box(script)
  engine:container_remove { id = cname }
  local c = assert(engine:container_create { name = cname, body = { Image = image,
    Cmd = { "sh", "-c", script }, HostConfig = { NetworkMode = "none", Init = true } } })
  assert(engine:container_start { id = c.id })
  return c.id
end

test.case("facts and version are told", function(t)
  t.has(engine:endpoint().api, "1.")
  t.eq(type(assert(engine:facts()).rootless), "boolean")
  t.eq(type(assert(engine:version()).ApiVersion), "string")
end)

test.case("a network is made, found by label, refused twice, removed", function(t)
  local label = "io.bottle.it=" .. run
  assert(engine:network_create { name = nname, body = { Internal = true,
    Labels = { ["io.bottle.it"] = run } } })
  t.fails("exists", engine:network_create { name = nname })
  t.eq(#assert(engine:network_list { label = label }), 1)
  t.eq(json.is_array(engine:network_list { label = "io.bottle.none=1" }), true)
  assert(engine:network_remove { id = nname })
  t.fails("notfound", engine:network_remove { id = nname })
end)

test.case("exec feeds stdin, tells the streams apart, gives the exit code", function(t)
  local id = box "sleep 60"
  local got = assert(engine:exec { id = id, cmd = { "sh", "-s" }, stdin = "echo a; echo b >&2; exit 7" })
  t.same(got, { stdout = "a\n", stderr = "b\n", code = 7 })
  local big = ("x"):rep(2000000) .. "\0end"
  t.eq(assert(engine:exec { id = id, cmd = { "cat" }, stdin = big }).stdout, big)
  t.fails("limit", engine:exec { id = id, cmd = { "cat" }, stdin = big, max = 100 })
  local missing = assert(engine:exec { id = id, cmd = { "no-such" } }).code
  t.eq(missing == 126 or missing == 127, true) -- Podman knows the shell's word for it
  t.fails("notfound", engine:exec { id = "no-such", cmd = { "true" } })
end)

test.case("calls that were begun together run at the same time", function(t)
  local id = box "sleep 60"
  -- Each ends only when all four have begun.
  local meet = [[: >"/tmp/begun.$1"; for n in $(seq 300); do
    [ "$(ls /tmp/begun.* | wc -l)" = 4 ] && exit; sleep 0.1; done; exit 1]]
  local calls = {}
  for i = 1, 4 do
    calls[i] = assert(engine:begin("exec", { id = id, cmd = { "sh", "-c", meet, "sh", "" .. i } }))
  end
  for _, call in ipairs(calls) do t.eq(assert(call:wait()).code, 0) end
  t.raises("taken", calls[1].wait, calls[1])
end)

test.case("files go in with their owners and come out; links that lead out do not", function(t)
  local id = box "sleep 60"
  assert(engine:archive_put { id = id, path = "/", entries = {
    { path = "opt/k/f", data = "s\0x", mode = 384, uid = 1234, gid = 77 },
    { path = "opt/k/out", link = "/etc/shadow" } } })
  t.eq(assert(engine:archive_get { id = id, path = "/opt/k/f" }), "s\0x")
  t.eq(assert(engine:archive_stat { id = id, path = "/opt/k/f" }).mode, 384)
  local ls = assert(engine:exec { id = id, cmd = { "stat", "-c", "%u:%g %a", "/opt/k/f" } })
  t.eq(ls.stdout, "1234:77 600\n")
  local s <close> = assert(scratch.open())
  t.fails("invalid", engine:archive_get { id = id, path = "/opt/k", to = s:path() })
  t.fails("limit", engine:archive_get { id = id, path = "/opt/k/f", max = 2 })
  t.fails("notfound", engine:archive_get { id = id, path = "/none" })
end)

test.case("a log is followed line by line, and read whole afterwards", function(t)
  local id = box "echo one; echo two >&2; sleep 1; echo three"
  local p <close> = assert(engine:begin("logs", { id = id, follow = true }))
  local seen = {}
  for line, stream in function() return p:read(20000) end do seen[line] = stream end
  t.same(seen, { one = "stdout", two = "stderr", three = "stdout" })
  t.eq(assert(engine:container_wait { id = id }).code, 0)
  t.eq(assert(engine:logs { id = id }).stdout, "one\nthree\n")
end)

test.case("a held input ends the program that reads it, held before the start too", function(t)
  local name = cname .. "-held"
  assert(engine:container_create { name = name, body = { Image = "bottle-test-agent:latest",
    OpenStdin = true, StdinOnce = true, HostConfig = { NetworkMode = "none" },
    Cmd = { "sh", "-c", "read -r word; echo got $word; read -r _; echo end" } } })
  local hold <close> = assert(engine:container_hold { id = name })
  assert(engine:container_start { id = name })
  local p <close> = assert(engine:begin("logs", { id = name, follow = true }))
  assert(hold:say "stay\n")
  t.eq(p:read(5000), "got stay")
  t.fails("timeout", p:read(100))
  hold:close()
  t.eq(p:read(5000), "end")
  t.raises("closed", hold.say, hold, "x")
  assert(engine:container_remove { id = name })
end)

test.case("what is already so is success; what is gone is notfound", function(t)
  local id = box "sleep 60"
  assert(engine:container_start { id = id })
  assert(engine:container_stop { id = id, grace = 0 })
  assert(engine:container_stop { id = id, grace = 0 })
  assert(engine:container_kill { id = id })
  assert(engine:container_remove { id = id })
  t.fails("notfound", engine:container_remove { id = id })
end)

-- Of all that is found a day and more from now only the one that is made here is touched.
test.case("an old gate image is found and goes, unless a container was made of it", function(t)
  local function found()
    for _, one in ipairs(assert(stale.find(engine, os.time() + 2 * 86400))) do
      if one.name == gate_tag then return one end
    end
  end
  assert(engine:image_import { tag = gate_tag, entries = { { path = "run", data = run } },
    changes = { "LABEL io.bottle.image=gate" } })
  local one = found()
  t.eq(one and one.name, gate_tag)
  local c = assert(engine:container_create { name = cname .. "-old",
    body = { Image = gate_tag, Cmd = { "x" } } })
  t.eq(found(), nil)
  t.fails("exists", stale.remove(engine, one))
  assert(engine:container_remove { id = c.id })
  t.eq(stale.remove(engine, one), one.size)
  t.eq(stale.remove(engine, one), 0)
  t.fails("notfound", engine:image_inspect { id = gate_tag })
end)

engine:container_remove { id = cname }
engine:container_remove { id = cname .. "-old" }
engine:image_remove { id = gate_tag }
