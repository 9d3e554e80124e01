--- A route without its host in the list could never be taken.
local policy <const> = require "policy"

policy.rule("allowlist", { id = "routes", run = function(bottle, hosts)
  for _, route in ipairs(bottle.egress_proxy.routes) do hosts:add(route.Host) end
end })
