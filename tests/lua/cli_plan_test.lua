-- The commands as their users meet them: the product runs itself.
local fs <const> = require "bottle.fs"
local json <const> = require "bottle.json"
local proc <const> = require "bottle.proc"
local scratch <const> = require "bottle.scratch"
local test <const> = require "bottle.test"

local exe <const> = assert(fs.realpath "/proc/self/exe")

local function bottle(dir, ...)
  local done = assert(proc.run({ exe, ... }, { cwd = dir, timeout = 60000,
    env = { XDG_CONFIG_HOME = dir .. ".home/config", HOME = dir .. ".home", NO_COLOR = "1",
      BOTTLE_BACKEND = false, BOTTLE_PIPELOCK_IMAGE = false } }))
  return done.stdout, done.stderr, done.code
end

local function folder(fn)
  local s <close> = assert(scratch.open())
  assert(fs.write(s:path() .. "/bottle.json", [[{
    "bottles": { "d": { "egress": { "allowlist": ["api.good.test"] } } },
    "agents": { "a": { "bottle": "d", "image": "i:1", "command": ["true"] } } }]]))
  fn(s:path())
end

local function fails(t, status, what, dir, ...)
  local out, err, code = bottle(dir, ...)
  t.has(err, what)
  t.eq(code, status)
  t.eq(out, "")
  t.eq(select(2, err:gsub("\n", "")), 1)
end

test.case("a dry run prints one JSON object on stdout and nothing else, twice the same", function(t)
  folder(function(dir)
    local out, err, code = bottle(dir, "run", "default", "--name", "x", "--dry-run", "--format",
      "json")
    t.eq(err, "")
    t.eq(code, 0)
    local plan = assert(json.decode(out))
    t.eq(plan.slug, "x")
    t.eq(plan.prompt, json.null)
    t.eq(plan.egress.tls_interception.ca_fingerprint, json.null)
    t.eq((bottle(dir, "run", "default", "--name", "x", "--dry-run", "--format", "json")), out)
  end)
end)

test.case("without a terminal and without -y the answer is no", function(t)
  folder(function(dir)
    local out, err, code = bottle(dir, "run", "default")
    t.eq(code, 1)
    t.eq(out, "")
    t.has(err, "egress:          8 hosts allowed")
    t.has(err, "nothing was started")
  end)
end)

test.case("what is broken is one line with its place, and status 125", function(t)
  folder(function(dir)
    fails(t, 125, "no policy defualt (did you mean default?)", dir, "run", "defualt")
    fails(t, 125, "no agent b; it has a", dir, "run", "default", "b")
    fails(t, 125, "BOTTLE_PIPELOCK_IMAGE", dir, "run", "pipelock")
    fails(t, 2, "--name A", dir, "run", "default", "--name", "A")
    assert(fs.write(dir .. "/p.lua", "\nlocal x = = 1"))
    fails(t, 125, "p.lua:2:", dir, "run", "./p.lua")
    assert(fs.write(dir .. "/bottle.json",
      '{"bottles":{"d":{}},\n"agents":{"a":{"bottle":"d",\n"skills":["nope"]}}}'))
    fails(t, 125, "bottle.json:3: agents.a.skills[1]: no skill nope", dir, "run", "default", "-y")
    assert(fs.write(dir .. "/bottle.json", '{"bottles":{},\n"agents":{"a":{"botle":"d"}}}'))
    fails(t, 125, "bottle.json:2: agents.a.botle: unknown key (did you mean bottle?) " ..
      "(and 1 more: see bottle check)", dir, "run", "default")
  end)
end)

test.case("a supervisor is shown as missing by a dry run and refused by a run", function(t)
  folder(function(dir)
    assert(fs.write(dir .. "/bottle.json",
      [[{ "bottles": { "d": { "supervise": true } }, "agents": { "a": { "bottle": "d" } } }]]))
    local out, err, code = bottle(dir, "run", "default", "--dry-run")
    t.eq(out, "")
    t.has(err, "a run would stop: bottles.d.supervise")
    t.eq(code, 0)
    fails(t, 125, "supervise: this version has no supervisor", dir, "run", "default", "-y")
  end)
end)

