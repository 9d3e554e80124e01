--- What the objects of a bottle are called and how they say whose they are.
local M = {}

M.label = { slug = "io.bottle.slug", role = "io.bottle.role", owner = "io.bottle.owner",
  agent = "io.bottle.agent", engine = "io.bottle.engine", started = "io.bottle.started",
  cwd = "io.bottle.cwd", probe = "io.bottle.probe" }

--- The name by which the agent's proxy variables find the gate (an entry in its /etc/hosts).
M.gate_host = "bottle-gate"
M.gate_port = 8888

---@param slug string
---@param engine string  "gate" or "pipelock"
function M.of(slug, engine)
  return { net = "bottle-net-" .. slug, out = "bottle-out-" .. slug,
    gate = ("bottle-%s-%s"):format(engine == "pipelock" and "pipelock" or "gate", slug),
    agent = "bottle-agent-" .. slug }
end

--- Is this the name of a part of that bottle? Labels alone prove nothing: a container has those of
--- its image, too, and what is taken for ours is stopped and removed.
---@param slug string
---@param name string
---@param kind "container"|"network"
---@return boolean
function M.mine(slug, name, kind)
  if not slug:find "^[a-z0-9][a-z0-9-]*$" then return false end
  local roles = kind == "network" and { "net", "out" } or { "gate", "pipelock", "agent" }
  for _, role in ipairs(roles) do
    if name == ("bottle-%s-%s"):format(role, slug) then return true end
  end
  return false
end

--- The labels of one object.
---@param slug string
---@param role "net"|"out"|"gate"|"agent"
---@param owner string
---@param more? table<string, string>
function M.labels(slug, role, owner, more)
  local labels = { [M.label.slug] = slug, [M.label.role] = role, [M.label.owner] = owner }
  for key, value in pairs(more or {}) do labels[M.label[key]] = value end
  return labels
end

return M
