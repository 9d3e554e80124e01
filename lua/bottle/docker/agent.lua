--- The agent's container: created, with the CA in its trust store, and waiting for what to run.
local box <const> = require "bottle.docker.box"
local hardening <const> = require "bottle.docker.hardening"
local java <const> = require "bottle.java"
local names <const> = require "bottle.docker.names"
local project <const> = require "bottle.docker.project"
local task <const> = require "bottle.task"
local trust <const> = require "bottle.docker.trust"
local workcopy <const> = require "bottle.docker.workcopy"

local M = {}

-- Holds the box open until its lifeline ends, and everything in it with that. A line on it (a
-- detached run that is complete) makes the box become the command.
local HOLD <const> = [[if read -r _; then exec "$@" </dev/null; fi]]

local function env_list(env)
  local list = {}
  for name, value in pairs(env) do list[#list + 1] = name .. "=" .. value end
  table.sort(list)
  return list
end

-- The images of Java alone bring a JDK with a store of its own, and say where it is.
local function has_jdk(run, image)
  if (run.ctx.env or {}).JAVA_HOME then return true end
  for _, line in ipairs(image.Config.Env or {}) do
    if line:find "^JAVA_HOME=." then return true end
  end
  return false
end

local function variables(run, image)
  local env = {}
  for name, value in pairs(run.ctx.env or {}) do env[name] = value end
  if has_jdk(run, image) then env.JAVA_TOOL_OPTIONS = java.options(env.JAVA_TOOL_OPTIONS) end
  return env_list(env)
end

local function spec(run, image, mounts)
  local limits = run.plan.hardening and run.plan.hardening.agent or {}
  local host = hardening.host(limits, { memory = "4g", pids = 512, init = true },
    run.cpus)
  local at = run.at.net
  host.NetworkMode = run.names.net
  host.Dns = { at.gate }
  host.DnsOptions = { "timeout:2", "attempts:1" }
  host.ExtraHosts = { ("%s:%s"):format(names.gate_host, at.gate) }
  host.Mounts = mounts
  local command = { "-c", HOLD, "sh" }
  table.move(run.plan.command, 1, #run.plan.command, #command + 1, command)
  return { Image = image.Id, Hostname = "bottle", Env = variables(run, image),
    Entrypoint = { "sh" }, Cmd = command, WorkingDir = run:workdir(), OpenStdin = true,
    StdinOnce = true,
    Labels = names.labels(run.slug, "agent", run.owner, run.facts), HostConfig = host,
    NetworkingConfig = { EndpointsConfig = { [run.names.net] = {
      IPAMConfig = { IPv4Address = at.agent } } } } }
end

--- The image, here or pulled.
---@param run bottle.Launch
---@return table? image
---@return string? message
---@return string? code
function M.image(run)
  local name = run.plan.image
  local image, msg, code = task.call(run.engine, "image_inspect", { id = name })
  if image or code ~= "notfound" then return image, msg, code end
  run:step("pulling " .. name)
  local ok, why = task.call(run.engine, "image_pull", { name = name })
  if not ok then
    return nil, ("image %s: not on this host, and it cannot be pulled: %s"):format(name, why),
      "notfound"
  end
  return task.call(run.engine, "image_inspect", { id = name })
end

local function read_user(run, configured)
  local function file(path)
    local text, msg, code = task.call(run.engine, "archive_get", { id = run.names.agent,
      path = path })
    if not text and code ~= "notfound" then return nil, msg, code end
    return text or ""
  end
  local passwd, msg, code = file "/etc/passwd"
  if not passwd then return nil, msg, code end
  local group = configured:find(":", 1, true) and file "/etc/group" or ""
  return box.user(configured, passwd, group)
end

-- The copy of the project belongs to the agent's user; its pristine state is kept for the diff.
local function copies(run, user)
  for _, mount in ipairs(run.plan.mounts or {}) do
    if mount.type == "copy" then
      local ok, msg, code = task.call(run.engine, "archive_put", { id = run.names.agent, path = "/",
        entries = { { path = mount.target:sub(2), dir = mount.source, uid = user.uid,
          gid = user.gid } } })
      if not ok then return nil, ("copy %s: %s"):format(mount.source, msg), code end
    end
  end
  return true
end

--- Create it and fill it; run.box is set when it worked.
---@param run bottle.Launch
---@return boolean? ok
---@return string? message
---@return string? code
function M.create(run)
  local image = run.image
  local mounts, msg, code = project.mounts(run)
  if not mounts then return nil, msg, code end
  local name = run.names.agent
  run:intend("container", name)
  local body = spec(run, image, mounts)
  local ok
  ok, msg, code = task.call(run.engine, "container_create", { name = name, body = body })
  if not ok then return nil, ("agent %s: %s"):format(name, msg), code end
  local user, known
  ok, msg, code = task.all {
    function() return run:hold(name) end,
    function()
      local why, kind
      user, why, kind = read_user(run, image.Config.User or "")
      return user, why, kind
    end,
    function()
      local done, why, kind = trust.install(run.engine, name, run.ca, has_jdk(run, image))
      if not done then return nil, "trust store: " .. why, kind end
      known = why
      return true
    end,
  }
  if not ok then return nil, msg, code end
  ok, msg, code = copies(run, user)
  if not ok then return nil, msg, code end
  ok, msg, code = workcopy.remember(run)
  if not ok then return nil, msg, code end
  run.trust_known = known
  run.box = box.new(run.engine, name, user, body.WorkingDir)
  return true
end

---@param run bottle.Launch
function M.start(run)
  local ok, msg, code = task.call(run.engine, "container_start", { id = run.names.agent })
  if not ok then return nil, ("agent %s: %s"):format(run.names.agent, msg), code end
  if run.trust_known then return true end
  local _, said, status = run.box:exec(trust.fallback, { user = "0" })
  if status ~= 0 then return nil, "trust store: " .. said, "io" end
  return true
end

return M
