local policy <const> = require "policy"

policy.rule("dlp_action", { id = "bottle", run = function(bottle)
  return bottle.egress.dlp_action
end })
policy.rule("dlp_action", { id = "block", after = "*", run = function() return "block" end })
