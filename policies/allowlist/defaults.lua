--- What a coding agent needs to work at all.
local policy <const> = require "policy"

policy.rule("allowlist", { id = "defaults", run = function()
  return {
    "api.anthropic.com", "statsig.anthropic.com", "sentry.io", "claude.ai", "platform.claude.com",
    "downloads.claude.ai", "raw.githubusercontent.com",
  }
end })
