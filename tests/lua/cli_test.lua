-- What a hurried user types: one failure is one line on stderr, with the right status.
local fs <const> = require "bottle.fs"
local json <const> = require "bottle.json"
local proc <const> = require "bottle.proc"
local scratch <const> = require "bottle.scratch"
local test <const> = require "bottle.test"

local exe <const> = assert(fs.realpath "/proc/self/exe")

---@param script string with $bottle for the program
local function sh(dir, script)
  return assert(proc.run({ "sh", "-c", script }, { cwd = dir, timeout = 60000,
    env = { bottle = exe, HOME = dir, XDG_CONFIG_HOME = dir .. "/config" } }))
end

local function refused(t, dir, status, script, what)
  local done = sh(dir, script)
  t.eq(done.code, status)
  t.has(done.stderr, what)
  t.eq(done.stderr:sub(1, 8), "bottle: ")
  t.eq(select(2, done.stderr:gsub("\n", "")), 1)
  t.eq(done.stdout, "")
end

test.case("a wrong command line is one line that says where the right one stands", function(t)
  local s <close> = assert(scratch.open())
  refused(t, s:path(), 2, "$bottle run", "run: want POLICY [AGENT] [-- CMD…]; see bottle run --h")
  refused(t, s:path(), 2, "$bottle run x --dry-rum", "did you mean --dry-run?)")
  refused(t, s:path(), 2, "$bottle run x --bad", "unknown option --bad; see")
  refused(t, s:path(), 2, "$bottle rum", "did you mean run?")
  refused(t, s:path(), 2, "$bottle list me", "list: unexpected argument 'me'")
  refused(t, s:path(), 2, "$bottle exec x", "exec: want SLUG -- CMD…; see bottle exec --help")
  refused(t, s:path(), 2, "$bottle doctor -- x", "doctor takes no command after --")
  refused(t, s:path(), 2, "$bottle completion ksh", "want bash, zsh or fish, got 'ksh'")
end)

test.case("a name with a line break stays on the line", function(t)
  local s <close> = assert(scratch.open())
  refused(t, s:path(), 125, "$bottle run \"$(printf 'a\\nb')\"", "no policy a\\x0ab")
end)

test.case("output that cannot be written is a failure, not a silence", function(t)
  local s <close> = assert(scratch.open())
  for _, words in ipairs { "--help", "--version", "run --help", "completion bash" } do
    local run <const> = "$bottle " .. words
    refused(t, s:path(), 125, run .. " >/dev/full", "standard output: No space left")
    refused(t, s:path(), 125, run .. " >&-", "standard output: Bad file descriptor")
  end
end)

test.case("a manifest that is no manifest is named", function(t)
  local s <close> = assert(scratch.open())
  local dir = s:path()
  sh(dir, "mkdir d; printf '{' >half.json; printf '[1]' >list.json; : >empty.json")
  local files <const> = { ["d"] = "directory", ["half.json"] = "half.json",
    ["list.json"] = "list.json", ["empty.json"] = "empty.json", ["none.json"] = "no such manifest" }
  for name, why in pairs(files) do
    refused(t, dir, 125, "$bottle run default --dry-run -m " .. name, why)
  end
end)

test.case("without a manifest a shell is planned, and none can be left there", function(t)
  local s <close> = assert(scratch.open())
  local dir <const> = s:path()
  local away <const> = "unset XDG_CONFIG_HOME; export HOME=/nonexistent; "
  local plan <const> = away ..
    "$bottle run default --backend native --dry-run --format json --name x "
  local done = sh(dir, "export SHELL=/bin/sh; " .. plan)
  t.eq(done.code, 0)
  t.has(done.stderr, "the built-in manifest")
  local p = assert(json.decode(done.stdout))
  t.eq(p.agent, "shell")
  t.eq(p.command[1], "/bin/sh")
  local guarded = table.concat(p.mounts[1].guard, " ")
  t.has(guarded, "bottle.json")
  t.has(guarded, "bottle.yaml")
  p = assert(json.decode(sh(dir, "export SHELL=/home/me/fish; " .. plan .. "-- claude").stdout))
  t.eq(p.command[1], "claude")
  t.eq(sh(dir, ": >bottle.json;" .. away .. "$bottle check default").code, 0)
  refused(t, dir, 125, "echo '{' >bottle.json; $bottle run default --dry-run", "bottle.json")
end)

test.case("what completes in bash is a script that bash reads", function(t)
  local s <close> = assert(scratch.open())
  local done = sh(s:path(), "$bottle completion bash | bash -n && $bottle completion bash >c && " ..
    "bash -c '. ./c; COMP_WORDS=(bottle ru) COMP_CWORD=1; _bottle; echo \"${COMPREPLY[@]}\"; " ..
    "COMP_WORDS=(bottle run --engine p) COMP_CWORD=3; _bottle; echo \"${COMPREPLY[@]}\"'")
  t.eq(done.stderr, "")
  t.eq(done.stdout, "run\npipelock\n")
end)
