--- Where the /28 of each network is taken from.
local policy <const> = require "policy"

policy.rule("subnet_pool", { id = "default", after = "*", run = function()
  return "10.213.0.0/16"
end })
