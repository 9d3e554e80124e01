--- node has its own roots and, without being told, no proxy for fetch().
local policy <const> = require "policy"

policy.rule("trust", { id = "node", run = function()
  return { NODE_EXTRA_CA_CERTS = "{ca_file}", NODE_USE_ENV_PROXY = "1" }
end })

policy.rule("trust", { id = "deno", run = function()
  return { DENO_CERT = "{ca_file}", DENO_TLS_CA_STORE = "system,mozilla" }
end })