test.case("routes are shown, and a credential that is nowhere ends it before the y/N", function(t)
  folder(function(dir)
    local text <const> = [[{ "bottles": { "d": { "egress_proxy": { "routes": [
      { "Host": "api.github.com", "methods": ["GET"],
        "auth": { "scheme": "bearer", "token_env": "%s" } } ] } } },
      "agents": { "a": { "bottle": "d" } } }]]
    assert(fs.write(dir .. "/bottle.json", text:format "HOME"))
    local out, err, code = bottle(dir, "run", "default", "--cwd", "none", "--dry-run")
    t.eq(out, "")
    t.has(err, "routes:          api.github.com GET + bearer HOME\n")
    t.has(err, "HOME (placeholder)")
    t.eq(code, 0)
    assert(fs.write(dir .. "/bottle.json", text:format "NOT_THERE_1"))
    fails(t, 125, "bottle.json:3: bottles.d.egress_proxy.routes[1].auth.token_env: NOT_THERE_1 " ..
      "is not set", dir, "run", "default", "-y")
    out, err, code = bottle(dir, "check", "default")
    t.eq(out, "")
    t.has(err, "routes[1].auth.token_env: NOT_THERE_1 is not set")
    t.eq(code, 1)
  end)
end)

test.case("check says everything, one line each, and tells by its status", function(t)
  folder(function(dir)
    local _, err, code = bottle(dir, "check", "default")
    t.eq(err, "")
    t.eq(code, 0)
    assert(fs.write(dir .. "/bottle.json", [[{ "bottles": { "d": {} }, "agents": {
      "a": { "bottle": "d", "skills": ["x", "y"] },
      "b": { "bottle": "e" } } }]]))
    _, err, code = bottle(dir, "check", "default")
    t.eq(code, 1)
    t.has(err, "bottle.json:2: agents.a.skills[1]: no skill x")
    t.has(err, "bottle.json:2: agents.a.skills[2]: no skill y")
    t.has(err, "bottle.json:3: agents.b.bottle: no bottle e")
  end)
end)

test.case("explain names the rule and its file, and tells by its status", function(t)
  folder(function(dir)
    local out, _, code = bottle(dir, "explain", "default", "https://api.good.test/x")
    t.has(out, "by allowlist rule bottle (policies/allowlist/bottle.lua:")
    t.eq(code, 0)
    out, _, code = bottle(dir, "explain", "default", "a", "evil.test", "--format", "json")
    t.eq(assert(json.decode(out)).verdict, "deny")
    t.eq(code, 1)
  end)
end)

test.case("init writes what check accepts, and overwrites nothing", function(t)
  local s <close> = assert(scratch.open())
  for _, args in ipairs { { "init" }, { "init", "--yaml" } } do
    local dir = s:path() .. "/" .. #args
    assert(fs.mkdir_p(dir))
    local _, err, code = bottle(dir, table.unpack(args))
    t.eq(code, 0)
    t.has(err, "next: bottle check ./policy.lua")
    _, err, code = bottle(dir, "check", "./policy.lua")
    t.eq(err, "")
    t.eq(code, 0)
    fails(t, 125, "is there already; nothing was written", dir, table.unpack(args))
  end
end)

test.case("the routes that init leaves commented out are routes", function(t)
  local s <close> = assert(scratch.open())
  local dir <const> = s:path()
  bottle(dir, "init", "--yaml")
  local before, block, after = assert(fs.read(dir .. "/bottle.yaml")):match(
    "^(.*\n)(    # egress_proxy:.-\n)(    %w.*)$")
  block = block:gsub("    # ", "    "):gsub("GITHUB_TOKEN", "HOME")
  assert(fs.write(dir .. "/bottle.yaml", before .. block .. after))
  local _, err, code = bottle(dir, "run", "./policy.lua", "--dry-run")
  t.has(err, "routes:          api.github.com GET,POST /repos/acme/ + bearer HOME\n")
  t.eq(code, 0)
end)

test.case("completion knows every command and the values of options", function(t)
  local out = bottle("/", "completion", "bash")
  t.has(out, "run:--engine) COMPREPLY=($(compgen -W 'gate pipelock'")
  t.has(bottle("/", "completion", "zsh"), "#compdef bottle")
  t.has(bottle("/", "completion", "fish"), "-l engine -x -a 'gate pipelock'")
  fails(t, 2, "want bash, zsh or fish", "/", "completion", "tcsh")
end)
