-- bottle scan --git, as a hook before a push meets it. Tokens are made here: the tree holds none.
local fs <const> = require "bottle.fs"
local json <const> = require "bottle.json"
local proc <const> = require "bottle.proc"
local scratch <const> = require "bottle.scratch"
local test <const> = require "bottle.test"

local exe <const> = assert(fs.realpath "/proc/self/exe")
local token <const> = "ghp" .. "_" .. ("a1B2c3D4e5"):rep(4):sub(1, 36)
local kind <const> = "GitHub Token (critical)"

local env <const> = { GIT_AUTHOR_NAME = "a", GIT_AUTHOR_EMAIL = "a@x.test",
  GIT_COMMITTER_NAME = "a", GIT_COMMITTER_EMAIL = "a@x.test",
  GIT_CONFIG_GLOBAL = "/dev/null", GIT_CONFIG_NOSYSTEM = "1",
  GIT_AUTHOR_DATE = "2026-01-01T00:00:00Z", GIT_COMMITTER_DATE = "2026-01-01T00:00:00Z",
  PATH = os.getenv "PATH", NO_COLOR = "1" }

---@class Repo
local Repo = {}
Repo.__index = Repo

function Repo:git(...)
  local done = assert(proc.run({ "git", ... }, { cwd = self.dir, env = env, timeout = 60000 }))
  assert(done.code == 0, done.stderr)
  return (done.stdout:gsub("%s+$", ""))
end

function Repo:commit(message, files)
  for name, text in pairs(files) do assert(fs.write(self.dir .. "/" .. name, text)) end
  self:git("add", "-A")
  self:git("commit", "-q", "--allow-empty", "-m", message)
  return self:git("rev-parse", "HEAD"):sub(1, 12)
end

function Repo:scan(t, ...)
  local done = assert(proc.run({ exe, "scan", ... },
    { cwd = self.dir, env = env, timeout = 60000 }))
  for _, text in ipairs { done.stdout, done.stderr } do
    t.eq(text:find(token:sub(1, 12), 1, true), nil)
  end
  return done.stdout, done.code, done.stderr
end

local function repo(fn)
  local s <close> = assert(scratch.open())
  local r = setmetatable({ dir = s:path() }, Repo)
  r:git("init", "-q", "-b", "main")
  r:commit("first", { old = "a line\n" .. token .. "\n", keep = "1\n2\n3\n" })
  r:git("tag", "base")
  fn(r)
end

test.case("a range without a secret is silence, whatever older commits hold", function(t)
  repo(function(r)
    r:commit("second", { old = "a line\n" .. token .. "\nmore\n", new = "clean\n" })
    local out, code, err = r:scan(t, "--git", "base..HEAD")
    t.eq(out .. err, "")
    t.eq(code, 0)
  end)
end)

test.case("a secret that a later commit takes away is found, with its file and line", function(t)
  repo(function(r)
    local id <const> = r:commit("in", { keep = "1\nx\n2\n3\n" .. token .. "\n" })
    r:commit("out", { keep = "1\n2\n3\n" })
    local out, code = r:scan(t, "--git", "base..HEAD")
    t.eq(out, ("%s: keep:5: %s\n"):format(id, kind))
    t.eq(code, 1)
  end)
end)

test.case("a message, an author, a tag and a file name are seen; the name is not shown", function(t)
  repo(function(r)
    local a <const> = r:commit("see " .. token, {})
    local b <const> = r:commit("named", { ["x" .. token] = token })
    r:git("-c", "user.name=" .. token, "commit", "-q", "--allow-empty", "-m", "who",
      "--author", token .. " <a@x.test>")
    local c <const> = r:git("rev-parse", "HEAD"):sub(1, 12)
    r:git("tag", "-a", "v1", "-m", "tag " .. token)
    local out, code = r:scan(t, "--git", "base..v1")
    t.has(out, ("%s: message:2: %s\n"):format(a, kind))
    t.has(out, ("%s: a file name:1: %s\n"):format(b, kind))
    t.has(out, ("%s: content:1: %s\n"):format(b, kind))
    t.has(out, ("%s: header:"):format(c))
    t.has(out, ("%s: message:2: %s\n"):format(r:git("rev-parse", "v1"):sub(1, 12), kind))
    t.eq(code, 1)
  end)
end)

