--- A route without its host in the list could never be taken.
local policy <const> = require "policy"

policy.rule("allowlist", { id = "routes", run = function(bottle, hosts)
  for _, route in ipairs(bottle.egress_proxy.routes) do
    local name = route.Host:find ":" and "[" .. route.Host .. "]" or route.Host
    hosts:add((route.port or 443) == 443 and name or name .. ":" .. route.port)
  end
end })
