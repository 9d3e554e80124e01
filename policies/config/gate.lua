--- The gate's own key. Launch adds where it listens.
local policy <const> = require "policy"

policy.rule("config", { id = "gate", run = function(_, config, run)
  if run.engine ~= "gate" then return end
  local gate <const> = { log_allowed = true }
  if next(run.resolve) then gate.resolve = run.resolve end
  if run.parent_proxy then gate.parent_proxy = run.parent_proxy end
  if next(run.own_credentials) then gate.own_credentials = run.own_credentials end
  if #run.routes > 0 then gate.routes = run.routes end
  config.gate = gate
end })
