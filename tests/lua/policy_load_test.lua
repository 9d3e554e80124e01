local fs <const> = require "bottle.fs"
local load <const> = require "bottle.policy_load"
local paths <const> = require "bottle.paths"
local scratch <const> = require "bottle.scratch"
local test <const> = require "bottle.test"

-- A world with its own operator folders.
local function world(fn)
  local s <close> = assert(scratch.open())
  local config, system = paths.config, load.system_folder
  paths.config = function() return s:path() .. "/me" end
  load.system_folder = s:path() .. "/etc"
  local ok, err = pcall(fn, s:path())
  paths.config, load.system_folder = config, system
  if not ok then error(err, 0) end
end

local function put(path, text, mode)
  assert(fs.mkdir_p(paths.folder(path)))
  assert(fs.write(path, text, mode or 420))
end

local function adds(id)
  return ('require "policy".rule("allowlist", { id = "%s", run = function() ' ..
    'return { "%s.example" } end })'):format(id, id)
end

local function ids(registry)
  local out = {}
  for i, rule in ipairs(registry:rules "allowlist") do out[i] = rule.id end
  return table.concat(out, " ")
end

test.case("the shipped chain loads, with its rules in order", function(t)
  world(function()
    local r = load.load "default"
    t.eq(ids(r), "defaults bottle routes supervise")
    local steps = {}
    for i, rule in ipairs(r:steps "provision") do steps[i] = rule.id end
    t.eq(table.concat(steps, " "), "ca prompt skills ssh git")
    t.eq((r:first("engine", {})), nil)
    t.eq((load.load "pipelock":first("engine", {})), "pipelock")
  end)
end)

test.case("operator folders come before the policy, the system's first, in name order", function(t)
  world(function(dir)
    put(dir .. "/etc/20.lua", adds "e20")
    put(dir .. "/etc/10.lua", adds "e10")
    put(dir .. "/me/policies.d/a.lua", adds "me")
    put(dir .. "/me/policies.d/.hidden.lua", "error 'loaded'")
    put(dir .. "/me/policies.d/notes.txt", "error 'loaded'")
    put(dir .. "/p/acme.lua", adds "acme")
    local r = load.load(dir .. "/p/acme.lua")
    t.eq(ids(r), "defaults bottle routes supervise e10 e20 me acme")
    t.eq(r.path, dir .. "/p/acme.lua")
  end)
end)

test.case("a policy that others can write is refused, and so is its folder", function(t)
  world(function(dir)
    put(dir .. "/p/acme.lua", adds "acme", 438)
    t.raises("can be written by others %(mode 0666%): not loaded", load.load, dir .. "/p/acme.lua")
    assert(fs.mkdir_p(dir .. "/q"))
    put(dir .. "/q/acme.lua", adds "acme")
    os.execute("chmod 0777 " .. dir .. "/q")
    t.raises("its folder .* can be written by others", load.load, dir .. "/q/acme.lua")
    put(dir .. "/q/mine/acme.lua", adds "acme")
    t.raises("its folder .*/q can be written by others", load.load, dir .. "/q/mine/acme.lua")
  end)
end)

test.case("a policy that does not compile, or fails, says where", function(t)
  world(function(dir)
    put(dir .. "/p/x.lua", "local =")
    t.raises("x.lua:1: ", load.load, dir .. "/p/x.lua")
    put(dir .. "/p/y.lua", "\n\nrequire 'policy'.rule('allowlst', {})")
    t.raises("y.lua:3: no point allowlst %(did you mean allowlist", load.load, dir .. "/p/y.lua")
    put(dir .. "/p/z.lua", "\27Lua")
    t.raises("attempt to load a binary chunk", load.load, dir .. "/p/z.lua")
  end)
end)

test.case("a name that is no shipped policy is told the nearest one", function(t)
  world(function()
    t.raises("no policy defalt %(did you mean default%?%)", load.load, "defalt")
    t.raises("no such policy file", load.load, "./nope.lua")
  end)
end)

test.case("a reload builds a fresh registry beside the old one", function(t)
  world(function(dir)
    put(dir .. "/p/acme.lua", adds "one")
    local old = load.load(dir .. "/p/acme.lua")
    put(dir .. "/p/acme.lua", adds "two")
    local new = load.load(dir .. "/p/acme.lua")
    t.has(ids(old), "one")
    t.eq(ids(new), "defaults bottle routes supervise two")
  end)
end)

test.case("the digest follows the contents of every file", function(t)
  world(function(dir)
    put(dir .. "/p/acme.lua", adds "one")
    local a = load.digest(load.load(dir .. "/p/acme.lua"))
    t.eq(a, load.digest(load.load(dir .. "/p/acme.lua")))
    put(dir .. "/me/policies.d/b.lua", "-- nothing")
    t.eq(a == load.digest(load.load(dir .. "/p/acme.lua")), false)
  end)
end)
