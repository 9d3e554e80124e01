local test <const> = require "bottle.test"
local try <const> = require "bottle.try"

local folder <const> = "examples/no-telemetry"
local site <const> = try.new(folder .. "/policy.lua", folder .. "/bottle.json")

test.case("telemetry stays shut even where a manifest asks for it", function(t)
  t.eq(site:verdict "sentry.io", "deny")
  t.eq(site:verdict "statsig.anthropic.com", "deny")
  t.eq(site:verdict "api.anthropic.com", "allow")
end)

test.case("the agent is told not to try", function(t)
  t.eq(site.secrets.env.DISABLE_TELEMETRY, "1")
end)
