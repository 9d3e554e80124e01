--- The CA was put into the trust store before the box started; here it is shown to be there.
local policy <const> = require "policy"

local file <const> = "/usr/local/share/ca-certificates/claude-bottle-mitm.crt"

policy.rule("provision", { id = "ca", run = function(box, plan)
  if not plan.egress.tls_interception.enabled then return end
  if not box:exists(file) then error(file .. " is not in the box", 0) end
end })