test.case("what a merge itself adds is found, and nothing of its parents twice", function(t)
  repo(function(r)
    r:git("checkout", "-q", "-b", "side")
    r:commit("side", { side = "s\n" })
    r:git("checkout", "-q", "main")
    r:commit("main", { keep = "0\n1\n2\n3\n" })
    r:git("merge", "-q", "--no-commit", "side")
    local id <const> = r:commit("merge", { side = "s\nevil " .. token .. "\n" })
    t.eq((r:scan(t, "--git", "base..HEAD")), ("%s: side:2: %s\n"):format(id, kind))
  end)
end)

test.case("binary files, UTF-16 and attributes that hide a diff hide nothing", function(t)
  repo(function(r)
    local wide <const> = "\xff\xfe" .. token:gsub(".", "%0\0")
    r:commit("in", { [".gitattributes"] = "* -diff binary filter=x\n",
      bin = "\0\1" .. token .. "\0", wide = wide })
    local out = r:scan(t, "--git", "base..HEAD")
    t.has(out, " bin:1: " .. kind)
    t.has(out, " wide:1: " .. kind)
  end)
end)

test.case("nothing that the repository's own configuration names is run", function(t)
  repo(function(r)
    local ran <const> = r.dir .. "/ran"
    local tool <const> = r.dir .. "/.git/tool"
    assert(fs.write(tool, "#!/bin/sh\ntouch " .. ran .. "\n", 493))
    for _, key in ipairs { "core.fsmonitor", "diff.external", "diff.d.textconv",
      "diff.d.command", "core.pager", "core.sshCommand", "filter.d.clean", "filter.d.smudge",
      "gpg.program" } do
      r:git("config", key, tool)
    end
    r:git("config", "log.showSignature", "true")
    assert(fs.write(r.dir .. "/.git/info/attributes", "* diff=d filter=d\n"))
    local tree <const> = r:git("rev-parse", "HEAD^{tree}")
    r:git("update-ref", "HEAD", r:git("commit-tree", tree, "-p", "HEAD", "-m", "x"))
    local out, code, err = r:scan(t, "--git", "HEAD")
    t.has(out, " old:2: " .. kind)
    t.eq(err, "")
    t.eq(code, 1)
    t.eq(fs.lstat(ran), nil)
  end)
end)

test.case("an object that stands in for another hides nothing", function(t)
  repo(function(r)
    local bad <const> = r:commit("in", { keep = token })
    r:git("replace", "--graft", "HEAD")
    local blob <const> = r:git("rev-parse", "HEAD:keep")
    assert(fs.write(r.dir .. "/other", "clean\n"))
    r:git("replace", "-f", blob, r:git("hash-object", "-w", "other"))
    t.has((r:scan(t, "--git", "base..HEAD")), bad .. ": keep:1: " .. kind)
  end)
end)

test.case("JSON names the commit, SARIF is for code hosts", function(t)
  repo(function(r)
    local id <const> = r:commit("in", { ["a b"] = "\n" .. token })
    local text <const> = r:scan(t, "--git", "base..HEAD", "--format=json")
    local one <const> = assert(json.decode(text)).findings[1]
    t.eq(one.commit:sub(1, 12), id)
    t.eq(one.where, "content")
    t.eq(one.file, "a b")
    t.eq(one.line, 2)
    local out, code = r:scan(t, "--git", "base..HEAD", "--format=sarif")
    local run <const> = assert(json.decode(out)).runs[1]
    t.eq(run.tool.driver.rules[1].id, "GitHub Token")
    local at <const> = run.results[1].locations[1].physicalLocation
    t.eq(at.artifactLocation.uri, "a%20b")
    t.eq(at.region.startLine, 2)
    t.eq(code, 1)
  end)
end)

test.case("no range, no repository, a range and a file: each is one line, status 2", function(t)
  repo(function(r)
    local bad <const> = { { "--git", "nowhere" }, { "--git=--all" }, { "--git", "HEAD", "old" } }
    for _, args in ipairs(bad) do
      local out, code, err = r:scan(t, table.unpack(args))
      t.eq(out, "")
      t.eq(select(2, err:gsub("\n", "")), 1)
      t.eq(code, 2)
    end
    assert(fs.remove_tree(r.dir .. "/.git"))
    local _, code, err = r:scan(t, "--git", "HEAD")
    t.has(err, "not a git repository")
    t.eq(code, 2)
  end)
end)
