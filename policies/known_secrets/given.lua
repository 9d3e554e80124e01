--- What the operator gave: every prompt's answer, and what came from the environment unless it
--- reads as configuration (a path, a number, a word, a URL without a password).
local policy <const> = require "policy"

policy.rule("known_secrets", { id = "given", run = function(_, names, variables)
  for _, v in ipairs(variables) do
    if v.from == "prompt" or (v.from == "from_env" and not v.plain) then names:add(v.name) end
  end
end })
