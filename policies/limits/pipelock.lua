--- The upstream image, pinned. The digest here is its beginning: an operator who trusts an image
--- writes the whole of it, with BOTTLE_PIPELOCK_IMAGE or a rule of their own.
local policy <const> = require "policy"

policy.rule("pipelock.image", { id = "environment", run = function()
  local image <const> = os.getenv "BOTTLE_PIPELOCK_IMAGE"
  if image and image ~= "" then return image end
end })

policy.rule("pipelock.image", { id = "pinned", after = "*", run = function()
  return "ghcr.io/luckypipewrench/pipelock@sha256:3b1a3941…"
end })
