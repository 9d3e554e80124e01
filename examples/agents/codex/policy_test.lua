local test <const> = require "bottle.test"
local try <const> = require "bottle.try"

local at <const> = "examples/agents/codex/"
local site <const> = try.new(at .. "policy.lua", at .. "bottle.json")

test.case("codex reaches its own model, unopened, and no other one", function(t)
  t.eq(site:tls "api.openai.com", "passthrough")
  t.eq(site:verdict "api.anthropic.com", "deny")
  t.eq(#site.plan.egress.allowlist, 5)
  t.eq(site.plan.image, "bottle-agent-codex")
  t.eq(site.plan.command[1], "codex")
end)

test.case("what it needs for its start comes after the prompt", function(t)
  t.has(table.concat(site.plan.provision, " "), "codex/start")
end)
