local policy <const> = require "policy"

policy.rule("config", { id = "ssrf", run = function(_, config, run)
  if #run.ssrf > 0 then config.ssrf = { ip_allowlist = run.ssrf } end
end })
