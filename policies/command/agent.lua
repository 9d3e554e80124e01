--- What follows "--" on the command line wins over all of this.
local policy <const> = require "policy"

policy.rule("command", { id = "agent", run = function(bottle) return bottle.agent.command end })
policy.rule("command", { id = "claude", after = "*", run = function() return { "claude" } end })
