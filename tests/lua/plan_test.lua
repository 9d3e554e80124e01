local gateconf <const> = require "bottle.gateconf"
local json <const> = require "bottle.json"
local manifest <const> = require "bottle.manifest"
local manifest_files <const> = require "bottle.manifest_files"
local paths <const> = require "bottle.paths"
local plan <const> = require "bottle.plan"
local plan_text <const> = require "bottle.plan_text"
local policy_load <const> = require "bottle.policy_load"
local preflight <const> = require "bottle.preflight"
local test <const> = require "bottle.test"
local golden <const> = dofile "tests/lua/golden.lua"

paths.home = function() return "/nonexistent" end
paths.config = function() return "/nonexistent/bottle" end
policy_load.system_folder = "/nonexistent/policies.d"

local function input(agent, more)
  local m = manifest.load "tests/lua/fixture/bottle.json"
  local bottle = manifest.resolve(m, agent)
  local files = manifest_files.look(m, bottle)
  for _, skill in ipairs(files.skills) do skill.path = "/m/skills/" .. skill.name end
  local out = { registry = policy_load.load "default", digest = ("0"):rep(64), bottle = bottle,
    files = files, slug = "impl-abcde", backend = "docker", backend_reason = "default",
    cwd = "bind", folder = "/home/dev/app", owner_files = { "/home/dev/app/acme.lua",
      "/etc/elsewhere.json" } }
  for k, v in pairs(more or {}) do out[k] = v end
  return out
end

-- The places of shipped rules move with every edit of policies/; their names do not.
local function stable(p)
  for _, rule in ipairs(p.policy.rules) do rule.line = 1 end
  return p
end

local function rule(inp, point, run)
  inp.registry:rule(point, { id = "test/" .. point, before = "*", run = run })
  return inp
end

test.case("the JSON of a plan is what the golden file says", function(t)
  golden(t, "plan.json", plan.json(stable(plan.build(input "implementer"))))
end)

test.case("the text of a plan is what the golden file says", function(t)
  local p, secrets = plan.build(input "implementer")
  golden(t, "plan.txt", plan_text.text(stable(p), { prompt = secrets.prompt }))
end)

test.case("engine pipelock changes the sidecar and nothing of the policy", function(t)
  local inp = rule(input("Reader of Docs", { engine = "pipelock", slug = "docs", cwd = "copy" }),
    "pipelock.image", function() return "pipelock@sha256:" .. ("a"):rep(64) end)
  local p, secrets = plan.build(inp)
  golden(t, "plan-pipelock.json", plan.json(stable(p)))
  golden(t, "plan-pipelock.txt", plan_text.text(p, { prompt = secrets.prompt }))
end)

test.case("a native plan says whether its limits are for all of it or for each process", function(t)
  local function limits(scope, rules)
    local inp = input("implementer", { backend = "native", scope = scope })
    if rules then inp.registry:rule("hardening", { id = "t/h", after = "*", run = rules }) end
    local p = plan.build(inp)
    local text = plan_text.text(p, {})
    return p.hardening.agent, text:match "agent limits: *([^\n]*)"
  end
  local a, text = limits(nil)
  t.eq(a.limits, "rlimit")
  t.eq(a.cpus, nil)
  t.has(text, "a process")
  a, text = limits { cpu = true }
  t.eq(a.limits, "cgroup")
  t.eq(a.cpus ~= nil, true)
  t.has(text, "all of it together (cgroup, a systemd scope)")
  t.eq(limits({ cpu = false }).cpus, nil)
  t.eq(limits({ cpu = true }, function(_, h) h.agent.limits = "rlimit" end).limits,
    "rlimit")
end)

test.case("on Docker a rule for native limits leaves the plan as it is", function(t)
  local plain = plan_text.text(plan.build(input("implementer")), {})
  local inp = input("implementer")
  inp.registry:rule("hardening", { id = "t/h", after = "*",
    run = function(_, h) h.agent.limits = "rlimit" end })
  local p = plan.build(inp)
  t.eq(p.hardening.agent.limits, nil)
  t.eq(plan_text.text(p, {}):match "agent limits:[^\n]*", plain:match "agent limits:[^\n]*")
end)

test.case("the same input gives the same bytes", function(t)
  t.eq(plan.json(plan.build(input "implementer")), plan.json(plan.build(input "implementer")))
end)

test.case("no value of a variable is in the plan, all are in the secrets", function(t)
  local p, secrets = plan.build(input "implementer")
  t.eq(plan.json(p):find("development", 1, true), nil)
  t.eq(secrets.env.NODE_ENV, "development")
  t.eq(secrets.env.HTTPS_PROXY, "http://bottle-gate:8888")
  t.eq(secrets.env.NODE_USE_ENV_PROXY, "1")
  t.eq(secrets.env.SSL_CERT_FILE, "/etc/ssl/certs/ca-certificates.crt")
end)

