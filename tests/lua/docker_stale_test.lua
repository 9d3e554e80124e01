local cleanup <const> = require "bottle.cmd.cleanup"
local image <const> = require "bottle.image"
local stale <const> = require "bottle.docker.stale"
local test <const> = require "bottle.test"

local NOW <const> = 1800000000
local DAY <const> = 86400

local function name(digit) return "bottle-gate:" .. digit:rep(16) end

local function one(id, created, ...)
  return { Id = "sha256:" .. id, RepoTags = { ... }, Size = 30, Created = created }
end

local function fake(images, containers, removed)
  return {
    image_list = function(_, spec)
      assert(spec.label == "io.bottle.image=gate", "images without bottle's label were asked for")
      return images
    end,
    container_list = function(_, spec)
      assert(spec.all, "a stopped container holds its image, too")
      return containers
    end,
    image_remove = function(_, spec)
      assert(not spec.force, "forced")
      removed[#removed + 1] = spec.id
      if spec.id == "sha256:taken" then return nil, "used by a container", "exists" end
      if spec.id == "sha256:gone" then return nil, "no such image", "notfound" end
      if spec.id == "sha256:bad" then return nil, "disk", "io" end
      return true
    end,
  }
end

local function names(images, containers)
  local out = {}
  for i, found in ipairs(assert(stale.find(fake(images, containers or {}), NOW))) do
    out[i] = found.name
  end
  return table.concat(out, " ")
end

test.case("gate images a day old are found, by either engine's name", function(t)
  t.eq(names { one("1", NOW - DAY, name "b"), one("2", 1, "localhost/" .. name "a") },
    name "a" .. " " .. name "b")
end)

test.case("younger ones, and ones of no known age, are kept", function(t)
  t.eq(names { one("1", NOW - DAY + 1, name "a"), one("2", NOW + DAY, name "b"),
    one("3", 0, name "c"), one("4", nil, name "d") }, "")
end)

test.case("what this program would take now is kept, however old", function(t)
  t.eq(names { one("1", 1, assert(image.current())), one("2", 1, name "a") }, name "a")
end)

test.case("what any container was made of is kept", function(t)
  t.eq(names({ one("1", 1, name "a"), one("2", 1, name "b"), one("3", 1, name "c") },
    { { ImageID = "sha256:1" }, { ImageID = "2" }, {} }), name "c")
end)

test.case("an image with another name, with more than one or with none is kept", function(t)
  t.eq(names { one("1", 1, "mine:latest"), one("2", 1, name "a", "mine:keep"), one("3", 1),
    one("4", 1, "<none>:<none>"), one("5", 1, "registry.test/" .. name "a"),
    one("6", 1, "bottle-gate:latest"), one("7", 1, name "g"), one("8", 1, name "a" .. "a"),
    one("9", 1, "bottle-gate-" .. name "a"), { Id = "sha256:10", Created = 1 } }, "")
end)

test.case("where the engine does not say what is in use, nothing is found", function(t)
  local engine = fake({ one("1", 1, name "a") })
  engine.container_list = function() return nil, "cut", "io" end
  t.fails("io", stale.find(engine, NOW))
  engine.image_list = engine.container_list
  t.fails("io", stale.find(engine, NOW))
end)

test.case("one that was taken in the meantime is kept, one that is gone frees nothing", function(t)
  local engine = fake({}, {}, {})
  t.eq(stale.remove(engine, { name = "n", id = "sha256:1", size = 30 }), 30)
  t.eq(stale.remove(engine, { name = "n", id = "sha256:gone", size = 30 }), 0)
  t.fails("exists", stale.remove(engine, { name = "n", id = "sha256:taken", size = 30 }))
end)

test.case("cleanup removes by id, and only a real failure is one", function(t)
  local removed = {}
  local images = { one("1", 1, name "a"), one("taken", 1, name "b"), one("gone", 1, name "c") }
  t.eq(cleanup.images(fake(images, {}, removed)), true)
  t.eq(table.concat(removed, " "), "sha256:1 sha256:taken sha256:gone")
  images[2].Id = "sha256:bad"
  t.eq(cleanup.images(fake(images, {}, removed)), false)
end)

test.case("a dry run removes no image", function(t)
  local removed = {}
  t.eq(cleanup.images(fake({ one("1", 1, name "a") }, {}, removed), true), true)
  t.eq(#removed, 0)
end)
