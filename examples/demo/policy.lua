--- The demo's site policy: one internal service, where it is, and whom to trust for it.
-- Run by `make demo`, which starts the service and says where it is in the environment.
local policy <const> = require "policy"

local address <const> = os.getenv "BOTTLE_DEMO_ADDRESS" or "127.0.0.1"
local port <const> = os.getenv "BOTTLE_DEMO_PORT" or "8443"
local roots <const> = os.getenv "BOTTLE_DEMO_ROOTS"

policy.rule("allowlist", {
  id = "demo/service",
  run = function() return { "api.demo.test:" .. port } end,
})

-- The name has a fixed address here, an internal one: the SSRF guard must be told so.
policy.rule("resolve", {
  id = "demo/address",
  run = function() return { ["api.demo.test"] = { address } } end,
})
policy.rule("ssrf", {
  id = "demo/internal",
  run = function() return { address .. "/32" } end,
})
policy.rule("roots", {
  id = "demo/ca",
  run = function() return roots and { roots } or {} end,
})
