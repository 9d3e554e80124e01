--- Bodies there are people's prose, which trips scanners.
local policy <const> = require "policy"

policy.rule("passthrough", { id = "llm", run = function() return { "api.anthropic.com" } end })
