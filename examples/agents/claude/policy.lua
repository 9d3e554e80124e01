--- Claude Code in a bottle: nobody has to press yes in it, since the bottle is the fence.
local policy <const> = require "policy"

policy.rule("env", { id = "claude/env", run = function()
  return {
    IS_SANDBOX = "1", -- as root, too, it may go without its own questions
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC = "1", DISABLE_AUTOUPDATER = "1",
  }
end })

-- Its telemetry is off, and so these stay shut whatever the shipped list says.
policy.rule("denylist", { id = "claude/telemetry", run = function()
  return { "statsig.anthropic.com", "sentry.io" }
end })

-- What it would ask at its first start: theme, trust in this folder, the key of its environment.
local first_start <const> = [[
cd ~ && [ ! -e .claude.json ] && cat >.claude.json <<JSON
{ "hasCompletedOnboarding": true, "bypassPermissionsModeAccepted": true,
  "customApiKeyResponses": { "approved": ["$(printf %s "${ANTHROPIC_API_KEY:-}" | tail -c 20)"] },
  "projects": { "$FOLDER": { "hasTrustDialogAccepted": true } } }
JSON
]]

-- Where the agent stands: the project, or its home where there is none.
local function folder_of(box, plan)
  for _, mount in ipairs(plan.mounts) do
    if not mount.read_only then return mount.target end
  end
  return box:home()
end

policy.rule("provision", { id = "claude/start", after = "prompt", run = function(box, plan, run)
  local where <const> = { "FOLDER=" .. folder_of(box, plan) }
  local _, why, code = box:exec(first_start, { env = where })
  if code ~= 0 then error("claude/start: " .. why, 0) end
  if run.prompt then box:copy_in({ data = run.prompt }, "~/.claude/CLAUDE.md", { mode = 384 }) end
end })
