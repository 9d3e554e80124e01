local test <const> = require "bottle.test"
local try <const> = require "bottle.try"

local at <const> = "examples/agents/claude/"
local site <const> = try.new(at .. "policy.lua", at .. "bottle.json")
local routed <const> = try.new(at .. "policy.lua", at .. "routed.json")

test.case("claude runs without asking, in its image, with its model unopened", function(t)
  t.eq(table.concat(site.plan.command, " "), "claude --dangerously-skip-permissions")
  t.eq(site.plan.image, "bottle-agent-claude")
  t.eq(site:tls "api.anthropic.com", "passthrough")
  t.eq(site:verdict "registry.npmjs.org", "allow")
end)

test.case("its telemetry has no way out", function(t)
  t.eq(site:verdict "statsig.anthropic.com", "deny")
  t.eq(site:verdict "sentry.io", "deny")
end)

test.case("its first start is prepared after the prompt, and its key stands in no plan", function(t)
  local steps = table.concat(site.plan.provision, " ")
  t.has(steps, "prompt")
  t.has(steps, "claude/start")
  for _, v in ipairs(site.plan.env) do
    if v.name == "ANTHROPIC_API_KEY" then t.has(v.source, "ANTHROPIC_API_KEY") end
  end
end)

test.case("with a route its key is the gate's, and its model's TLS is opened", function(t)
  t.eq(routed:tls "api.anthropic.com", "intercept")
  t.eq(routed.plan.egress.seed_phrase_detection, false)
  t.eq(routed:config().gate.routes[1].auth.header, "x-api-key")
  for _, v in ipairs(routed.plan.env) do
    if v.name == "ANTHROPIC_API_KEY" then t.eq(v.source, "placeholder") end
  end
  t.eq(routed.secrets.env.ANTHROPIC_API_KEY, nil)
end)
