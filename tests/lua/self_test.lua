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
  t.has(table.concat(libraries, " "), "libcrypto")
  t.has(table.concat(libraries, " "), "/ld-")
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
end)
