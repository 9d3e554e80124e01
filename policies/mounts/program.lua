--- Backend native: an agent's program that is not in /usr is seen read-only where it lies, and so
--- is the folder of what it is a link to. An image brings its own.
local policy <const> = require "policy"

policy.rule("mounts", { id = "program", run = function(_, mounts, run)
  for _, folder in ipairs(run.program or {}) do
    mounts:set(folder, { type = "bind", source = folder, read_only = true })
  end
end })
