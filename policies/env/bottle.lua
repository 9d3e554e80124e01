--- The manifest's variables; their values come with the run and stand in no plan.
local policy <const> = require "policy"

policy.rule("env", { id = "bottle", after = "*", run = function(_, env, given)
  for _, variable in ipairs(given) do env:set(variable.name, variable) end
end })
