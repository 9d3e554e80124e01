local scope <const> = require "bottle.native.scope"
local test <const> = require "bottle.test"

local GB <const> = 1 << 30

test.case("a scope limits memory, processes and processor time", function(t)
  local words = scope.words({ program = "/usr/bin/systemd-run", user = true, cpu = true }, "a-b",
    { memory = 4 * GB, pids = 512, cpus = 1.5 })
  t.eq(table.concat(words, " "), "/usr/bin/systemd-run --user --scope --quiet --collect " ..
    "--unit=bottle-a-b --property=MemoryMax=4294967296 --property=MemorySwapMax=0 " ..
    "--property=TasksMax=512 --property=CPUQuota=150% --")
end)

test.case("root has the machine's; what is not or cannot be limited is not named", function(t)
  local words = scope.words({ program = "/bin/systemd-run", user = false, cpu = false }, "x",
    { cpus = 2 })
  t.eq(table.concat(words, " "), "/bin/systemd-run --scope --quiet --collect --unit=bottle-x --")
end)
