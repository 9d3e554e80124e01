--- Engine pipelock: the upstream image in the gate's place, with the same CA and the same table.
local conf <const> = require "bottle.docker.gate_conf"
local hardening <const> = require "bottle.docker.hardening"
local names <const> = require "bottle.docker.names"
local task <const> = require "bottle.task"
local yaml <const> = require "bottle.yaml"

local M = {}

local READY_TRIES <const> = 75
local CONFIG <const> = "/etc/pipelock.yaml"

local function image_of(run)
  for _, container in ipairs(run.plan.resources.containers) do
    if container.role == "pipelock" then return container.image end
  end
end

--- Here or pulled; else the two ways out.
---@param run bottle.Launch
---@return table? image
---@return string? message
---@return string? code
function M.image(run)
  local name = run.ctx.pipelock_image or image_of(run)
  local image, msg, code = task.call(run.engine, "image_inspect", { id = name })
  if image or code ~= "notfound" then
    run.guard_image = image
    return image, msg, code
  end
  run:step("pulling " .. name)
  local ok, why = task.call(run.engine, "image_pull", { name = name })
  if not ok then
    return nil, ("engine pipelock: image %s is not on this host and cannot be pulled (%s): " ..
      "load it and name it with BOTTLE_PIPELOCK_IMAGE, or use --engine gate"):format(name, why),
      "notfound"
  end
  run.guard_image = { Id = name }
  return run.guard_image
end

local function spec(run)
  local limits = run.plan.hardening and run.plan.hardening.gate or {}
  local host = hardening.host({ memory = limits.memory, pids = limits.pids },
    { memory = "512m", pids = 128 })
  host.NetworkMode = run.names.out
  host.Tmpfs = { ["/tmp"] = "mode=1777,size=64m" }
  return { Image = run.guard_image.Id, Hostname = names.gate_host,
    Cmd = { "run", "--config", CONFIG, "--listen", "0.0.0.0:8888" },
    Labels = names.labels(run.slug, "gate", run.owner, run.facts), HostConfig = host,
    NetworkingConfig = { EndpointsConfig = { [run.names.out] = {
      IPAMConfig = { IPv4Address = run.at.out.gate } } } } }
end

-- 0600 and root's: the image has no USER line, and its loader refuses a key that others may read.
local function entries(run)
  local text, msg, code = yaml.encode(conf.pipelock(run))
  if not text then return nil, msg, code end
  local cert, key = run.ca:paths()
  return { { path = "etc/pipelock.yaml", data = text, mode = 384 },
    { path = "etc/pipelock-ca.pem", file = cert, mode = 384 },
    { path = "etc/pipelock-ca-key.pem", file = key, mode = 384 } }
end

---@param run bottle.Launch
function M.create(run)
  local files, msg, code = entries(run)
  if not files then return nil, msg, code end
  local name = run.names.gate
  run:intend("container", name)
  return task.calls(run.engine, "pipelock " .. name,
    { "container_create", { name = name, body = spec(run) } },
    { "network_connect", { id = run.names.net, container = name, ip = run.at.net.gate } },
    { "archive_put", { id = name, path = "/", entries = files } })
end

local function last_words(run)
  local said = task.call(run.engine, "logs", { id = run.names.gate, tail = 5 })
  return said and (said.stderr .. said.stdout):match "([^\n]+)\n*$" or "it printed nothing"
end

local function ended(run)
  local now = task.call(run.engine, "container_inspect", { id = run.names.gate })
  return not now or not now.State.Running
end

--- Its own program asks its /health: the image has neither a shell nor curl.
---@param run bottle.Launch
function M.start(run)
  local name = run.names.gate
  local ok, msg, code = task.call(run.engine, "container_start", { id = name })
  if not ok then return nil, ("pipelock %s: %s"):format(name, msg), code end
  for _ = 1, READY_TRIES do
    local answer
    answer, msg, code = task.call(run.engine, "exec", { id = name,
      cmd = { "/pipelock", "healthcheck", "--addr", run.at.out.gate .. ":8888" } })
    if answer and answer.code == 0 then return true end
    if code == "interrupted" then return nil, msg, code end
    if ended(run) then break end
    run.engine:poll(200)
  end
  return nil, ("pipelock %s did not become ready: %s"):format(name, last_words(run)), "io"
end

return M
