local policy_load <const> = require "bottle.policy_load"
local provision <const> = require "bottle.provision"
local test <const> = require "bottle.test"

-- A box that writes down what is done to it.
local function fake(files)
  local box = { done = {}, files = files or {} }
  function box:exec(script)
    self.done[#self.done + 1] = "exec " .. script
    return "", "", 0
  end
  function box:copy_in(from, to, opts)
    local mode = opts and opts.mode and (" %o"):format(opts.mode) or ""
    self.files[to] = type(from) == "table" and from.data or "<" .. from .. ">"
    self.done[#self.done + 1] = "copy " .. to .. mode
  end
  function box:read(path) return self.files[path] end
  function box:exists(path) return self.files[path] ~= nil end
  function box.home() return "/home/agent" end
  function box.user() return { name = "agent", uid = 1000, gid = 1000 } end
  return box
end

local ca <const> = "/usr/local/share/ca-certificates/claude-bottle-mitm.crt"

local function plan(more)
  local p = { skills = {}, ssh = {}, git = {}, mounts = {},
    egress = { tls_interception = { enabled = true } } }
  for k, v in pairs(more or {}) do p[k] = v end
  return p
end

local function steps(more)
  local r = policy_load.load "default"
  for _, rule in ipairs(more or {}) do r:rule("provision", rule) end
  return r
end

test.case("a bottle with nothing to put in gets its prompt file and nothing else", function(t)
  local box = fake { [ca] = "x" }
  provision.run(steps(), box, plan(), {})
  t.eq(table.concat(box.done, "\n"), "copy ~/.config/bottle/prompt.md 600")
  t.eq(box.files["~/.config/bottle/prompt.md"], "")
end)

test.case("a box without its CA is not provisioned", function(t)
  t.raises("provision: ca %(policies/provision/ca.lua:%d+%): .*is not in the box", provision.run,
    steps(), fake(), plan(), {})
end)

test.case("skills go where the agent looks for them", function(t)
  local box = fake { [ca] = "x" }
  provision.run(steps(), box, plan { skills = { { name = "review", path = "/m/skills/review" } } },
    { prompt = "Be brief." })
  t.eq(box.files["~/.claude/skills/review"], "</m/skills/review>")
  t.eq(box.files["~/.config/bottle/prompt.md"], "Be brief.")
end)

test.case("ssh: keys are private, the configuration names them, known keys are held to", function(t)
  local box = fake { [ca] = "x" }
  local ssh <const> = {
    { host = "gitea", hostname = "gitea.example.org", user = "git", port = 30009,
      identity_file = "/k/id" },
    { host = "new", hostname = "new.example.org", user = "me", port = 22, identity_file = "/k/n" },
  }
  provision.run(steps(), box, plan { ssh = ssh },
    { known_hosts = { gitea = "[gitea.example.org]:30009 ssh-ed25519 AAAA\n" } })
  t.has(table.concat(box.done, "\n"), "copy ~/.ssh/bottle_1 600\ncopy ~/.ssh/bottle_2 600")
  t.has(table.concat(box.done, "\n"), "exec chmod 700 ~/.ssh")
  local config = box.files["~/.ssh/config"]
  t.has(config, "Host gitea gitea.example.org\n  HostName bottle-gate\n" ..
    "  HostKeyAlias [gitea.example.org]:30009\n  User git\n  Port 30009\n" ..
    "  IdentityFile ~/.ssh/bottle_1\n  IdentitiesOnly yes\n  StrictHostKeyChecking yes\n")
  t.has(config, "StrictHostKeyChecking accept-new")
  t.eq(box.files["~/.ssh/known_hosts"], "[gitea.example.org]:30009 ssh-ed25519 AAAA\n")
end)

test.case("git: the operator's name goes in quoted, what the image configured stays", function(t)
  local box = fake { [ca] = "x", ["~/.gitconfig"] = "[core]\n\tpager = cat\n" }
  provision.run(steps(), box, plan { mounts = { { target = "/home/dev/app" } } },
    { git_identity = { name = 'A "B" C\\', email = "a@b.example" } })
  t.eq(box.files["~/.gitconfig"], "[core]\n\tpager = cat\n[user]\n" ..
    "\tname = \"A \\\"B\\\" C\\\\\"\n" ..
    "\temail = \"a@b.example\"\n[safe]\n\tdirectory = \"/home/dev/app\"\n")
end)

test.case("a step that fails names itself, and those before it are taken back", function(t)
  local undone = {}
  local r = steps {
    { id = "one", run = function() end, undo = function() undone[#undone + 1] = "one" end },
    { id = "two", run = function() error("no room", 0) end },
  }
  t.raises("provision: two %(.*provision_test.lua:%d+%): no room", provision.run, r,
    fake { [ca] = "x" }, plan(), {})
  t.eq(table.concat(undone, " "), "one")
end)

test.case("an operator's step runs where it asks to", function(t)
  local box = fake { [ca] = "x" }
  local r = steps { { id = "acme/dotfiles", before = "prompt",
    run = function(b) b:copy_in("~/.vimrc", "~/.vimrc") end } }
  provision.run(r, box, plan(), {})
  t.eq(box.done[1], "copy ~/.vimrc")
end)
