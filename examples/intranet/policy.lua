--- Every bottle of this site reaches the intranet, the registry on its own port too.
local policy <const> = require "policy"

policy.rule("allowlist", { id = "acme/intranet", run = function()
  return { "*.acme.example", "registry.acme.example:8443" }
end })