test.case("a variable of the manifest wins over one of a trust rule", function(t)
  local inp = input "implementer"
  inp.bottle.env.NO_PROXY = "corp"
  inp.files.env[#inp.files.env + 1] = { name = "NO_PROXY", source = "manifest" }
  inp.files.secrets.env.NO_PROXY = "corp"
  local p, secrets = plan.build(inp)
  t.eq(secrets.env.NO_PROXY, "corp")
  for _, v in ipairs(p.env) do
    if v.name == "NO_PROXY" then t.eq(v.source, "manifest") end
  end
end)

test.case("the summary names all of five hosts and three of six", function(t)
  local function hosts(n)
    local out = {}
    for i = 1, n do out[i] = { host = "h" .. i } end
    return plan.summary(out)
  end
  t.eq(hosts(0), "0 hosts allowed (none)")
  t.eq(hosts(1), "1 host allowed (h1)")
  t.eq(hosts(5), "5 hosts allowed (h1, h2, h3, h4, h5)")
  t.eq(hosts(9), "9 hosts allowed (h1, h2, h3, +6 more)")
end)

test.case("the policy and manifest of the run are guarded where they lie in it", function(t)
  local p = plan.build(input "implementer")
  local guard = table.concat(p.mounts[1].guard, " ")
  t.has(guard, ".git/hooks/")
  t.has(guard, "acme.lua")
  t.eq(guard:find("elsewhere", 1, true), nil)
end)

test.case("a shortened digest names both ways out", function(t)
  local inp = input("implementer", { engine = "pipelock" })
  if os.getenv "BOTTLE_PIPELOCK_IMAGE" then return end
  t.raises("BOTTLE_PIPELOCK_IMAGE=.*pipelock.image.*%-%-engine gate", plan.build, inp)
end)

test.case("a rule that answers nonsense is refused with its point", function(t)
  t.raises("dlp_action: want block or warn, got maybe", plan.build,
    rule(input "implementer", "dlp_action", function() return "maybe" end))
  t.raises("command: want a list", plan.build,
    rule(input "implementer", "command", function() return "sh" end))
  t.raises("mounts: x: want an absolute path", plan.build,
    rule(input "implementer", "mounts", function() return { x = 1 } end))
end)

test.case("what comes from a manifest cannot move the reader's cursor", function(t)
  local inp = input "implementer"
  inp.bottle.agent.command = { "a\27[2Jb\n" }
  local text = plan_text.text(plan.build(inp))
  t.eq(text:find("\27", 1, true), nil)
end)

local function texts(found)
  local out = {}
  for i, f in ipairs(found) do out[i] = f.text end
  return table.concat(out, "\n")
end

test.case("what this version cannot do is refused, not dropped", function(t)
  local inp = input("implementer", { cwd = "none" })
  inp.bottle.supervise = true
  local found = texts(preflight.look(inp.registry, inp.bottle, (plan.build(inp))))
  t.has(found, "supervise: this version has no supervisor")
end)

test.case("a policy that the gate would not take is found before anything is started", function(t)
  local scratch <close> = assert(require "bottle.scratch".open())
  local path = scratch:path() .. "/site.lua"
  assert(require "bottle.fs".write(path, [[
local policy <const> = require "policy"
local rc <const> = io.open "/dev/null"
policy.rule("response", { id = "x", run = function() return rc end })
]]))
  local inp = input("implementer", { cwd = "none", registry = policy_load.load(path) })
  t.has(texts(preflight.look(inp.registry, inp.bottle, (plan.build(inp)))),
    "/site.lua:2: attempt to index")
end)

test.case("a request rule is run, but not in another order and not by pipelock", function(t)
  local inp = input("implementer", { cwd = "none" })
  inp.registry:rule("request", { id = "x", run = function() end })
  t.eq(texts(preflight.look(inp.registry, inp.bottle, (plan.build(inp)))), "")
  inp.registry:rule("request", { id = "y", before = "x", run = function() end })
  local made = plan.build(inp)
  t.has(texts(preflight.look(inp.registry, inp.bottle, made)),
    "request rule y: takes no before or after")
  made.engine = "pipelock"
  t.has(texts(preflight.look(inp.registry, inp.bottle, made)),
    "engine pipelock asks no request rules (x)")
end)

test.case("D12: a parent proxy's credentials hold no line break and no NUL", function(t)
  local inp = input("implementer", { cwd = "none" })
  local proxy
  inp.registry:rule("parent_proxy", { id = "x", run = function() return proxy end })
  local function found()
    return texts(preflight.look(inp.registry, inp.bottle, (plan.build(inp))))
  end
  for _, bad in ipairs { "%0d%0aX", "%00", "%0A", "\nX" } do
    proxy = "http://u:p" .. bad .. "@proxy:1"
    t.has(found(), "holds a line break or a NUL")
  end
  proxy = "socks5://u:p@proxy:1"
  t.has(found(), "parent_proxy: want http://")
  proxy = "http://u:p%40@proxy:1"
  t.eq(found(), "")
end)

test.case("the backend is what was asked for, else what is here", function(t)
  local function none() end
  local function here() return "an engine answers at unix:///s" end
  t.same({ preflight.backend("native", here) }, { "native", "--backend" })
  t.same({ preflight.backend(nil) }, { "docker", "default" })
  t.same({ preflight.backend(nil, here) }, { "docker", "an engine answers at unix:///s" })
  local backend, why = preflight.backend(nil, none)
  t.has(why, "no engine answers")
  t.eq(backend, require "bottle.proc".which "bwrap" and "native" or "docker")
end)

test.case("a parent proxy's credentials reach the gate's table and no plan", function(t)
  local inp = input("implementer", { cwd = "none" })
  inp.registry:rule("parent_proxy", { id = "x", run = function()
    return "http://site:p%40ss@proxy.acme.example:3128"
  end })
  local made = plan.build(inp)
  t.eq(made.egress.parent_proxy, "http://***@proxy.acme.example:3128")
  t.eq(plan.json(made):find("p%40ss", 1, true), nil)
  t.eq(texts(preflight.look(inp.registry, inp.bottle, made)), "")
  t.eq(gateconf.build(inp.registry, inp.bottle, made).gate.parent_proxy,
    "http://site:p%40ss@proxy.acme.example:3128")
end)

test.case("an ssh entry cannot take a port of the gate's own", function(t)
  local inp = input("implementer", { cwd = "none" })
  inp.bottle.ssh = { { host = "a", hostname = "a.example", user = "git", port = 443,
    identity_file = "/k" } }
  t.has(texts(preflight.look(inp.registry, inp.bottle, (plan.build(inp)))),
    "bottles.default.ssh[1].Port: the gate needs port 443 for TLS")
end)

test.case("N15: a mount is judged by what it leads to, and /proc leads elsewhere", function(t)
  local function said(source)
    local inp = input("implementer", { cwd = "none" })
    rule(inp, "mounts", function(_, mounts)
      mounts:set("/data", { type = "bind", source = source, read_only = true })
    end)
    return texts(preflight.look(inp.registry, inp.bottle, (plan.build(inp))))
  end
  for _, source in ipairs { "/", "/tmp/..", "/proc/self/root", "/proc/self/root/usr/.." } do
    t.has(said(source), "the whole file system is no project folder")
  end
  for _, source in ipairs { "/proc/self/cwd", "/proc/self/root/tmp", "/proc" } do
    t.has(said(source), source .. ": what is in /proc is another thing for each process")
  end
  t.eq(said "/usr/share", said "/usr/lib")
end)

test.case("the rule that turned seed phrases off is a route to the model", function(t)
  local inp = input("implementer", { cwd = "none" })
  t.eq(plan.build(inp).egress.seed_phrase_detection, true)
  inp = input("implementer", { cwd = "none" })
  inp.bottle.egress_proxy.routes = json.array { { Host = "api.anthropic.com" } }
  t.eq(plan.build(inp).egress.seed_phrase_detection, false)
end)

-- The engine's table, key by key.

local function config(more, ca, rules)
  local inp = input("implementer", more)
  for point, run in pairs(rules or {}) do rule(inp, point, run) end
  return gateconf.build(inp.registry, inp.bottle, (plan.build(inp)), ca)
end

test.case("the engine is strict, enforces, and proxies", function(t)
  local c = config()
  t.eq(c.version, 1)
  t.eq(c.mode, "strict")
  t.eq(c.enforce, true)
  t.eq(c.forward_proxy.enabled, true)
  t.eq(c.dlp.include_defaults, true)
  t.eq(c.request_body_scanning.action, "block")
  t.eq(c.request_body_scanning.header_mode, "all")
  for _, name in ipairs(c.request_body_scanning.ignore_headers) do
    t.eq(name == "user-agent" or name == "accept", false)
  end
  t.has(table.concat(c.api_allowlist, " "), "registry.acme.example:8443")
end)

test.case("H20: the engine of a bottle without hosts gets one that is nobody's", function(t)
  local inp = input("implementer")
  local all = plan.build(inp).egress.allowlist
  inp.registry:rule("allowlist", { id = "test/none", after = "*", run = function(_, hosts)
    for _, entry in ipairs(all) do hosts:remove(entry.host) end
  end })
  local p = plan.build(inp)
  t.eq(p.egress.summary, "0 hosts allowed (none)")
  t.same(gateconf.build(inp.registry, inp.bottle, p).api_allowlist, { "nothing.invalid" })
end)

test.case("tls_interception stands there only with a CA, and both of its files", function(t)
  t.eq(config().tls_interception, nil)
  local tls = config(nil, { cert = "/c", key = "/k" }).tls_interception
  t.same(tls, { enabled = true, ca_cert = "/c", ca_key = "/k",
    passthrough_domains = { "api.anthropic.com" } })
  t.raises("needs both ca_cert and ca_key, got ca_cert alone", config, nil, { cert = "/c" })
  t.raises("got ca_key alone", config, nil, { key = "/k" })
end)

test.case("ssrf stands there only when it opens something, and in CIDR form", function(t)
  t.eq(config().ssrf, nil)
  local function with(entry)
    return config(nil, nil, { ssrf = function() return { entry } end }).ssrf
  end
  t.same(with "10.1.0.0/16", { ip_allowlist = { "10.1.0.0/16" } })
  t.raises("10.1.2.3 is an address: write it with its prefix", with, "10.1.2.3")
  t.raises("ssrf: 10.1.2.3/16", with, "10.1.2.3/16")
  t.raises("ssrf: 0.0.0.0/0", with, "0.0.0.0/0")
end)

test.case("seed_phrase_detection stands there only when it is off", function(t)
  t.eq(config().seed_phrase_detection, nil)
  t.same(config(nil, nil, { seed_phrase = function() return false end }).seed_phrase_detection,
    { enabled = false })
end)

test.case("pipelock gets more room, names without ports, and no key of the gate", function(t)
  local c = config({ engine = "pipelock" }, nil, {
    ["pipelock.image"] = function() return "p@sha256:" .. ("a"):rep(64) end,
    denylist = function() return { "bad.example:8443" } end })
  t.eq(c.fetch_proxy.monitoring.max_requests_per_minute, 6000)
  t.same(c.fetch_proxy.monitoring.blocklist, { "bad.example" })
  t.eq(c.gate, nil)
  t.eq(table.concat(c.api_allowlist, " "):find(":", 1, true), nil)
  t.has(table.concat(c.api_allowlist, " "), "registry.acme.example")
end)

test.case("the gate has no rate limit, and gets names with fixed addresses", function(t)
  local c = config(nil, nil, { resolve = function() return { ["a.corp"] = { "10.0.0.1" } } end })
  t.eq(c.fetch_proxy, nil)
  t.same(c.gate.resolve, { ["a.corp"] = { "10.0.0.1" } })
end)

test.case("an ssh entry is forwarded on its own port, to its own host", function(t)
  t.eq(gateconf.forwards({ ssh = {} }, "10.213.0.2"), nil)
  t.same(gateconf.forwards({ ssh = { { hostname = "git.example", port = 30009 } } },
    "10.213.0.2"), { { listen = "10.213.0.2:30009", host = "git.example", port = 30009 } })
end)

test.case("no config rule may turn the enforcement off", function(t)
  local function last(key, v)
    local inp = input "implementer"
    inp.registry:rule("config", { id = "x", after = "*",
      run = function(_, c) c[key] = v end })
    return gateconf.build(inp.registry, inp.bottle, (plan.build(inp)))
  end
  t.raises("only strict enforces", last, "mode", "audit")
  t.raises("enforce must be true", last, "enforce", false)
  t.raises("api_allowlist is missing", last, "api_allowlist", false)
end)

test.case("a folder with bottle's own policies or ledgers in it is no project folder", function(t)
  local state <const> = paths.state
  paths.state = function() return "/nonexistent/state/bottle" end
  local function of(source, more)
    local m = { type = "bind", source = source, target = source }
    for k, v in pairs(more or {}) do m[k] = v end
    local inp = input "implementer"
    local made = plan.build(inp)
    made.mounts = { m }
    return texts(preflight.look(inp.registry, inp.bottle, made))
  end
  t.has(of "/nonexistent", "holds bottle's own /nonexistent/bottle")
  t.has(of "/nonexistent/state", "holds bottle's own /nonexistent/state/bottle")
  t.has(of "/nonexistent/bottle/policies.d", "holds bottle's own")
  t.eq(of("/nonexistent", { read_only = true }):find("own", 1, true), nil)
  t.eq(of("/nonexistent", { type = "copy" }):find("own", 1, true), nil)
  t.eq(of("/nonexistent/app"):find("own", 1, true), nil)
  paths.state = state
end)
