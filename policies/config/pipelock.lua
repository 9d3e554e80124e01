--- pipelock allows 60 requests a minute to one site and cannot be told not to count: an agent
--- makes more than that with one npm install.
local policy <const> = require "policy"

policy.rule("config", { id = "pipelock", run = function(_, config, run)
  if run.engine ~= "pipelock" then return end
  config.fetch_proxy = config.fetch_proxy or {}
  config.fetch_proxy.monitoring = config.fetch_proxy.monitoring or {}
  config.fetch_proxy.monitoring.max_requests_per_minute = 6000
end })
