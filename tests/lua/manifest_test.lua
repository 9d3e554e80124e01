local fs <const> = require "bottle.fs"
local manifest <const> = require "bottle.manifest"
local manifest_files <const> = require "bottle.manifest_files"
local paths <const> = require "bottle.paths"
local schema <const> = require "bottle.schema"
local scratch <const> = require "bottle.scratch"
local test <const> = require "bottle.test"

local function with(text, name, fn)
  local s <close> = assert(scratch.open())
  local path = s:path() .. "/" .. (name or "bottle.json")
  assert(fs.write(path, text))
  return fn(manifest.load(path), s:path())
end

-- Take the folder's name out wherever it stands; it holds characters that patterns read.
local function without(text, folder)
  return (text:gsub(folder:gsub("%p", "%%%0") .. "/", ""))
end

local function problems(text, name)
  return with(text, name, function(m, folder)
    local out = {}
    for i, p in ipairs(m.problems) do
      out[i] = (p.warning and "warning: " or "") .. without(schema.text(p), folder)
    end
    return table.concat(out, "\n")
  end)
end

local function bottle(fields)
  return ('{"bottles":{"d":{%s}},"agents":{"a":{"bottle":"d"}}}'):format(fields)
end

local function one(t, fields, want) t.has(problems(bottle(fields)), want) end

test.case("the manifest of the documentation fits", function(t)
  t.eq(problems [[{ "bottles": { "default": {
    "env": { "NODE_ENV": "development", "GITHUB_TOKEN": { "from_env": "GITHUB_TOKEN" } },
    "ssh": [ { "Host": "gitea", "HostName": "gitea.example.org", "User": "git", "Port": 30009,
      "IdentityFile": "~/.ssh/id_gitea" } ],
    "git": [ { "name": "origin", "url": "ssh://git@github.com/acme/app.git",
      "identity_file": "~/.ssh/id_ed25519" } ],
    "egress": { "allowlist": ["github.com", "*.pkgs.example"], "dlp_action": "block",
      "tls_passthrough_domains": [] },
    "egress_proxy": { "routes": [ { "Host": "api.github.com", "methods": ["GET", "POST"],
      "paths": ["/repos/acme/"], "auth": { "scheme": "bearer", "token_env": "GITHUB_TOKEN" } } ] },
    "resources": { "memory": "4g", "pids": 512, "cpus": 2 }, "supervise": false } },
    "agents": { "implementer": { "bottle": "default", "skills": ["review"], "prompt": "You are",
      "image": "bottle-agent-claude", "command": ["claude"] } } }]], "")
end)

test.case("a problem has its file, line and path", function(t)
  t.eq(problems '{\n "bottles": {},\n "agents": {\n  "a": { "bottle": "d",\n   "skills": [1] } } }',
    "bottle.json:5: agents.a.skills[1]: want string, got number")
  t.eq(problems('bottles: {}\nagents:\n  a:\n    bottle: d\n    skils: []\n', "bottle.yaml"),
    "bottle.yaml:5: agents.a.skils: unknown key (did you mean skills?)")
end)

test.case("a file that is no JSON says where it breaks", function(t)
  t.raises("bottle.json:2: column", problems, "{\n]")
end)

test.case("an unknown key is an error, inside egress a warning", function(t)
  one(t, '"egres": {}', "bottles.d.egres: unknown key (did you mean egress?)")
  local text = problems(bottle '"egress": { "later": 1 }')
  t.eq(text, "warning: bottle.json:1: bottles.d.egress.later: unknown key")
end)

test.case("hosts that are no hosts are refused with the reason", function(t)
  for _, entry in ipairs { "https://x.example/", "*", "*.com", "*.co.uk", "", "x.example/path",
    "2130706433", "a b" } do
    local text = problems(bottle(('"egress": { "allowlist": ["%s"] }'):format(entry)))
    t.has(text, "bottles.d.egress.allowlist[1]: ")
  end
  t.eq(problems(bottle '"egress": { "allowlist": ["bücher.example", "*.a.example:8443"] }'), "")
end)

test.case("dlp_action is block or warn", function(t)
  one(t, '"egress": { "dlp_action": "wran" }', '(did you mean warn?)')
end)

test.case("what goes into ssh's files can hold no second line", function(t)
  one(t, '"ssh": [{"Host":"a\\nProxyCommand x","HostName":"h.example","IdentityFile":"k"}]',
    "ssh[1].Host: ")
  one(t, '"ssh": [{"Host":"a","HostName":"h.example","IdentityFile":"k","User":"-oX"}]',
    "ssh[1].User: ")
  one(t, '"ssh": [{"Host":"a"}]', "ssh[1].HostName: is missing")
end)

test.case("two ssh entries with one upstream port are refused", function(t)
  one(t, [["ssh": [{"Host":"a","HostName":"a.example","IdentityFile":"k"},
    {"Host":"b","HostName":"b.example","IdentityFile":"k","Port":22}] ]],
    "a and b have one upstream port, 22")
end)

test.case("a variable has one source", function(t)
  one(t, '"env": { "A": {} }', "want from_env or prompt")
  one(t, '"env": { "A": { "from_env": "B", "prompt": "?" } }', "not both")
  one(t, '"env": { "A": 1 }', "got number")
  one(t, '"env": { "A B": "x" }', "not a name")
end)

test.case("sizes, ports and counts are checked", function(t)
  one(t, '"resources": { "memory": "lots" }', 'want a size such as')
  one(t, '"resources": { "pids": 0 }', "above 0")
  one(t, '"ssh": [{"Host":"a","HostName":"h.example","IdentityFile":"k","Port":70000}]',
    "want a port")
end)

