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
---@field credentials table<string, string>  of the routes: name to where the value comes from
---@field secrets { env: table<string, string>, credentials: table<string, string>,
---  prompts: bottle.Prompt[] }
---@field problems bottle.SchemaProblem[]

---@class bottle.Prompt
---@field name string
---@field text string
---@field path string
---@field credential boolean  of a route: for the gate, not for the agent

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

-- Where one variable's value comes from; the value itself goes into `to`.
function Look:value(path, name, value, to)
  if type(value) == "string" then
    if value:find("\0", 1, true) then self:say(path, "the value holds a NUL") end
    to[name] = value
    return "manifest"
  end
  if value.prompt then
    local prompts = self.out.secrets.prompts
    prompts[#prompts + 1] = { name = name, text = value.prompt, path = path,
      credential = to == self.out.secrets.credentials }
    return "prompt"
  end
  local found = os.getenv(value.from_env)
  if not found then
    self:say(path, ("%s is not set in the environment"):format(value.from_env))
  end
  to[name] = found
  return "from_env " .. value.from_env
end

-- What a route sends along: the agent gets a placeholder in its place, under the same name.
function Look:credential(bottle, name, path)
  local out, values = self.out.credentials, self.out.secrets.credentials
  if out[name] then return end
  local given = bottle.env[name]
  if not given and not os.getenv(name) then
    self:say(path, ("%s is not set in the environment, and bottles.%s.env does not name it")
      :format(name, bottle.name))
  end
  out[name] = given and self:value(("bottles.%s.env.%s"):format(bottle.name, name), name, given,
    values) or "from_env " .. name
  if not given then values[name] = os.getenv(name) end
  local why = values[name] and require "bottle.credentials".fault(values[name])
  if why then self:say(path, ("the value of %s %s"):format(name, why)) end
end

function Look:credentials(bottle)
  for i, route in ipairs(bottle.egress_proxy.routes) do
    if route.auth then
      self:credential(bottle, route.auth.token_env,
        ("bottles.%s.egress_proxy.routes[%d].auth.token_env"):format(bottle.name, i))
    end
  end
end

function Look:env(bottle)
  local env, given = self.out.env, self.out.credentials
  for name in pairs(given) do env[#env + 1] = { name = name, source = "placeholder" } end
  for name in pairs(bottle.env) do
    if not given[name] then env[#env + 1] = { name = name } end
  end
  table.sort(env, function(a, b) return a.name < b.name end)
  for _, v in ipairs(env) do
    v.source = v.source or self:value(("bottles.%s.env.%s"):format(bottle.name, v.name), v.name,
      bottle.env[v.name], self.out.secrets.env)
  end
end

--- Look at everything that the bottle names. Reads, and changes nothing.
---@param manifest bottle.Manifest
---@param bottle bottle.Bottle
---@return bottle.Files
function M.look(manifest, bottle)
  local look = setmetatable({ manifest = manifest, out = { skills = {}, env = {}, problems = {},
    credentials = {}, secrets = { env = {}, credentials = {}, prompts = {} } } }, Look)
  look:skills(bottle)
  look:prompt(bottle)
  look:identities(bottle)
  look:credentials(bottle)
  look:env(bottle)
  return look.out
end

return M
