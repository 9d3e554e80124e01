--- With bubblewrap and user namespaces these run a sandbox; without, only the ways to say no.
local bwrap <const> = require "bottle.bwrap"
local cell <const> = require "bottle.cell"
local fs <const> = require "bottle.fs"
local scratch <const> = require "bottle.scratch"
local test <const> = require "bottle.test"

local env <const> = { "PATH=/usr/bin:/bin" }

local function open(lines, before)
  local path = bwrap.find()
  if not path then return end
  local view = { { kind = "ro", from = "/", to = "/" }, { kind = "proc", to = "/proc" },
    { kind = "dev", to = "/dev" }, { kind = "tmpfs", to = "/tmp", mode = 1023 },
    { kind = "ro", from = assert(bwrap.init()), to = "/tmp/init" } }
  for _, line in ipairs(lines or {}) do view[#view + 1] = line end
  local c = assert(cell.open { bwrap = path, init = "/tmp/init", view = view, before = before })
  return c:ready(5000) and c or nil
end

test.case("a command runs with input, output and status", function(t)
  local c <close> = open()
  if not c then return end
  local out, err, code = c:run { argv = { "sh", "-s" }, env = env,
    input = "cat; echo no >&2; exit 9" }
  t.eq(code, 9)
  t.eq(out, "")
  t.eq(err, "no\n")
end)

test.case("words before bubblewrap's run it, as a program that sets limits does", function(t)
  local c <close> = open({}, { "/usr/bin/nice", "-n", "7" })
  if not c then return end
  local out = c:run { argv = { "nice" }, env = env }
  t.eq(tonumber(out) >= 7, true)
end)

test.case("limits are set once, and bind what runs from then on", function(t)
  local c <close> = open()
  if not c then return end
  assert(c:limit { memory = 1 << 30, pids = 77 })
  local out = c:run { argv = { "sh", "-c", "ulimit -d; grep -h 'Max processes' /proc/self/limits" },
    env = env }
  t.eq(out:match "^%d+", "1048576")
  t.eq(out:match "Max processes%s+(%d+)", "77")
  t.eq((c:limit {}), nil)
end)

test.case("files go in and come out, and content can be part of the view", function(t)
  local c <close> = open { { kind = "data", to = "/tmp/given", data = "given", mode = 292 } }
  if not c then return end
  t.eq(c:get "/tmp/given", "given")
  assert(c:put("/tmp/x/y", "bytes\0more", 384))
  t.eq(c:get "/tmp/x/y", "bytes\0more")
  t.fails("notfound", c:get "/tmp/none")
  t.eq(c:mkdir "/tmp/z", true)
  t.fails("invalid", c:get "/tmp/z")
end)

test.case("a folder is copied in, if it is the one that was meant", function(t)
  local c <close> = open { { kind = "tmpfs", to = "/tmp/copy", mode = 493 } }
  if not c then return end
  local s <close> = assert(scratch.open())
  local from = s:path()
  assert(fs.mkdir_p(from .. "/d/e"))
  assert(fs.write(from .. "/d/e/f", "text", 416))
  assert(fs.write(from .. "/skipped", "no"))
  local st = assert(fs.stat(from))
  local bytes, files = c:copy(from, "/tmp/copy", { dev = st.dev, ino = st.ino, skip = "skipped" })
  t.eq(bytes, 4)
  t.eq(files, 3)
  t.eq(c:get "/tmp/copy/d/e/f", "text")
  t.fails("notfound", c:get "/tmp/copy/skipped")
  t.fails("denied", c:copy(from, "/tmp/copy", { dev = st.dev, ino = st.ino + 1 }))
  t.raises("nope", c.copy, c, from, "/tmp", { nope = 1 })
end)

test.case("a name is found by others, and only once", function(t)
  local c <close> = open()
  if not c then return end
  local slug = "test-" .. tostring(c):match "0x(%x+)"
  assert(c:name(slug))
  local other <close> = open()
  t.fails("exists", other:name(slug))
  t.eq(table.concat(cell.names(), " "):find(slug, 1, true) ~= nil, true)
end)

test.case("who is not there cannot be talked to", function(t)
  t.fails("notfound", cell.connect "no-such-bottle")
end)

test.case("a closed cell is a bad call, and so is a wrong field", function(t)
  t.raises("unknown field", function() return cell.open { bwrap = "x", vieww = {} } end)
  local c = open()
  if not c then return end
  c:close()
  c:close()
  t.raises("cell is closed", function() return c:ready(1) end)
end)

test.case("a view that makes no sense is refused", function(t)
  for _, line in ipairs { { kind = "ro", to = "x" }, { kind = "odd", to = "/x" } } do
    t.fails("invalid", cell.open { bwrap = "/bin/bwrap", init = "/i", view = { line } })
  end
end)
