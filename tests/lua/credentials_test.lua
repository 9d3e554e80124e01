-- What routes send along: where it comes from, and that the agent is given a placeholder instead.
local credentials <const> = require "bottle.credentials"
local fs <const> = require "bottle.fs"
local json <const> = require "bottle.json"
local known <const> = require "bottle.known"
local manifest <const> = require "bottle.manifest"
local manifest_files <const> = require "bottle.manifest_files"
local paths <const> = require "bottle.paths"
local plan <const> = require "bottle.plan"
local policy_load <const> = require "bottle.policy_load"
local prepare <const> = require "bottle.prepare"
local schema <const> = require "bottle.schema"
local scratch <const> = require "bottle.scratch"
local test <const> = require "bottle.test"

paths.config = function() return "/nonexistent/bottle" end
policy_load.system_folder = "/nonexistent/policies.d"

local VALUE <const> = "Xk7+q/R2~9wZb4%v"
local getenv <const> = os.getenv
os.getenv = function(name) -- luacheck: ignore 122
  if name == "API_TOKEN" then return VALUE end
  return getenv(name)
end

-- A bottle with one route that sends NAME along.
local function prepared(name, env, more)
  more = more or {}
  local dir <close> = assert(scratch.open())
  local file = dir:path() .. "/bottle.json"
  assert(fs.write(file, json.encode {
    bottles = { d = { env = env, egress_proxy = { routes = { { Host = "api.good.test",
      auth = { scheme = "bearer", token_env = name } } } } } },
    agents = { a = { bottle = "d", prompt = more.prompt } } }))
  local m = manifest.load(file)
  local bottle = manifest.resolve(m, "a")
  local registry = policy_load.load "default"
  if more.rule then registry:rule("env", { id = "t/env", after = "*", run = more.rule }) end
  local files = manifest_files.look(m, bottle)
  local p, secrets = plan.build { registry = registry, digest = ("0"):rep(64), bottle = bottle,
    files = files, slug = "a-abcde", backend = "docker", backend_reason = "default",
    cwd = more.cwd or "none", command = more.command, folder = dir:path(), owner_files = {} }
  return { registry = registry, manifest = m, bottle = bottle, files = files, plan = p,
    secrets = secrets }
end

local function source(p, name)
  for _, v in ipairs(p.plan.env) do
    if v.name == name then return v.source end
  end
end

local function problems(p)
  local out = {}
  for i, found in ipairs(p.files.problems) do out[i] = schema.text(found):gsub("^.-: ", "") end
  return table.concat(out, "\n")
end

