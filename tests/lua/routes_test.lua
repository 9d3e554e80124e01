-- Routes from the manifest to the gate's configuration; what they do on the wire is the gate's.
local explain <const> = require "bottle.explain"
local fs <const> = require "bottle.fs"
local gateconf <const> = require "bottle.gateconf"
local manifest <const> = require "bottle.manifest"
local manifest_files <const> = require "bottle.manifest_files"
local paths <const> = require "bottle.paths"
local plan <const> = require "bottle.plan"
local plan_text <const> = require "bottle.plan_text"
local policy_load <const> = require "bottle.policy_load"
local preflight <const> = require "bottle.preflight"
local routes <const> = require "bottle.routes"
local schema <const> = require "bottle.schema"
local scratch <const> = require "bottle.scratch"
local test <const> = require "bottle.test"
local golden <const> = dofile "tests/lua/golden.lua"

paths.home = function() return "/nonexistent" end
paths.config = function() return "/nonexistent/bottle" end
policy_load.system_folder = "/nonexistent/policies.d"

local function input(edit)
  local m = manifest.load "tests/lua/fixture/routes.json"
  if edit then edit(m.doc.bottles.routed) end
  local bottle = manifest.resolve(m, "implementer")
  return { registry = policy_load.load "default", digest = ("0"):rep(64), bottle = bottle,
    files = manifest_files.look(m, bottle), slug = "impl-abcde", backend = "docker",
    backend_reason = "default", cwd = "none", folder = "/home/dev/app", owner_files = {} }
end

local function stable(p)
  for _, rule in ipairs(p.policy.rules) do rule.line = 1 end
  return p
end

test.case("the plan of a bottle with routes is what the golden files say", function(t)
  local p = stable(plan.build(input()))
  golden(t, "plan-routes.json", plan.json(p))
  golden(t, "plan-routes.txt", plan_text.text(p))
end)

test.case("a plan with routes is the same bytes twice, and holds no value", function(t)
  local text = plan.json(plan.build(input()))
  t.eq(plan.json(plan.build(input())), text)
  t.eq(text:find("a literal", 1, true), nil)
end)

local function problems(route)
  local s <close> = assert(scratch.open())
  local path = s:path() .. "/bottle.json"
  assert(fs.write(path, ([[{"bottles":{"d":{"egress_proxy":{"routes":[%s]}}},
    "agents":{"a":{"bottle":"d"}}}]]):format(route)))
  local out = {}
  for i, p in ipairs(manifest.load(path).problems) do
    out[i] = schema.text(p):match "routes%[1%](.*)$"
  end
  return table.concat(out, "\n")
end

local function auth(fields)
  return problems(('{"Host":"a.test","auth":{"token_env":"T",%s}}'):format(fields))
end

test.case("a host that no route can have is refused with the reason", function(t)
  t.has(problems '{"Host":"*.a.test"}', ".Host: \"*.a.test\": a route is for one host")
  t.has(problems '{"Host":"https://a.test/"}', ".Host: ")
  t.has(problems '{"Host":"a.test:80"}', "a credential does not leave in clear")
  t.has(problems '{"Host":"a.test:0"}', "want a port")
  t.has(problems '{"Host":"a.test:70000"}', "want a port")
  t.has(problems '{}', ".Host: is missing")
  t.eq(problems '{"Host":"A.test."}', "")
  t.eq(problems '{"Host":"a.test:8443"}', "")
  t.eq(problems '{"Host":"[2001:db8::1]:8443"}', "")
end)

