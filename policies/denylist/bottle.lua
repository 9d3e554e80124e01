--- What the manifest shuts. Shut wins over allowed (docs/adr/0015-a-denylist.md).
local policy <const> = require "policy"

policy.rule("denylist", { id = "bottle", run = function(bottle) return bottle.egress.denylist end })
