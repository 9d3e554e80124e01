--- With bubblewrap and user namespaces sandboxes are begun; without there is nothing to see.
local ahead <const> = require "bottle.native.ahead"
local bwrap <const> = require "bottle.bwrap"
local fs <const> = require "bottle.fs"
local scope <const> = require "bottle.native.scope"
local test <const> = require "bottle.test"

local here <const> = assert(fs.realpath ".")
local project <const> = { { type = "bind", source = here, target = here, guard = { ".envrc" } } }

local function begin(opts)
  local begun = ahead.begin { opts = opts, rest = { "sh" } }
  local usable = begun.cell and begun.cell:ready(10000)
  return usable and not scope.find() and bwrap.find() and begun
end

test.case("what was begun is taken where the plan wants just that", function(t)
  local begun <close> = begin {}
  if not begun then return end
  local taken = ahead.take(project)
  t.eq(rawequal(taken.cell, begun.cell), true)
  t.eq(taken.cell:look(here), true)
  taken.cell:close()
end)

test.case("where it wants other mounts, or a scope, another is begun and that one ends", function(t)
  for _, wanted in ipairs { {}, { { source = here, target = here, read_only = true } },
    { { source = here, target = "/elsewhere" } } } do
    local begun <close> = begin {}
    if not begun then return end
    local taken = ahead.take(wanted)
    t.eq(rawequal(taken.cell, begun.cell), false)
    t.raises("cell is closed", begun.cell.look, begun.cell, "/")
    t.eq(taken.cell:ready(10000), true)
    taken.cell:close()
  end
  local begun <close> = begin {}
  local taken = ahead.take(project, { "/usr/bin/nice" })
  t.eq(rawequal(taken.cell, begun.cell), false)
  taken.cell:close()
end)

test.case("one that nobody takes is ended", function(t)
  local begun = begin { cwd = "none" }
  if not begun then return end
  getmetatable(begun).__close()
  t.raises("cell is closed", begun.cell.look, begun.cell, "/")
end)
