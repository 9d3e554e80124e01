--- The CA was put into the trust store before the box started; here it is shown to be there.
local policy <const> = require "policy"

local files <const> = {
  docker = "/usr/local/share/ca-certificates/claude-bottle-mitm.crt",
  native = "/etc/ssl/certs/claude-bottle-mitm.crt", -- /usr is the host's there
}

policy.rule("provision", { id = "ca", run = function(box, plan)
  if not plan.egress.tls_interception.enabled then return end
  local file <const> = files[plan.backend or "docker"]
  if not box:exists(file) then error(file .. " is not in the box", 0) end
end })