test.case("an agent may be left out only where there is one", function(t)
  with('{"bottles":{"d":{}},"agents":{"a":{"bottle":"d"}}}', nil, function(m)
    t.eq(manifest.agent(m), "a")
    t.raises("no agent b; it has a", manifest.agent, m, "b")
  end)
  with('{"bottles":{"d":{}},"agents":{"a":{"bottle":"d"},"b":{"bottle":"d"}}}', nil, function(m)
    t.raises("say which agent: a, b", manifest.agent, m)
  end)
end)

test.case("an agent's bottle must be there", function(t)
  with('{"bottles":{"default":{}},"agents":{"a":{"bottle":"defualt"}}}', nil, function(m)
    t.raises("agents.a.bottle: no bottle defualt %(did you mean default%?%)", manifest.resolve, m,
      "a")
  end)
end)

test.case("paths begin in the manifest's folder, ~ is the home", function(t)
  local home = paths.home
  paths.home = function() return "/home/me" end
  with(bottle [["ssh": [{"Host":"a","HostName":"h.example","IdentityFile":"../k"},
    {"Host":"b","HostName":"h.example","IdentityFile":"~/.ssh/k","Port":23}] ]], nil,
    function(m, folder)
      local b = manifest.resolve(m, "a")
      t.eq(b.ssh[1].identity_file, folder:match "^(.*)/" .. "/k")
      t.eq(b.ssh[2].identity_file, "/home/me/.ssh/k")
      t.eq(b.ssh[1].port, 22)
    end)
  paths.home = home
end)

local function looked(text, prepare)
  return with(text, nil, function(m, folder)
    if prepare then prepare(folder) end
    local files = manifest_files.look(m, manifest.resolve(m, "a"))
    local out = {}
    for i, p in ipairs(files.problems) do out[i] = without(schema.text(p), folder) end
    return table.concat(out, "\n"), files
  end)
end

test.case("D12: a credential with a line break or a NUL is refused at load", function(t)
  local text = [[{"bottles":{"d":{"env":{"T":"tr0ub4dor&3x%s"},"egress_proxy":{"routes":[
    {"Host":"api.github.com","auth":{"scheme":"bearer","token_env":"T"}}]}}},
    "agents":{"a":{"bottle":"d"}}}]]
  for _, bad in ipairs { "\\r\\nX-Admin: 1", "\\nX: 1", "\\r" } do
    local said = looked(text:format(bad))
    t.has(said, "bottles.d.egress_proxy.routes[1].auth.token_env: the value of T holds a line")
    t.eq(said:find("tr0ub4dor", 1, true), nil)
  end
  t.eq(looked(text:format ""), "")
  t.has(looked(text:format " "), "the value of T begins or ends with a blank")
  t.has(looked((text:gsub("tr0ub4dor&3x", "s3cr"):format "")),
    "the value of T cannot be watched for: want 8 characters and 5 different ones")
  local ok, said = pcall(looked, text:format "\\u0000x")
  t.has(ok and said or tostring(said), "U+0000")
end)

local agent <const> = '{"bottles":{"d":{}},"agents":{"a":{"bottle":"d",%s}}}'

test.case("a skill that is nowhere is named with the places that were looked at", function(t)
  t.has((looked(agent:format '"skills":["nope"]')),
    "agents.a.skills[1]: no skill nope in skills, ")
  local text, files = looked(agent:format '"skills":["mine"]', function(folder)
    assert(fs.mkdir_p(folder .. "/skills/mine"))
  end)
  t.eq(text, "")
  t.has(files.skills[1].path, "/skills/mine")
end)

test.case("the name of a skill is no path", function(t)
  t.has(problems(agent:format '"skills":["../x"]'), "is not the name of a skill")
end)

test.case("a prompt may come from a file, which must be there", function(t)
  t.has((looked(agent:format '"prompt":{"file":"p.md"}')), "agents.a.prompt.file: ")
  local _, files = looked(agent:format '"prompt":{"file":"p.md"}', function(folder)
    assert(fs.write(folder .. "/p.md", "be good"))
  end)
  t.eq(files.prompt, "be good")
end)

test.case("an identity file must be there and be private", function(t)
  local text <const> = bottle '"ssh":[{"Host":"a","HostName":"h.example","IdentityFile":"k"}]'
  t.has((looked(text)), "bottles.d.ssh[1].IdentityFile: ")
  t.has((looked(text, function(f) assert(fs.write(f .. "/k", "key", 420)) end)), "chmod 600 it")
  t.eq((looked(text, function(f) assert(fs.write(f .. "/k", "key", 384)) end)), "")
  t.has((looked(text, function(f) assert(fs.mkdir_p(f .. "/k")) end)), "not a file")
end)

test.case("a variable that the environment lacks is told, a prompt is left to the run", function(t)
  t.has((looked(bottle '"env":{"A":{"from_env":"BOTTLE_NO_SUCH"}}')),
    "bottles.d.env.A: BOTTLE_NO_SUCH is not set")
  local text, files = looked(bottle '"env":{"A":{"prompt":"A?"},"B":{"from_env":"PATH"}}')
  t.eq(text, "")
  t.eq(files.secrets.prompts[1].name, "A")
  t.eq(files.secrets.env.B, os.getenv "PATH")
  t.eq(files.env[2].source, "from_env PATH")
end)

test.case("without a manifest the places are told", function(t)
  local path, where = manifest.find "/nonexistent/bottle.json"
  t.eq(path, nil)
  t.eq(where[1], "/nonexistent/bottle.json")
end)
