local test <const> = require "bottle.test"
local try <const> = require "bottle.try"

local at <const> = "examples/agents/shell/"
local site <const> = try.new(at .. "policy.lua", at .. "bottle.json")

test.case("a shell has what its manifest names, and nothing shipped", function(t)
  t.eq(#site.plan.egress.allowlist, 4)
  t.eq(site:verdict "api.anthropic.com", "deny")
  t.eq(site:tls "pypi.org", "intercept")
  t.eq(#site.plan.egress.tls_interception.passthrough_domains, 0)
  t.eq(site.plan.hardening.agent.memory, "2g")
end)
