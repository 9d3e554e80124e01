--- What a program can ask to know where it runs.
local policy <const> = require "policy"

policy.rule("env", { id = "box", run = function(bottle)
  return { BOTTLE = "1", BOTTLE_AGENT = bottle.agent.name }
end })
