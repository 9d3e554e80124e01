--- What a manifest names outside itself: skills, prompt, identity files, variables. Each is looked
--- at before the y/N, so that nobody agrees to a plan that is known to break.
local fs <const> = require "bottle.fs"
local paths <const> = require "bottle.paths"

local M = {}

-- A prompt or skill of a megabyte is a mistake, not a prompt.
local PROMPT_MAX <const> = 1024 * 1024

---@class bottle.Files
---@field skills { name: string, path: string }[]
---@field prompt string?
---@field env { name: string, source: string }[]   sorted by name
---@field secrets { env: table<string, string>, prompts: { name: string, text: string }[] }
---@field problems bottle.SchemaProblem[]

local Look = {}
Look.__index = Look

function Look:say(path, text, warning)
  local m = self.manifest
  self.out.problems[#self.out.problems + 1] = { file = m.file, path = path, text = text,
    line = m.at and m.at(path), warning = warning }
end

function Look:skills(bottle)
  local places = { self.manifest.folder .. "/skills", paths.config() .. "/skills",
    paths.home() .. "/.claude/skills" }
  for i, name in ipairs(bottle.agent.skills) do
    local found
    for _, place in ipairs(places) do
      local path = place .. "/" .. name
      if not found and fs.exists(path) then found = path end
    end
    if found then
      self.out.skills[#self.out.skills + 1] = { name = name, path = found }
    else
      self:say(("agents.%s.skills[%d]"):format(bottle.agent.name, i),
        ("no skill %s in %s"):format(name, table.concat(places, ", ")))
    end
  end
end

function Look:prompt(bottle)
  local prompt = bottle.agent.prompt
  if type(prompt) ~= "table" then
    self.out.prompt = prompt
    return
  end
  local text, why = fs.read(paths.resolve(self.manifest.folder, prompt.file), PROMPT_MAX)
  if not text then self:say(("agents.%s.prompt.file"):format(bottle.agent.name), why) end
  self.out.prompt = text
end

function Look:identity(path, file)
  local st, why = fs.stat(file)
  if not st then return self:say(path, why) end
  if st.type ~= "file" then return self:say(path, ("%s: not a file"):format(file)) end
  if st.mode & 63 ~= 0 then
    self:say(path, ("%s: mode %03o lets others read the key; chmod 600 it"):format(file, st.mode))
  end
end

function Look:identities(bottle)
  local at = "bottles." .. bottle.name
  for i, e in ipairs(bottle.ssh) do
    self:identity(("%s.ssh[%d].IdentityFile"):format(at, i), e.identity_file)
  end
  for i, e in ipairs(bottle.git) do
    if e.identity_file then
      self:identity(("%s.git[%d].identity_file"):format(at, i), e.identity_file)
    end
  end
end

-- A credential that goes into a header must not bring headers of its own.
function Look:credentials(bottle)
  for i, route in ipairs(bottle.egress_proxy.routes) do
    local name = route.auth and route.auth.token_env
    local value = name and (self.out.secrets.env[name] or os.getenv(name))
    if value and value:find "[\r\n\0]" then
      self:say(("bottles.%s.egress_proxy.routes[%d].auth.token_env"):format(bottle.name, i),
        ("the value of %s holds a line break or a NUL: it goes into a header"):format(name))
    end
  end
end

local function env_one(self, bottle, name, value)
  local path = ("bottles.%s.env.%s"):format(bottle.name, name)
  local secrets = self.out.secrets
  if type(value) == "string" then
    if value:find("\0", 1, true) then self:say(path, "the value holds a NUL") end
    secrets.env[name] = value
    return "manifest"
  end
  if value.prompt then
    secrets.prompts[#secrets.prompts + 1] = { name = name, text = value.prompt, path = path }
    return "prompt"
  end
  local found = os.getenv(value.from_env)
  if not found then
    self:say(path, ("%s is not set in the environment"):format(value.from_env))
  end
  secrets.env[name] = found
  return "from_env " .. value.from_env
end

function Look:env(bottle)
  local names = {}
  for name in pairs(bottle.env) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    self.out.env[#self.out.env + 1] = { name = name,
      source = env_one(self, bottle, name, bottle.env[name]) }
  end
end

--- Look at everything that the bottle names. Reads, and changes nothing.
---@param manifest bottle.Manifest
---@param bottle bottle.Bottle
---@return bottle.Files
function M.look(manifest, bottle)
  local look = setmetatable({ manifest = manifest, out = { skills = {}, env = {}, problems = {},
    secrets = { env = {}, prompts = {} } } }, Look)
  look:skills(bottle)
  look:prompt(bottle)
  look:identities(bottle)
  look:env(bottle)
  look:credentials(bottle)
  return look.out
end

return M
