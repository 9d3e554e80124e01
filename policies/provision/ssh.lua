--- ssh: one key an entry, the host's known keys, and a configuration that finds the gate's forward:
--- inside the box the upstream's name leads to the gate, which listens on the upstream's port.
local policy <const> = require "policy"

local function stanza(e, i, known)
  return table.concat({
    "Host " .. e.host,
    "  HostName " .. e.hostname,
    "  User " .. e.user,
    "  Port " .. e.port,
    "  IdentityFile ~/.ssh/bottle_" .. i,
    "  IdentitiesOnly yes",
    -- Without a key that the operator has met, the first one seen is kept and then held to.
    "  StrictHostKeyChecking " .. (known and "yes" or "accept-new"), "",
  }, "\n")
end

policy.rule("provision", { id = "ssh", run = function(box, plan, run)
  if #plan.ssh == 0 then return end
  local config, known_hosts = {}, {}
  for i, e in ipairs(plan.ssh) do
    local known = run.known_hosts and run.known_hosts[e.host]
    box:copy_in(e.identity_file, "~/.ssh/bottle_" .. i, { mode = 384 })
    config[i] = stanza(e, i, known)
    known_hosts[#known_hosts + 1] = known
  end
  box:copy_in({ data = table.concat(known_hosts) }, "~/.ssh/known_hosts", { mode = 420 })
  box:copy_in({ data = table.concat(config, "\n") }, "~/.ssh/config", { mode = 384 })
  local _, err, code = box:exec "chmod 700 ~/.ssh"
  if code ~= 0 then error("chmod 700 ~/.ssh: " .. err, 0) end
end })
