--- One launch under way: what it made so far, written down before each thing is made.
local event_text <const> = require "bottle.event_text"
local ledgers <const> = require "bottle.ledgers"
local names <const> = require "bottle.docker.names"
local owner <const> = require "bottle.owner"
local scratch <const> = require "bottle.scratch"
local selftest <const> = require "bottle.selftest"
local task <const> = require "bottle.task"
local teardown <const> = require "bottle.docker.teardown"
local term <const> = require "bottle.term"

---@class bottle.Launch
---@field plan table
---@field ctx bottle.LaunchCtx
---@field slug string
---@field engine bottle.Engine
---@field names table
---@field owner string
---@field pool string
---@field at table<string, table>   addresses on "net" and "out"
---@field ca any
---@field image table               the agent's, as inspected
---@field box bottle.Box
local Launch = {}
Launch.__index = Launch

local M = {}

local POOL <const> = "10.213.0.0/16"

---@param plan table
---@param ctx bottle.LaunchCtx
---@param engine bottle.Engine
---@return bottle.Launch run   nothing is made yet
function M.new(plan, ctx, engine)
  local networks = plan.resources and plan.resources.networks
  return setmetatable({ plan = plan, ctx = ctx, slug = plan.slug, engine = engine, items = {},
    holds = {}, hold_of = {}, at = {}, owner = ctx.detach and owner.detached or owner.me(),
    names = names.of(plan.slug, plan.engine),
    pool = ctx.pool or networks and networks[1] and networks[1].pool or POOL,
    remote = not engine:endpoint().url:match "^unix:",
    facts = { agent = plan.agent, engine = plan.engine, cwd = ctx.cwd,
      probe = selftest.host(plan) } }, Launch)
end

--- The ledger and the private folder. A slug in use is refused here.
---@return boolean? ok
---@return string? message
---@return string? code
function Launch:open()
  local there = task.call(self.engine, "container_inspect", { id = self.names.agent })
  if there then
    return nil, ("%s: a bottle of this name exists; see bottle list"):format(self.slug), "exists"
  end
  local book, msg, code = ledgers.open(self.slug)
  if not book and code == "exists" then
    return nil, ("%s: a bottle of this name exists; see bottle list"):format(self.slug), code
  end
  if not book then return nil, msg, code end
  self.ledger = book
  self.scratch, msg, code = scratch.open()
  if not self.scratch then
    book:close()
    return nil, msg, code
  end
  self:intend("folder", self.scratch:path())
  return true
end

--- Write down what is about to be made.
function Launch:intend(kind, name)
  local item = { kind = kind, name = name }
  if teardown.of_engine[kind] then item.extra = { engine = self.engine:endpoint().url } end
  assert(self.ledger:intend(kind, name, item.extra))
  self.items[#self.items + 1] = item
end

--- A lifeline for a container that is created: its standard input ends when this process is gone,
--- whatever way it went, and what reads it ends with that.
---@return boolean? ok
---@return string? message
---@return string? code
function Launch:hold(name)
  local hold, msg, code = task.call(self.engine, "container_hold", { id = name })
  if not hold then return nil, ("%s: lifeline: %s"):format(name, msg), code end
  self.holds[#self.holds + 1] = hold
  self.hold_of[name] = hold
  return true
end

--- Text for its standard input: it stands in no file, argument or variable of the engine.
---@param name string
---@param text string
---@return boolean? ok
---@return string? message
---@return string? code
function Launch:tell(name, text) return self.hold_of[name]:say(text) end

--- Another bottle's ledger lists this too.
function Launch:others_hold(kind, name)
  return ledgers.others_hold(self.slug, kind, name)
end

--- Where the agent starts: the project folder, else what the image says, else its user's home.
function Launch:workdir()
  for _, mount in ipairs(self.plan.mounts or {}) do
    if mount.source == self.ctx.cwd then return mount.target end
  end
  return self.image.Config.WorkingDir ~= "" and self.image.Config.WorkingDir or nil
end

--- What is under way now, in the place of what was; nil: nothing. For people who wait at a
--- terminal; with -v it is a line that stays.
---@param text? string
function Launch:step(text)
  if self.shown then self.shown:close() end
  self.shown = nil
  if not text then return end
  if self.ctx.verbose then
    io.stderr:write("bottle: ", text, "…\n")
  else
    self.shown = term.step(text)
  end
end

--- The same to the end of a block, however it is left.
---@param text string
function Launch:showing(text)
  self:step(text)
  return setmetatable({}, { __close = function() self:step() end })
end

--- Several things at the same time, under one name.
---@param text string
---@param fns (fun(): any?, string?, string?)[]
---@return boolean? ok
---@return string? message
---@return string? code
function Launch:all(text, fns)
  local _ <close> = self:showing(text)
  return task.all(fns)
end

--- A detached bottle goes on without us: who reads a line from its lifeline no longer needs it.
---@return boolean? ok
---@return string? message
---@return string? code
function Launch:let_go()
  for i = #self.holds, 1, -1 do
    local ok, msg, code = self.holds[i]:say "stay\n"
    if not ok then return nil, "lifeline: " .. msg, code end
  end
  return true
end

--- Of a detached bottle the ledger stays, and its private folder does not.
function Launch:leave()
  local folder = self.scratch:path()
  if self.ca then self.ca:close() end
  self:drop_holds()
  self.scratch:close()
  self.ledger:undone("folder", folder)
  self.ledger:detach()
  self.ledger:close()
end

function Launch:drop_holds()
  for _, hold in ipairs(self.holds) do hold:close() end
  self.holds, self.hold_of = {}, {}
end

--- Take everything back. What could not be is said and stays in the ledger for `bottle cleanup`.
function Launch:teardown()
  local _ <close> = self:showing "taking the bottle down"
  if self.ca then self.ca:close() end
  teardown.all(self.engine, self.slug, self.items, function(item, ok, msg)
    if ok then
      self.ledger:undone(item.kind, item.name)
    else
      self:step()
      io.stderr:write(("bottle: %s %s: %s; try bottle cleanup\n"):format(item.kind, item.name,
        event_text.safe(msg)))
    end
  end)
  self:drop_holds()
  self.scratch:close()
  self.ledger:close()
end

return M
