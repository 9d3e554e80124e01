--- Codex in a bottle: its own sandbox and its questions are off, since the bottle is the fence.
local policy <const> = require "policy"

-- Another model's hosts, and no others.
policy.rule("allowlist", { id = "defaults", replace = true, run = function()
  return { "api.openai.com" }
end })
policy.rule("passthrough", { id = "llm", replace = true, run = function()
  return { "api.openai.com" }
end })

-- Its namespaces and seccomp filters cannot be nested in this one's.
local config <const> = [[
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false

[analytics]
enabled = false
]]

-- The key comes from the environment of the box: it stands in no argument list.
local login <const> = [[
umask 077 && mkdir -p ~/.codex && cd ~/.codex || exit
printf '{ "OPENAI_API_KEY": "%s" }\n' "$OPENAI_API_KEY" >auth.json
]]

policy.rule("provision", { id = "codex/start", after = "prompt", run = function(box, _, run)
  box:copy_in({ data = config }, "~/.codex/config.toml", { mode = 384 })
  local _, why, code = box:exec(login)
  if code ~= 0 then error("codex/start: " .. why, 0) end
  if run.prompt then box:copy_in({ data = run.prompt }, "~/.codex/AGENTS.md", { mode = 384 }) end
end })
