--- The site is open as a whole, except for what must stay shut whoever opens more.
local policy <const> = require "policy"

policy.rule("allowlist", { id = "acme/all", run = function() return { "*.acme.example" } end })
policy.rule("denylist", { id = "acme/vault", run = function()
  return { "vault.acme.example", "*.prod.acme.example" }
end })
