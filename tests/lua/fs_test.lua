local test <const> = require "bottle.test"
local fs <const> = require "bottle.fs"
local scratch <const> = require "bottle.scratch"

test.case("what is written is read back, 0600 unless asked otherwise", function(t)
  local s <close> = assert(scratch.open())
  local path = s:path() .. "/f"
  t.eq(fs.write(path, "a\0b"), true)
  t.eq(fs.read(path), "a\0b")
  t.eq(assert(fs.stat(path)).mode, 384)
  assert(fs.write(path, "", 420))
  t.eq(fs.read(path), "")
  t.eq(assert(fs.stat(path)).mode, 420)
  assert(fs.append(path, "x"))
  assert(fs.append(path, "y"))
  t.eq(fs.read(path), "xy")
  t.fails("limit", fs.read(path, 1))
  t.eq(fs.read(path, 2), "xy")
  t.fails("exists", fs.create(path, "z"))
  t.eq(fs.create(path .. "2", "z", 420), true)
  t.eq(fs.read(path .. "2"), "z")
  t.eq(assert(fs.stat(path .. "2")).mode, 420)
end)

test.case("folders are made, listed and removed with all in them", function(t)
  local s <close> = assert(scratch.open())
  local dir = s:path() .. "/a/b"
  t.eq(fs.mkdir_p(dir), true)
  t.eq(fs.mkdir_p(dir), true)
  assert(fs.write(dir .. "/2", ""))
  assert(fs.write(dir .. "/1", ""))
  t.same(fs.list(dir), { "1", "2" })
  t.eq(assert(fs.stat(dir)).type, "dir")
  t.eq(assert(fs.realpath(dir .. "/../b")), assert(fs.realpath(dir)))
  t.eq(fs.remove(dir .. "/1"), true)
  t.fails("sys", fs.remove(dir))
  t.eq(fs.remove_tree(s:path() .. "/a"), true)
  t.eq(fs.exists(dir), false)
  t.eq(fs.remove_tree(dir), true)
end)

test.case("what is not there is notfound, for each function", function(t)
  for _, f in ipairs { "read", "list", "stat", "lstat", "realpath", "remove" } do
    t.fails("notfound", fs[f] "/nonexistent/x")
  end
  t.fails("notfound", fs.write("/nonexistent/x", ""))
  t.eq(fs.exists "/nonexistent/x", false)
  t.eq(fs.writable "/nonexistent/x", false)
  t.eq(fs.writable(assert(fs.realpath(os.getenv "TMPDIR" or "/tmp"))), true)
end)

test.case("stat has ids and times; lstat does not follow", function(t)
  local st = assert(fs.stat "/proc/self/exe")
  t.eq(st.type, "file")
  t.eq(assert(fs.lstat "/proc/self/exe").type, "link")
  for _, f in ipairs { "size", "uid", "gid", "mtime", "ino", "dev" } do
    t.eq(math.type(st[f]), "integer")
  end
end)

test.case("bad calls raise", function(t)
  t.raises("NUL in a path", fs.read, "a\0b")
  t.raises("permission bits", fs.write, "/nonexistent/x", "", 1 << 20)
  t.raises("out of range", fs.read, "x", -1)
end)