test.case("the agent's variable is a placeholder, wherever the value comes from", function(t)
  for from, env in pairs { ["from_env API_TOKEN"] = {},
    manifest = { API_TOKEN = "tr0ub4dor&3x" }, prompt = { API_TOKEN = { prompt = "?" } },
    ["from_env HOME"] = { API_TOKEN = { from_env = "HOME" } } } do
    local p = prepared("API_TOKEN", env)
    t.eq(source(p, "API_TOKEN"), "placeholder")
    t.eq(p.secrets.env.API_TOKEN, nil)
    t.eq(p.plan.egress.routes[1].auth.source, from)
    t.eq(#p.plan.egress.known_secrets, 0)
  end
  t.eq(prepared("API_TOKEN", {}).secrets.credentials.API_TOKEN, VALUE)
  t.eq(prepared("API_TOKEN", { API_TOKEN = { prompt = "?" } }).files.secrets.prompts[1].credential,
    true)
end)

test.case("one that is nowhere is told with its place in the manifest", function(t)
  t.eq(problems(prepared("NOT_THERE_1", {})), "bottles.d.egress_proxy.routes[1].auth.token_env: " ..
    "NOT_THERE_1 is not set in the environment, and bottles.d.env does not name it")
  t.eq(problems(prepared("API_TOKEN", { API_TOKEN = { from_env = "NOT_THERE_1" } })),
    "bottles.d.env.API_TOKEN: NOT_THERE_1 is not set in the environment")
  t.eq(problems(prepared("API_TOKEN", {})), "")
end)

test.case("a placeholder is another one in each run, and no finding", function(t)
  local env <const> = prepared("API_TOKEN", {}).plan.env
  local one = credentials.placeholders(env)
  t.eq(one.API_TOKEN:match "^bottle%-API_TOKEN%-(%x+)$" ~= nil, true)
  t.eq(#one.API_TOKEN, #"bottle-API_TOKEN-" + 24)
  t.eq(credentials.placeholders(env).API_TOKEN == one.API_TOKEN, false)
  local n = 0
  for _ in pairs(one) do n = n + 1 end
  t.eq(n, 1)
  local proc <const> = require "bottle.proc"
  local dir <close> = assert(scratch.open())
  assert(fs.write(dir:path() .. "/text", '{"api_key": "' .. one.API_TOKEN ..
    '"}\nAuthorization: Bearer ' .. one.API_TOKEN))
  local exe <const> = assert(fs.realpath "/proc/self/exe")
  local done = assert(proc.run { exe, "scan", dir:path() .. "/text" })
  t.eq(done.code, 0, done.stdout)
end)

test.case("the gate is handed both beside what is watched for", function(t)
  local text = known.records({ { name = "A" } }, { A = "tr0ub4dor&3x" },
    credentials.records({ T = VALUE }, { T = "bottle-T-0a1b2c3d4e5f" }))
  local records <const> = "credential:T=" .. VALUE .. "\0placeholder:T=bottle-T-0a1b2c3d4e5f\0" ..
    "A=tr0ub4dor&3x\0"
  t.eq(text, #records .. "\n" .. records)
end)

test.case("what was handed over is forgotten, the plan's sources are not", function(t)
  local p = prepared("API_TOKEN", {})
  credentials.forget(p)
  t.eq(next(p.secrets.credentials), nil)
  t.eq(next(p.files.secrets.credentials), nil)
  t.eq(p.files.credentials.API_TOKEN, "from_env API_TOKEN")
end)

local function held(p) return table.concat(credentials.held(p), "\n") end

test.case("no other way leads to it: no variable, prompt, command or rule", function(t)
  t.eq(held(prepared("API_TOKEN", { OTHER = "something else" })), "")
  t.eq(held(prepared("API_TOKEN", { GH_TOKEN = { from_env = "API_TOKEN" } })),
    "bottles.d.env.GH_TOKEN: holds the value of API_TOKEN, which a route keeps from the agent")
  t.has(held(prepared("API_TOKEN", { URL = "https://u:" .. VALUE .. "@x.test/" })),
    "bottles.d.env.URL: holds the value of API_TOKEN")
  t.has(held(prepared("API_TOKEN", {}, { prompt = "Use " .. VALUE })),
    "the agent's prompt: holds the value of API_TOKEN")
  t.has(held(prepared("API_TOKEN", {}, { command = { "sh", "-c", "x " .. VALUE } })),
    "the command: holds the value of API_TOKEN")
  t.has(held(prepared("API_TOKEN", {}, { rule = function(_, env) env:set("X", VALUE) end })),
    "variable X (policy t/env): holds the value of API_TOKEN")
end)

test.case("nor a manifest that lies in the box with the value in it", function(t)
  local literal <const> = { API_TOKEN = "tr0ub4dor&3x" }
  t.has(held(prepared("API_TOKEN", literal, { cwd = "bind" })),
    "bottles.d.env.API_TOKEN: stands in the manifest, which the agent can read in ")
  t.has(held(prepared("API_TOKEN", literal, { cwd = "copy" })), "stands in the manifest")
  t.eq(held(prepared("API_TOKEN", literal)), "")
  t.eq(held(prepared("API_TOKEN", {}, { cwd = "bind" })), "")
end)

test.case("check finds all of it", function(t)
  local p = prepared("API_TOKEN", { GH_TOKEN = { from_env = "API_TOKEN" } })
  local list, errors = prepare.problems(p)
  t.eq(errors, 1)
  t.has(list[1].text, "bottles.d.env.GH_TOKEN: holds the value")
end)

test.case("a site's rule may give the agent something else in its place", function(t)
  local p = prepared("API_TOKEN", {}, { rule = function(_, env)
    env:set("API_TOKEN", "mine, really")
  end })
  t.eq(source(p, "API_TOKEN"), "policy t/env")
  t.eq(next(credentials.placeholders(p.plan.env)), nil)
end)
