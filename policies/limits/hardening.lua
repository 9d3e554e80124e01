--- Limits and rights. The agent's come from the manifest where it says so.
local policy <const> = require "policy"

policy.rule("hardening", { id = "defaults", run = function(bottle)
  local want <const> = bottle.resources
  return {
    agent = {
      cap_drop = { "ALL" }, cap_add = { "CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID" },
      no_new_privileges = true, seccomp = "default", init = true,
      memory = want.memory or "4g", pids = want.pids or 1024, cpus = want.cpus or 4,
    },
    gate = {
      cap_drop = { "ALL" }, cap_add = { "NET_BIND_SERVICE" }, no_new_privileges = true,
      seccomp = "default", read_only = true, user = "65532:65532", memory = "256m", pids = 64,
    },
  }
end })
