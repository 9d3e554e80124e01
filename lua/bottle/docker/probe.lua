--- The Docker backend's own look before the y/N: an engine that answers, the name, the images.
local docker <const> = require "bottle.docker"
local names <const> = require "bottle.docker.names"

local M = {}

local function set(name)
  local value = os.getenv(name)
  return value and value ~= "" and "$" .. name or nil
end

--- Does the operator name one? How.
---@return string?
function M.named() return set "DOCKER_HOST" or set "DOCKER_CONTEXT" end

--- Is there an engine to use? One that the operator names is, whether it answers or not.
---@return string? where
---@return string? message  what was tried
function M.engine()
  local named = M.named()
  if named then return named end
  local engine <close>, why = docker.connect()
  if not engine then return nil, why end
  return "an engine answers at " .. engine:endpoint().url
end

local function images(plan)
  local list = { plan.image }
  if plan.engine == "pipelock" then
    for _, container in ipairs(plan.resources.containers) do
      if container.role == "pipelock" then list[#list + 1] = container.image end
    end
  end
  return list
end

-- The launch pulls what is not here, so its absence is no failure yet.
local function look_image(engine, name, out)
  local image, why, code = engine:image_inspect { id = name }
  if image then return end
  if code == "notfound" then
    out[#out + 1] = { text = ("image %s is not on this host: the launch pulls it"):format(name),
      warning = true }
  else
    out[#out + 1] = { text = ("image %s: %s"):format(name, why) }
  end
end

--- What would stop the launch. Makes nothing.
---@param plan table
---@return bottle.Finding[]
function M.look(plan)
  if plan.backend ~= "docker" then return {} end
  local engine <close>, why = docker.connect()
  if not engine then return { { text = why } } end
  local out = {}
  if engine:container_inspect { id = names.of(plan.slug, plan.engine).agent } then
    out[1] = { text = ("%s: a bottle of this name exists; see bottle list"):format(plan.slug) }
  end
  for _, name in ipairs(images(plan)) do look_image(engine, name, out) end
  return out
end

return M
