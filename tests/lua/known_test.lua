local json <const> = require "bottle.json"
local known <const> = require "bottle.known"
local manifest <const> = require "bottle.manifest"
local manifest_files <const> = require "bottle.manifest_files"
local paths <const> = require "bottle.paths"
local plan <const> = require "bottle.plan"
local policy_load <const> = require "bottle.policy_load"
local prepare <const> = require "bottle.prepare"
local scratch <const> = require "bottle.scratch"
local test <const> = require "bottle.test"
local fs <const> = require "bottle.fs"

paths.config = function() return "/nonexistent/bottle" end
policy_load.system_folder = "/nonexistent/policies.d"

local function planned(env, rule, engine)
  local dir <close> = assert(scratch.open())
  local file = dir:path() .. "/bottle.json"
  assert(fs.write(file, json.encode { bottles = { default = { env = env } },
    agents = { a = { bottle = "default" } } }))
  local m = manifest.load(file)
  local bottle = manifest.resolve(m, "a")
  local registry = policy_load.load "default"
  if rule then registry:rule("known_secrets", { id = "acme", run = rule }) end
  if engine then
    registry:rule("pipelock.image", { id = "acme/image", before = "*", run = function()
      return "pipelock@sha256:" .. ("a"):rep(64)
    end })
  end
  local files = manifest_files.look(m, bottle)
  local p, secrets = plan.build { registry = registry, digest = ("0"):rep(64), bottle = bottle,
    files = files, slug = "a-abcde", backend = "docker", backend_reason = "default",
    engine = engine, cwd = "none", folder = "/", owner_files = {} }
  return p, secrets, { registry = registry, manifest = m, bottle = bottle, files = files, plan = p,
    secrets = secrets }
end

local function names(p)
  local out = {}
  for i, v in ipairs(p.egress.known_secrets) do out[i] = v.name end
  return table.concat(out, " ")
end

test.case("paths, numbers, words and URLs without a password read as configuration", function(t)
  for _, value in ipairs { "/usr/bin/vim", "~/src/app", "/run/user/1000/bus", "8080", "127.0.0.1",
    "development", "en_US.UTF-8", "us-east-1", "https://api.acme.example/v1", "Ada Lovelace",
    "http://localhost:3000", "2026-11-22", "" } do
    t.eq(known.plain(value), true, value)
  end
end)

test.case("what could be a credential does not", function(t)
  for _, value in ipairs { "tr0ub4dor&3x", "Xk7+q/R2~9wZb4", "postgres://app:s3cr3t@db/app",
    "https://hooks.acme.example/services/T000/aB3dE5fG7hI9jK1lM", "0123456789012345",
    "/wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "5f4dcc3b5aa765d61d83", "https://token@acme.test",
    "https://acme.test/?sig=abcdefgh", "correct horse battery staple, and more" } do
    t.eq(known.plain(value), false, value)
  end
end)

test.case("prompts, what the environment gave and what is named so is watched for", function(t)
  local p = planned { TOKEN = { prompt = "?" }, ACME_TOKEN = "a literal", MODE = "fast-and-l00se",
    HOME_DIR = { from_env = "HOME" }, SORT_KEY = "createdAt", PASSWORDS_FILE = "/etc/x" }
  t.eq(names(p), "ACME_TOKEN TOKEN")
  t.eq(p.egress.known_secrets[1].source:match "[^ ]*$", "named")
end)

test.case("a site adds and takes away by name; a name that is no variable is nothing", function(t)
  local p = planned({ TOKEN = { prompt = "?" }, MODE = "fast-and-l00se" }, function(_, list, given)
    for _, v in ipairs(given) do
      if v.name == "MODE" then t.eq(v.from, "manifest") end
      t.eq(v.value, nil)
    end
    list:remove "TOKEN"
    return { "MODE", "NOBODY" }
  end)
  t.eq(names(p), "MODE")
end)

test.case("the gate is handed names and values; a URL counts by its password", function(t)
  local list = { { name = "A" }, { name = "B" }, { name = "C" }, { name = "D" } }
  local text = known.records(list, { A = "tr0ub4dor&3x", B = "short",
    C = "postgres://app:s3cr3t-and-long@db/app" })
  t.eq(text, "33\nA=tr0ub4dor&3x\0C=s3cr3t-and-long\0")
  t.eq(known.records({}, {}), nil)
  t.same(known.unworthy(list, { A = "tr0ub4dor&3x", B = "short", C = "" }), { "B" })
end)

test.case("a value too short to be watched for is a warning that does not quote it", function(t)
  local _, _, p = planned { ACME_TOKEN = "hunter2" }
  local list, errors = prepare.problems(p)
  t.eq(errors, 0)
  local said
  for _, item in ipairs(list) do
    if item.text:find "ACME_TOKEN" then said = item end
  end
  t.eq(said.warning, true)
  t.eq(said.text:find("hunter2", 1, true), nil)
end)

test.case("a plan holds no value, and engine pipelock is handed nothing", function(t)
  local env = { ACME_TOKEN = "tr0ub4dor&3x" }
  t.eq(plan.json((planned(env))):find("tr0ub4dor", 1, true), nil)
  t.eq(names((planned(env, nil, "pipelock"))), "")
end)
