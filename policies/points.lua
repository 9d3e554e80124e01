--- Every decision that bottle asks for. docs/reference/policy.md says what each rule is given.
local policy <const> = require "policy"

local function fold(name, value, help) policy.point(name, { kind = "fold", value = value,
  help = help }) end
local function first(name, help) policy.point(name, { kind = "first", help = help }) end

first("engine", "gate or pipelock: who guards the way out")
fold("allowlist", "hosts", "hosts that the bottle may reach")
fold("denylist", "hosts", "hosts that stay shut whatever the allowlist says")
fold("passthrough", "hosts", "hosts whose TLS is not opened")
first("seed_phrase", "are seed phrases looked for: true or false")
first("dlp_action", "block or warn when a secret is found")
fold("resolve", "map", "names with fixed addresses")
fold("roots", "list", "files with extra upstream roots (PEM)")
fold("ssrf", "list", "CIDRs that the guard against internal addresses lets pass")
first("parent_proxy", "the site's own proxy")
fold("config", "table", "the engine's configuration, from all of the above")
first("image", "the agent's image")
first("command", "what runs in the bottle")
fold("env", "map", "the agent's variables")
fold("known_secrets", "list", "variables whose values must not leave, whatever they look like")
fold("issuers", "map", "to which hosts each kind of credential belongs")
fold("own_credentials", "list", "kinds of credentials that may go to their issuers")
fold("trust", "map", "variables that make runtimes trust the bottle's CA and use its proxy")
fold("mounts", "map", "what of the host the agent sees, and which files it cannot write")
fold("hardening", "table", "limits and rights of the containers")
first("subnet_pool", "where the networks' addresses come from")
first("pipelock.image", "the image of engine pipelock")
policy.point("provision", { kind = "steps",
  help = "what is put into the box before the agent runs" })
policy.point("response", { kind = "verdict", help = "asked by the gate for each answer" })
policy.point("request", { kind = "verdict", help = "asked by the gate for each request" })
