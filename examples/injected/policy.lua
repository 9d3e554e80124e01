--- Tokens stay with the gate: what the manifest names at a route is sent along by it, and a bottle
--- that would be given one to hold does not start.
local policy <const> = require "policy"

policy.rule("env", { id = "acme/no-tokens", after = "*", run = function(_, _, given)
  for _, variable in ipairs(given) do
    if variable.name:find "_TOKEN$" and variable.source ~= "placeholder" then
      error(variable.name .. ": give it to a route (egress_proxy.routes), not to the agent", 0)
    end
  end
end })
