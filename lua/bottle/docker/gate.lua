--- The gate as a sidecar container: create, files, connect, start, ready.
local conf <const> = require "bottle.docker.gate_conf"
local hardening <const> = require "bottle.docker.hardening"
local image <const> = require "bottle.image"
local json <const> = require "bottle.json"
local names <const> = require "bottle.docker.names"
local task <const> = require "bottle.task"
local yaml <const> = require "bottle.yaml"

local M = {}

local READY_MS <const> = 15000
local EMPTY <const> = {}

--- The gate's own image, made from this binary when the engine has none of its content.
---@param run bottle.Launch
---@return string? tag
---@return string? message
---@return string? code
function M.image(run)
  local tag, msg, code = image.ensure(run.engine, function()
    run:step "building the gate's image"
  end)
  if not tag then return nil, "gate image: " .. msg, code end
  run.guard_image = tag
  return tag
end

local function spec(run)
  local limits = run.plan.hardening and run.plan.hardening.gate or EMPTY
  local host = hardening.host(limits, { memory = "512m", pids = 64,
    cap_add = { "NET_BIND_SERVICE" } }, run.cpus)
  host.NetworkMode = run.names.out
  host.ReadonlyRootfs = true
  host.Mounts = { { Type = "volume", Target = conf.dir,
    VolumeOptions = { NoCopy = true, Labels = names.labels(run.slug, "gate", run.owner) } } }
  -- The admin socket too: nobody else lives in this container, and Podman's tmpfs takes no owner.
  host.Tmpfs = { ["/tmp"] = "mode=1777,size=256m" }
  -- An ordinary user may listen on 53, 80 and 443 in this network namespace.
  host.Sysctls["net.ipv4.ip_unprivileged_port_start"] = "0"
  local command = { "gate", "--config", conf.dir .. "/gate.yaml", "--lifeline" }
  if run.ctx.known then table.move({ "--known", "0" }, 1, 2, #command + 1, command) end
  return { Image = run.guard_image, User = M.user(run), Cmd = command,
    OpenStdin = true, StdinOnce = true,
    Hostname = names.gate_host, Labels = names.labels(run.slug, "gate", run.owner, run.facts),
    HostConfig = host,
    NetworkingConfig = { EndpointsConfig = { [run.names.out] = {
      IPAMConfig = { IPv4Address = run.at.out.gate } } } } }
end

function M.user(run)
  local gate = run.plan.hardening and run.plan.hardening.gate or EMPTY
  return gate.user or "65532:65532"
end

function M.uid(run) return tonumber(M.user(run):match "^%d+") end

local function entries(run)
  local text, msg, code = yaml.encode(conf.gate(run))
  if not text then return nil, msg, code end
  local uid = M.uid(run)
  local _, key = run.ca:paths()
  local list = {
    { path = "gate.yaml", data = text, mode = 384, uid = uid, gid = uid },
    { path = "ca.pem", data = run.ca:pem(), mode = 384, uid = uid, gid = uid },
    { path = "ca-key.pem", file = key, mode = 384, uid = uid, gid = uid },
  }
  if run.ctx.roots then
    list[#list + 1] = { path = "roots.pem", data = run.ctx.roots, mode = 420, uid = uid, gid = uid }
  end
  for i, file in ipairs(run.ctx.rules or EMPTY) do
    list[#list + 1] = { path = conf.rules_name(i, file), data = file.text, mode = 384, uid = uid,
      gid = uid }
  end
  return list
end

-- Whatever it said before it gave up is the reason.
local function died(run, said)
  local last = said[#said] or "it printed nothing"
  return nil, ("gate %s did not become ready: %s"):format(run.names.gate, last), "io"
end

local function is_ready(line)
  local event = line:sub(1, 1) == "{" and json.decode(line)
  return event and event.event == "ready"
end

local function wait_ready(run)
  local stream <close>, msg, code = run.engine:begin("logs", { id = run.names.gate, follow = true })
  if not stream then return nil, msg, code end
  local said, deadline = {}, task.now() + READY_MS
  while true do
    local line, why, kind = task.read(run.engine, stream, deadline - task.now())
    if not line and kind == "interrupted" then return nil, why, kind end
    if not line then return died(run, said) end
    if is_ready(line) then return true end
    said[#said + 1] = line
  end
end

--- Create it and give it its files; the networks must be there.
---@param run bottle.Launch
---@return boolean? ok
---@return string? message
---@return string? code
function M.create(run)
  local files, msg, code = entries(run)
  if not files then return nil, msg, code end
  local name = run.names.gate
  run:intend("container", name)
  local ok
  ok, msg, code = task.calls(run.engine, "gate " .. name,
    { "container_create", { name = name, body = spec(run) } })
  if not ok then return nil, msg, code end
  return task.all {
    function() return run:hold(name) end,
    function()
      return task.calls(run.engine, "gate " .. name,
        { "network_connect", { id = run.names.net, container = name, ip = run.at.net.gate } },
        { "archive_put", { id = name, path = conf.dir, entries = files } })
    end,
  }
end

--- Start it and wait until all of its listeners are open.
---@param run bottle.Launch
function M.start(run)
  local ok, msg, code = task.call(run.engine, "container_start", { id = run.names.gate })
  if ok and run.ctx.known then ok, msg, code = run:tell(run.names.gate, run.ctx.known) end
  if not ok then return nil, ("gate %s: %s"):format(run.names.gate, msg), code end
  return wait_ready(run)
end

return M
