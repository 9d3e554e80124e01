local policy <const> = require "policy"

policy.rule("image", { id = "agent", run = function(bottle) return bottle.agent.image end })
policy.rule("image", { id = "claude", after = "*", run = function()
  return "bottle-agent-claude"
end })
