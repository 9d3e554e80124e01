local scope <const> = require "bottle.native.scope"
local fs <const> = require "bottle.fs"
local scratch <const> = require "bottle.scratch"
local test <const> = require "bottle.test"

local GB <const> = 1 << 30

test.case("a scope limits memory, processes and processor time", function(t)
  local words = scope.words({ program = "/usr/bin/systemd-run", user = true, cpu = true,
    after_oom = { "OOMPolicy=continue" } }, "a-b", { memory = 4 * GB, pids = 512, cpus = 1.5 })
  t.eq(table.concat(words, " "), "/usr/bin/systemd-run --user --scope --quiet --collect " ..
    "--unit=bottle-a-b --property=MemoryMax=4294967296 --property=MemorySwapMax=0 " ..
    "--property=OOMPolicy=continue --property=TasksMax=512 --property=CPUQuota=150% --")
end)

test.case("root has the machine's; what is not or cannot be limited is not named", function(t)
  local words = scope.words({ program = "/bin/systemd-run", user = false, cpu = false }, "x",
    { cpus = 2 })
  t.eq(table.concat(words, " "), "/bin/systemd-run --scope --quiet --collect --unit=bottle-x --")
end)

test.case("where the kernel killed a process systemd is kept from ending the rest", function(t)
  local dir <close> = assert(scratch.open())
  local function words(version)
    local program = dir:path() .. "/systemd-run"
    assert(fs.write(program, "#!/bin/sh\necho 'systemd " .. version .. "'\n", 448))
    local said = scope.words({ program = program, user = true }, "x", { memory = GB })
    return table.concat(said, " "):match "MemorySwapMax=0 (.*) %-%-$"
  end
  local before <const> = "--property=KillSignal=SIGCONT --property=TimeoutStopSec=infinity"
  t.eq(words "252 (252.39-1~deb12u2)", before)
  t.eq(words "253.1", "--property=OOMPolicy=continue")
  t.eq(words "257 (257.9-1)", "--property=OOMPolicy=continue")
end)
