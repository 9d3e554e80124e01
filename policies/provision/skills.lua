--- Skills where the agent looks for them.
local policy <const> = require "policy"

policy.rule("provision", { id = "skills", run = function(box, plan)
  for _, skill in ipairs(plan.skills) do
    box:copy_in(skill.path, "~/.claude/skills/" .. skill.name)
  end
end })
