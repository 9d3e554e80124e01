--- What the manifest asks for. git and ssh entries never contribute: their traffic does not pass
--- here.
local policy <const> = require "policy"

policy.rule("allowlist", { id = "bottle", run = function(bottle)
  return bottle.egress.allowlist
end })
