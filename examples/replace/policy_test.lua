local test <const> = require "bottle.test"
local try <const> = require "bottle.try"

local site <const> = try.new("examples/replace/policy.lua", "examples/replace/bottle.json")

test.case("the shipped hosts are gone, and the gateway stands in their place", function(t)
  t.eq(site:verdict "api.anthropic.com", "deny")
  t.eq(site:verdict "llm-gateway.acme.example", "allow")
  t.eq(site.registry:rules "allowlist"[1].id, "defaults")
end)

test.case("bodies to the model are looked at, since the gateway is ours", function(t)
  t.eq(site:tls "llm-gateway.acme.example", "intercept")
  t.eq(#site.plan.egress.tls_interception.passthrough_domains, 0)
end)

test.case("the manifest's image still wins over the site's", function(t)
  t.eq(site.plan.image, "bottle-agent-claude")
end)
