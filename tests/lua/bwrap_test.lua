local bwrap <const> = require "bottle.bwrap"
local fs <const> = require "bottle.fs"
local scratch <const> = require "bottle.scratch"
local test <const> = require "bottle.test"

test.case("a guard makes what is missing, says what to cover, and takes it away", function(t)
  local dir <close> = assert(scratch.open())
  local guard = assert(bwrap.guard(dir:path(), { ".git/hooks/", ".envrc" }))
  t.eq(table.concat(guard:paths(), " "), ("%s/.git/hooks %s/.envrc"):format(dir:path(), dir:path()))
  t.eq(table.concat(guard:parents(), " "), dir:path() .. "/.git")
  t.eq(fs.exists(dir:path() .. "/.envrc"), true)
  guard:close()
  guard:close()
  t.eq(fs.exists(dir:path() .. "/.git"), false)
  t.raises("guard is closed", function() return guard:paths() end)
end)

test.case("the first process of a sandbox lies beside this binary", function(t)
  t.eq(fs.exists(assert(bwrap.init())), true)
end)

test.case("a program that is no bubblewrap is refused", function(t)
  t.fails("invalid", bwrap.version "/bin/true")
end)

test.case("paths must be a list of words", function(t)
  t.raises("want string", function() return bwrap.guard("/tmp", { 1 }) end)
end)
