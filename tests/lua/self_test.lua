local test <const> = require "bottle.test"
local fs <const> = require "bottle.fs"
local self <const> = require "bottle.self"

test.case("the program, its libraries and its Lua are files that are there", function(t)
  t.eq(fs.exists(assert(self.path())), true)
  t.eq(fs.exists(self.share() .. "/lua/bottle/test.lua"), true)
  local libraries = self.libraries()
  for _, path in ipairs(libraries) do t.eq(fs.exists(path), true) end
  t.has(table.concat(libraries, " "), "libcurl")
  t.has(table.concat(libraries, " "), "/ld-")
end)
