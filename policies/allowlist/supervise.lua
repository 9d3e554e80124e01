--- The name under which the agent reaches its supervisor, where there is one.
local policy <const> = require "policy"

policy.rule("allowlist", { id = "supervise", run = function(bottle)
  if bottle.supervise then return { "supervise.bottle.internal" } end
end })
