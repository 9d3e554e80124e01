--- Clients that pin their server's certificate break when TLS is opened: let theirs through
--- unopened. What passes there is not looked at, so keep the list short.
local policy <const> = require "policy"

policy.rule("allowlist", { id = "acme/pinned", run = function()
  return { "pinned.acme.example" }
end })
policy.rule("passthrough", { id = "acme/pinned", run = function()
  return { "pinned.acme.example" }
end })
