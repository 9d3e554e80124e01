--- What must be true before anybody is asked y/N. Looks, and makes nothing.
local fs <const> = require "bottle.fs"
local paths <const> = require "bottle.paths"
local proc <const> = require "bottle.proc"

local M = {}

local FILE_MAX <const> = 256 * 1024 -- BT_LIM_GATE_VM_FILE

---@class bottle.Finding
---@field text string
---@field warning? boolean
---@field note? boolean  neither: worth saying
---@field unsupported? boolean  a dry run shows the plan all the same: valid, but more than this
--- version can enforce, or than this host has
---@field status? integer  of the run that it stops: 125

local function say(out, text, ...) out[#out + 1] = { text = text:format(...) } end
local function warn(out, text, ...)
  out[#out + 1] = { text = text:format(...), warning = true }
end

-- What this version cannot do is refused, not dropped.
local function unsupported(plan, bottle, out)
  local before <const> = #out
  if bottle.supervise then
    say(out, "bottles.%s.supervise: this version has no supervisor; set it to false to run",
      plan.bottle)
  end
  for i = before + 1, #out do out[i].unsupported = true end
  if #plan.git > 0 then
    warn(out, "bottles.%s.git: remotes are not reachable from the bottle in this version",
      plan.bottle)
  end
end

local function rule_of(point, rule, plan, out)
  if plan.engine == "pipelock" then
    say(out, "%s:%d: engine pipelock asks no %s rules (%s): use --engine gate", rule.file,
      rule.line, point, rule.id)
  end
  if rule.before or rule.after then
    say(out, "%s:%d: %s rule %s: takes no before or after: these rules run in the order " ..
      "in which they stand", rule.file, rule.line, point, rule.id)
  end
end

-- The gate's VM runs them in the order in which they stand, from files up to 256 KiB; what it would
-- not load is said here, not by a gate that does not start.
local function rules(registry, plan, out)
  for _, point in ipairs { "request", "response" } do
    for _, rule in ipairs(registry:rules(point)) do rule_of(point, rule, plan, out) end
  end
  local files = registry:sources("request", "response")
  for _, file in ipairs(files) do
    if #file.text > FILE_MAX then
      say(out, "%s: a policy file with request or response rules may have 256 KiB", file.path)
    end
  end
  if #files == 0 then return end
  local ok, why = require "bottle.gatevm".check(files)
  if not ok then say(out, "the gate would not take the policy: %s", why) end
end

-- Where pipelock's matching opens more than the entry says.
local function wider(plan, out)
  local apex, port
  for _, item in ipairs(plan.egress.allowlist) do
    if item.host:sub(1, 2) == "*." then apex = apex or item.host end
    if item.host:find ":%d+$" and not item.host:find "^%x*:%x*:" then port = port or item.host end
  end
  if port then warn(out, "engine pipelock ignores ports: %s opens every port of it", port) end
  if apex then warn(out, "engine pipelock: %s also opens %s itself", apex, apex:sub(3)) end
end

-- What the gate has and the upstream image has not.
local function pipelock(plan, out)
  if plan.engine ~= "pipelock" then return end
  if #plan.egress.routes > 0 then
    say(out, "bottles.%s.egress_proxy.routes: engine pipelock has none: use --engine gate",
      plan.bottle)
  end
  if plan.egress.parent_proxy then
    say(out, "engine pipelock goes out through no other proxy: use --engine gate")
  end
  if #plan.ssh > 0 then
    say(out, "engine pipelock forwards no ssh: take the ssh entries out, or use --engine gate")
  end
  if #plan.egress.roots > 0 or #plan.egress.resolve > 0 then
    say(out, "engine pipelock has no roots and no resolve of its own: use --engine gate")
  end
  if #plan.egress.own_credentials > 0 then
    say(out, "engine pipelock lets no credential go to its issuer: take own_credentials out")
  end
  wider(plan, out)
end

-- The gate's own listeners stand on the address that the forwards share.
local taken <const> = { [53] = "DNS", [80] = "HTTP", [443] = "TLS", [8888] = "its proxy" }

local function forwards(plan, out)
  for i, e in ipairs(plan.ssh) do
    if taken[e.port] then
      say(out, "bottles.%s.ssh[%d].Port: the gate needs port %d for %s", plan.bottle, i, e.port,
        taken[e.port])
    end
  end
end

local function routes(registry, bottle, plan, out)
  if #plan.egress.routes == 0 then return end
  for _, text in ipairs(require "bottle.routes".conflicts(registry, bottle, plan)) do
    say(out, "%s", text)
  end
end

local function roots(plan, out)
  for _, file in ipairs(plan.egress.roots) do
    local text, why = fs.read(file, 8 * 1024 * 1024)
    if not text then
      say(out, "roots: %s", why)
    elseif not text:find("-----BEGIN CERTIFICATE-----", 1, true) then
      say(out, "roots: %s holds no certificate (PEM)", file)
    elseif text:find "PRIVATE KEY%-%-%-%-%-" then
      say(out, "roots: %s holds a private key: name a file with certificates alone", file)
    end
  end
end

-- The rules' own answer: the plan holds it without the credentials.
local function parent(registry, bottle, out)
  local proxy = registry:first("parent_proxy", bottle)
  if not proxy then return end
  if proxy:find "[%c]" or proxy:lower():find "%%0[0ad]" then
    say(out, "parent_proxy: holds a line break or a NUL: it goes into a header")
  elseif not proxy:find "^http://[^/]+:%d+/?$" then
    say(out, "parent_proxy: want http://[USER:PASSWORD@]HOST:PORT")
  end
end

-- Policies of every run are in the one, what cleanup removes is in the other: an agent that writes
-- there writes its own next policy. That they do not exist yet changes nothing.
local function own_folders(m, source, out)
  if m.type ~= "bind" or m.read_only then return end
  for _, dir in ipairs { paths.config(), paths.state() } do
    local real <const> = fs.realpath(dir) or dir
    if paths.below(dir, source) or paths.below(real, source) or paths.below(source, real) then
      say(out, "mounts: %s holds bottle's own %s, which an agent must not write: run it in a " ..
        "project folder, or with --cwd none", m.source, dir)
    end
  end
end

-- Placeholders for guarded files have to be made in it: said before, with what helps.
local function placeholders(m, out)
  if m.read_only or m.type ~= "bind" or not m.guard or fs.writable(m.source) then return end
  for _, rel in ipairs(m.guard) do
    if not rel:find("*", 1, true) and not fs.exists(m.source .. "/" .. rel:gsub("/$", "")) then
      say(out, "mounts: %s: you cannot write in it, and %s has to be made there to be guarded: " ..
        "run it with --cwd copy or none, or where you can write", m.source, rel)
      return
    end
  end
end

local function mounts(plan, out)
  for _, m in ipairs(plan.mounts) do
    local st, why = fs.stat(m.source)
    if not st then say(out, "mounts: %s", why) end
    local source <const> = fs.realpath(m.source) or m.source
    if source == "/" then say(out, "mounts: the whole file system is no project folder") end
    if paths.below(m.source, "/proc") or paths.below(source, "/proc") then
      say(out, "mounts: %s: what is in /proc is another thing for each process", m.source)
    end
    own_folders(m, source, out)
    if st then placeholders(m, out) end
  end
end

-- What the native backend has not, and what it has only in part.
local function native(bottle, plan, out)
  if plan.backend ~= "native" then return end
  local before <const> = #out
  if plan.engine ~= "gate" then
    say(out, "backend native has no engine %s: use --backend docker", plan.engine)
  end
  for _, m in ipairs(plan.mounts) do
    if m.type == "copy" and not proc.which "git" then
      warn(out, "there is no git here: what the agent changes in its copy of %s will be lost",
        m.source)
    end
  end
  for i = before + 1, #out do out[i].unsupported = true end
  if bottle.resources.cpus and not plan.hardening.agent.cpus then
    warn(out, "bottles.%s.resources.cpus: backend native limits cpus only by a systemd scope, " ..
      "which is not to be had here", plan.bottle)
  end
end

--- What stands at each mount's source now; the launch makes sure that this is what it mounts.
---@param plan table
---@return { dev: integer, ino: integer }[]
function M.sources(plan)
  local out = {}
  for i, m in ipairs(plan.mounts) do
    local st = fs.stat(m.source)
    out[i] = st and { dev = st.dev, ino = st.ino } or { dev = 0, ino = 0 }
  end
  return out
end

--- Look at everything that a plan needs.
---@param registry bottle.Registry
---@param bottle bottle.Bottle
---@param plan table
---@param probe? fun(plan: table): bottle.Finding[]?  the backend's own look: engine, images
---@return bottle.Finding[]
function M.look(registry, bottle, plan, probe)
  local out = {}
  unsupported(plan, bottle, out)
  rules(registry, plan, out)
  pipelock(plan, out)
  forwards(plan, out)
  routes(registry, bottle, plan, out)
  roots(plan, out)
  parent(registry, bottle, out)
  mounts(plan, out)
  native(bottle, plan, out)
  for _, finding in ipairs(probe and probe(plan) or {}) do out[#out + 1] = finding end
  return out
end

--- Will the agent's command be found? Asked last, of a plan that is right otherwise.
---@param plan table
---@param env table<string, string>  the bottle's variables, as far as they are known
---@return bottle.Finding?
function M.command(plan, env)
  if plan.backend ~= "native" then return nil end -- an image has its own
  return require "bottle.native.look".command(plan, env)
end

--- Which backend, and why: what was asked for, $BOTTLE_BACKEND, else docker where an engine
--- answers, else native. Without a way to ask the engine it is docker:
--- a plan alone contacts nobody.
---@param asked? string
---@param engine? fun(): string?  where an engine answers
---@return string backend
---@return string reason
function M.backend(asked, engine)
  if asked then return asked, "--backend" end
  local env = os.getenv "BOTTLE_BACKEND"
  if env and env ~= "" then return env, "$BOTTLE_BACKEND" end
  if not engine then return "docker", "default" end
  local where = engine()
  if where then return "docker", where end
  if proc.which "bwrap" then return "native", "no engine answers, and bwrap is here" end
  return "docker", "default: no engine answers, and there is no bwrap"
end

return M
