--- Bodies there are people's prose, which trips scanners. A route to it needs its TLS opened.
local policy <const> = require "policy"

local HOST <const> = "api.anthropic.com"

policy.rule("passthrough", { id = "llm", run = function(bottle)
  for _, route in ipairs(bottle.egress_proxy.routes) do
    if route.Host == HOST then return nil end
  end
  return { HOST }
end })
