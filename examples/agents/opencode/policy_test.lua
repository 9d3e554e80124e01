local test <const> = require "bottle.test"
local try <const> = require "bottle.try"

local at <const> = "examples/agents/opencode/"
local site <const> = try.new(at .. "policy.lua", at .. "bottle.json")

test.case("opencode reaches its model, unopened, and its list of models", function(t)
  t.eq(site:tls "api.anthropic.com", "passthrough")
  t.eq(site:tls "models.dev", "intercept")
  t.eq(site:verdict "opencode.ai", "deny")
  t.eq(#site.plan.egress.allowlist, 6)
  t.eq(site.plan.image, "bottle-agent-opencode")
  t.eq(site.plan.command[1], "opencode")
  t.has(table.concat(site.plan.provision, " "), "opencode/start")
end)
