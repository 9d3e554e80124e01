--- With a route to the model its bodies are opened, and prose holds runs of common words.
local policy <const> = require "policy"

policy.rule("seed_phrase", { id = "llm", run = function(bottle)
  for _, route in ipairs(bottle.egress_proxy.routes) do
    if route.Host == "api.anthropic.com" then return false end
  end
end })

policy.rule("seed_phrase", { id = "on", after = "*", run = function() return true end })
