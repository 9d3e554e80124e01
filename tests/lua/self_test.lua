local test <const> = require "bottle.test"
local fs <const> = require "bottle.fs"
local proc <const> = require "bottle.proc"
local scratch <const> = require "bottle.scratch"
local self <const> = require "bottle.self"

test.case("the program, its libraries and its Lua are files that are there", function(t)
  t.eq(fs.exists(assert(self.path())), true)
  t.eq(fs.exists(self.share() .. "/lua/bottle/test.lua"), true)
  local libraries = self.libraries()
  for _, path in ipairs(libraries) do t.eq(fs.exists(path), true) end
  t.has(table.concat(libraries, " "), "libc.so")
  t.has(table.concat(libraries, " "), "/ld-")
end)

test.case("what the engine alone needs is among them only where its module is named", function(t)
  local engine = assert(self.engine())
  t.has(engine, "/bottle-gate.so")
  t.eq(table.concat(self.libraries(), " "):find("libcrypto", 1, true), nil)
  local all = table.concat(self.libraries(engine), " ")
  t.has(all, "libcrypto")
  t.has(all, "libc.so")
end)

test.case("what a module brought in later is not among the program's libraries", function(t)
  local before = table.concat(self.libraries(), " ")
  t.eq(type(require "bottle.docker".connect), "function")
  t.eq(table.concat(self.libraries(), " "), before)
  for _, name in ipairs { "libcurl", "libarchive", "libxml2", "libkrb5", "libldap" } do
    t.eq(before:find(name, 1, true), nil)
  end
end)

test.case("without its module's file a command says where it was looked for", function(t)
  local s <close> = assert(scratch.open())
  local dir = s:path()
  assert(fs.mkdir_p(dir .. "/bin"))
  assert(fs.mkdir_p(dir .. "/share"))
  assert(proc.run { "cp", assert(self.path()), dir .. "/bin/bottle" })
  assert(proc.run { "ln", "-s", self.share(), dir .. "/share/bottle" })
  local out = assert(proc.run({ dir .. "/bin/bottle", "image", "ls" }, { stderr = "capture" }))
  t.eq(out.code, 125)
  t.has(out.stderr, "bottle.docker: bottle-docker.so is neither in " .. dir .. "/bin/")
  out = assert(proc.run({ dir .. "/bin/bottle", "gate", "--config", "x" }, { stderr = "capture" }))
  t.eq(out.code, 125)
  t.has(out.stderr, "bottle-gate.so is neither in " .. dir .. "/bin/")
end)
