--- No agent, a shell: to look round in a bottle, or to run what somebody sent you. Nothing is
--- allowed but what the manifest says; begin here for an agent of your own.
local policy <const> = require "policy"

policy.rule("allowlist", { id = "defaults", replace = true, run = function() end })
policy.rule("passthrough", { id = "llm", replace = true, run = function() end })

policy.rule("env", { id = "shell/prompt", run = function()
  return { PS1 = "bottle$ " }
end })
