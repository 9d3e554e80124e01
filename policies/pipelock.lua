--- Engine pipelock: one sidecar from the pinned upstream image guards the way out.
local policy <const> = require "policy"

policy.rule("engine", { id = "pipelock", run = function() return "pipelock" end })
