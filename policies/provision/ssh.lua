--- ssh: one key an entry, the host's known keys, and a configuration that leads to the gate, which
--- listens on the upstream's port and forwards to that one host.
local policy <const> = require "policy"

-- As known_hosts writes it.
local function key_name(e)
  return e.port == 22 and e.hostname or ("[%s]:%d"):format(e.hostname, e.port)
end

local function stanza(e, i, known)
  return table.concat({
    "Host " .. e.host .. (e.host ~= e.hostname and " " .. e.hostname or ""),
    "  HostName bottle-gate",
    "  HostKeyAlias " .. key_name(e),
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
