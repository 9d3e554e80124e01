--- How each kind of thing in a ledger is undone. Idempotent: what is gone is success. Used by the
--- end of a run and by `bottle cleanup` alike.
local fs <const> = require "bottle.fs"
local ledgers <const> = require "bottle.ledgers"
local project <const> = require "bottle.docker.project"
local task <const> = require "bottle.task"

local M = {}

local undo = {}

-- What is not there is a success that says so.
local function gone(ok, msg, code)
  if ok ~= nil then return true end
  if code == "notfound" then return true, nil, code end
  return nil, msg, code
end

function undo.container(engine, name)
  return gone(task.call(engine, "container_remove", { id = name }))
end

-- A network with something still on it is refused; whoever that is loses it.
function undo.network(engine, name)
  local ok, msg, code = gone(task.call(engine, "network_remove", { id = name }))
  if ok then return true, nil, code end
  local net = task.call(engine, "network_inspect", { id = name })
  for id in pairs(net and net.Containers or {}) do
    task.call(engine, "network_disconnect", { id = name, container = id, force = true })
  end
  local again, why, kind = gone(task.call(engine, "network_remove", { id = name }))
  if again then return true end
  return nil, why or msg, kind or code
end

function undo.folder(_, path) return gone(fs.remove_tree(path)) end

-- An empty file or folder that bottle put into the project for a guard to be mounted on. Whatever
-- has something else in it by now is not ours to remove.
function undo.placeholder(_, path)
  local stat = fs.lstat(path)
  if not stat or (stat.type == "file" and not project.untouched(path, stat)) then return true end
  if stat.type == "dir" and #(fs.list(path) or {}) > 0 then return true end
  return gone(fs.remove(path))
end

M.of_engine = { container = true, network = true }

-- Containers before the networks they are on, and everything of one kind at once.
local waves <const> = { "container", "network", "placeholder", "folder" }

local function wave(engine, kind, items, report)
  local jobs = {}
  for i = #items, 1, -1 do
    local item = items[i]
    if item.kind == kind then
      jobs[#jobs + 1] = function()
        local ok, msg, code = undo[kind](engine, item.name)
        report(item, ok, msg, code)
        return true
      end
    end
  end
  -- A folder may hold another placeholder: those go one after the other, the last made first.
  if kind == "placeholder" then
    for _, job in ipairs(jobs) do job() end
    return
  end
  task.all(jobs)
end

-- Another engine would say "not found", and what is on the right one would be forgotten.
local function elsewhere(engine, item)
  if not M.of_engine[item.kind] then return nil end
  if not engine then return "no engine answers" end
  local url = item.extra and item.extra.engine
  return url and url ~= engine:endpoint().url and "its engine is at " .. url or nil
end

-- A placeholder that another bottle is mounted over too is left for that one to remove.
local function still_wanted(slug, item)
  return item.kind == "placeholder" and ledgers.others_hold(slug, item.kind, item.name)
end

--- Undo all items of a bottle; report is told about each (code "notfound": it was not there).
---@param engine bottle.Engine?   nil: nothing of an engine can be undone and is reported so
---@param slug string
---@param items { kind: string, name: string, extra?: table }[]  in the order they were made
---@param report fun(item: table, ok: boolean?, message: string?, code: string?)
---@return boolean clean
function M.all(engine, slug, items, report)
  local clean = true
  local function tell(item, ok, msg, code)
    if not ok then clean = false end
    report(item, ok, msg, code)
  end
  local now = {}
  for _, item in ipairs(items) do
    local why = elsewhere(engine, item)
    if why then
      tell(item, nil, why, "io")
    elseif still_wanted(slug, item) then
      tell(item, true)
    else
      now[#now + 1] = item
    end
  end
  for _, kind in ipairs(waves) do wave(engine, kind, now, tell) end
  return clean
end

return M
