--- A shipped rule is not right here: the model is reached through the site's own gateway, so the
--- shipped list of hosts goes, and only the manifest and the gateway count.
local policy <const> = require "policy"

policy.rule("allowlist", { id = "defaults", replace = true, run = function()
  return { "llm-gateway.acme.example" }
end })
policy.remove("passthrough", "llm")

policy.rule("env", { id = "acme/gateway", run = function()
  return { ANTHROPIC_BASE_URL = "https://llm-gateway.acme.example" }
end })

-- Where a manifest names no image, this site's own.
policy.rule("image", { id = "claude", replace = true, run = function()
  return "registry.acme.example/agents/claude:2"
end })