test.case("methods and paths say what they mean, or are left out", function(t)
  for route, want in pairs {
    ['"methods":["get"]'] = '.methods[1]: "get": want a method such as GET',
    ['"methods":["CONNECT"]'] = "is not for routes",
    ['"methods":[]'] = ".methods: is empty: leave it out for any",
    ['"paths":[]'] = ".paths: is empty: leave it out for any",
    ['"paths":["repos"]'] = "a path begins with /",
    ['"paths":["/repos/*"]'] = "want the beginning of a path, no *",
    ['"paths":["/a?b=c"]'] = "want the beginning of a path, no ?",
    ['"paths":["/a%2fb"]'] = "write it without escapes",
    ['"paths":["/a/../b"]'] = "has an empty segment, or . or .. for one",
    ['"paths":["/a//b"]'] = "has an empty segment, or . or .. for one",
    ['"paths":["/a\\\\b"]'] = "not a path",
  } do
    t.has(problems(('{"Host":"a.test",%s}'):format(route)), want)
  end
  t.eq(problems '{"Host":"a.test","methods":["GET"],"paths":["/","/a.b/ü/c"]}', "")
end)

test.case("an auth says how, and nothing that its scheme does not use", function(t)
  t.has(auth '"scheme":"baerer"', "(did you mean bearer?)")
  t.has(auth '"scheme":"header"', ".auth: scheme header: say which header")
  t.has(auth '"scheme":"bearer","header":"x-api-key"', "header is for scheme header")
  t.has(auth '"scheme":"bearer","user":"x"', ".auth: user is for scheme basic")
  t.has(auth '"scheme":"basic","user":"a:b"', "want a name without a colon")
  t.has(problems '{"Host":"a.test","auth":{"scheme":"bearer"}}', ".auth.token_env: is missing")
  t.has(problems '{"Host":"a.test","auth":{"scheme":"bearer","token_env":"a-b"}}',
    "not a name of an environment variable")
  for _, name in ipairs { "Host", "content-length", "Connection", "Cookie", "Transfer-Encoding",
    "Accept-Encoding", "Sec-WebSocket-Key", "X-Forwarded-User" } do
    t.has(auth('"scheme":"header","header":"' .. name .. '"'), "does not carry credentials")
  end
  t.has(auth '"scheme":"header","header":"x y"', "is not the name of a header")
  t.has(auth '"scheme":"header","header":":path"', "is not the name of a header")
  t.eq(auth '"scheme":"header","header":"PRIVATE-TOKEN"', "")
end)

test.case("a prefix ends between two segments", function(t)
  for _, row in ipairs { { "/repos/acme", "/repos/acme", true },
    { "/repos/acme", "/repos/acme/x", true }, { "/repos/acme", "/repos/acmeevil", false },
    { "/repos/acme/", "/repos/acme/x", true },
    { "/repos/acme/", "/repos/acme", false }, { "/", "/anything", true },
    { "/repos/acme", "/repos", false } } do
    t.eq(routes.covers(row[1], row[2]), row[3], row[1] .. " " .. row[2])
  end
end)

