--- The shipped chain: the gate alone. Everything an operator loads stands on top of it.
local policy <const> = require "policy"

policy.include("allowlist/defaults", "allowlist/bottle", "allowlist/routes", "allowlist/supervise")
policy.include("denylist/bottle")
policy.include("passthrough/llm", "passthrough/bottle")
policy.include("seed_phrase/llm", "dlp_action/bottle")
policy.include("config/base", "config/scan", "config/tls", "config/ssrf", "config/pipelock",
  "config/gate")
policy.include("image/agent", "command/agent", "env/bottle", "env/box")
policy.include("known_secrets/given", "known_secrets/named")
policy.include("issuers/shipped")
policy.include("trust/proxy", "trust/node", "trust/openssl", "trust/python", "trust/tools",
  "trust/java")
policy.include("mounts/program", "mounts/project", "mounts/guard")
policy.include("limits/hardening", "limits/subnet", "limits/pipelock")
policy.include("provision/ca", "provision/prompt", "provision/skills", "provision/ssh",
  "provision/git")
