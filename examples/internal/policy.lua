--- A service inside the site: its name has a fixed address here, an internal one, so the guard
--- against internal addresses must be told; and its certificate comes from the site's own root.
local policy <const> = require "policy"

policy.rule("allowlist", { id = "acme/git", run = function() return { "git.acme.example" } end })
policy.rule("resolve", { id = "acme/git", run = function()
  return { ["git.acme.example"] = { "10.20.0.7" } }
end })
policy.rule("ssrf", { id = "acme/git", run = function() return { "10.20.0.7/32" } end })
policy.rule("roots", { id = "acme/root", run = function() return { "/etc/acme/root.pem" } end })