test.case("the gate is given the routes, whole and in order", function(t)
  local inp = input()
  local c = gateconf.build(inp.registry, inp.bottle, (plan.build(inp)))
  local r = c.gate.routes
  t.eq(#r, 5)
  t.eq(r[1].host, "api.github.com")
  t.eq(table.concat(r[1].methods, " "), "GET POST")
  t.eq(r[1].paths[1], "/repos/acme/")
  t.eq(r[1].port, nil)
  t.eq(r[1].auth.scheme .. " " .. r[1].auth.credential, "bearer GITHUB_TOKEN")
  t.eq(r[2].auth, nil)
  t.eq(r[2].paths, nil)
  t.eq(r[3].methods, nil)
  t.eq(r[4].port, 8443)
  t.eq(r[4].auth.user, "ci")
  t.eq(r[5].auth.header .. " " .. r[5].auth.credential, "x-api-key MODEL_KEY")
  local text = assert(require "bottle.yaml".encode(c))
  t.has(text, "credential: MODEL_KEY")
  t.eq(text:find("a literal", 1, true), nil)
end)

test.case("a config rule that loses a route is stopped: its host would be open", function(t)
  local inp = input()
  inp.registry:rule("config", { id = "t/lose", after = "*", run = function(_, c)
    table.remove(c.gate.routes, 3)
  end })
  t.raises("gate.routes: github.com is gone", gateconf.build, inp.registry, inp.bottle,
    (plan.build(inp)))
end)

local function said(inp)
  local out = {}
  local found = preflight.look(inp.registry, inp.bottle, (plan.build(inp)))
  for i, f in ipairs(found) do out[i] = f.text end
  return table.concat(out, "\n")
end

test.case("the shipped passthrough of the model gives way to a route", function(t)
  local p = plan.build(input())
  t.eq(#p.egress.tls_interception.passthrough_domains, 0)
  t.eq(p.egress.seed_phrase_detection, false)
  t.eq(said(input()), "")
  p = plan.build(input(function(b) table.remove(b.egress_proxy.routes) end))
  t.eq(p.egress.tls_interception.passthrough_domains[1], "api.anthropic.com")
end)

test.case("a host with a route may not stay closed, whoever says so", function(t)
  t.eq(said(input(function(b) b.egress.tls_passthrough_domains = { "*.github.com" } end)),
    "bottles.routed.egress.tls_passthrough_domains: *.github.com has a route " ..
    "(egress_proxy.routes[1]), for which its TLS must be opened: take one of the two out\n" ..
    "bottles.routed.egress.tls_passthrough_domains: *.github.com has a route " ..
    "(egress_proxy.routes[2]), for which its TLS must be opened: take one of the two out")
  local inp = input()
  inp.registry:rule("passthrough", { id = "t/pin", run = function() return { "github.com" } end })
  t.has(said(inp), "passthrough rule t/pin: leaves the TLS of github.com closed, which has a " ..
    "route (bottles.routed.egress_proxy.routes[3])")
end)

test.case("a route to a host that is shut, taken out or forwarded is a mistake", function(t)
  t.has(said(input(function(b) b.egress.denylist = { "git.acme.example:8443" } end)),
    "bottles.routed.egress_proxy.routes[4].Host: git.acme.example is shut by git.acme.example:8443")
  local inp = input()
  inp.registry:rule("allowlist", { id = "t/out", after = "*",
    run = function(_, hosts) hosts:remove "github.com" end })
  t.has(said(inp), "routes[3].Host: github.com is in no allowlist: a rule took it out")
  inp = input()
  inp.bottle.ssh = { { host = "g", hostname = "git.acme.example", user = "git", port = 22,
    identity_file = "/k" } }
  t.has(said(inp), "bottles.routed.ssh[1]: forwards git.acme.example:22 unseen, and " ..
    "git.acme.example has a route (egress_proxy.routes[4])")
end)

test.case("engine pipelock with routes is refused with one line", function(t)
  local inp = input()
  inp.engine = "pipelock"
  inp.registry:rule("pipelock.image", { id = "t/image", before = "*",
    run = function() return "pipelock@sha256:" .. ("a"):rep(64) end })
  t.has(said(inp), "bottles.routed.egress_proxy.routes: engine pipelock has none: use " ..
    "--engine gate")
end)

local function ask(text)
  local inp = input()
  return explain.ask(inp.registry, inp.bottle, text)
end

test.case("explain says which routes govern a host, and refuses what none is for", function(t)
  local text = explain.text(ask "api.github.com")
  t.has(text, "allow  api.github.com:443")
  t.has(text, "       route: GET,POST /repos/acme/ + bearer GITHUB_TOKEN\n")
  t.has(text, "       route: GET\n")
  t.has(text, "       anything else to it is refused\n")
  t.eq(#ask "https://api.github.com/repos/acme/app".routes, 2)
  t.eq(#ask "https://api.github.com/user".routes, 1)
  t.eq(ask "https://github.com/%61cme?x=/other".verdict, "allow")
  local v = ask "https://github.com/acmeevil/x"
  t.eq(v.verdict, "deny")
  t.eq(v.reason, "no route of bottles.routed.egress_proxy.routes is for port 443 and /acmeevil/x")
  t.eq(ask "http://github.com/acme".verdict, "deny")
  t.eq(ask "git.acme.example:8443".verdict, "allow")
  t.eq(ask "registry.npmjs.org".routes, nil)
  t.has(explain.text(ask "api.anthropic.com"), "route: anything + header x-api-key MODEL_KEY")
end)
