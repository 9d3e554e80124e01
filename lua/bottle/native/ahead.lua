--- The sandbox of a native bottle, begun. bubblewrap takes as long as loading a policy does, and
--- of what a policy decides needs but the mounts: where a native run is likely it is begun with
--- those that are likely, beside all else, and used if the plan wants exactly these. Nothing runs
--- in it but its first process, which waits; one that is not wanted goes with its wire.
local bwrap <const> = require "bottle.bwrap"
local cells <const> = require "bottle.cell"
local env <const> = require "bottle.env"
local fs <const> = require "bottle.fs"
local java <const> = require "bottle.native.java"
local problem <const> = require "bottle.problem"
local scope <const> = require "bottle.native.scope"
local tools <const> = require "bottle.native.tools"
local view <const> = require "bottle.native.view"

local M = {}

---@class bottle.Begun
---@field cell bottle.Cell
---@field user { name: string, uid: integer, gid: integer, home: string }
---@field java boolean
---@field mounts table[]

local guess ---@type bottle.Begun?

local function check(value, message)
  if value == nil then problem.raise(message) end
  return value
end

local function start(mounts, before, cwd)
  local has_java = java.is_here()
  local lines, user = view.lines { plan = { mounts = mounts }, ctx = { cwd = cwd },
    facts = env.native, gate_host = env.native.proxy_host, java = has_java,
    init = check(bwrap.init()) }
  local cell = check(cells.open { bwrap = check(bwrap.find()), init = view.init, view = lines,
    hostname = "bottle", before = before })
  return { cell = cell, user = user, java = has_java, mounts = mounts }
end

-- The project where the operator stands, and where the agent's program lies, if it was named.
local function likely(args)
  local mounts = {}
  local command = args.rest and args.rest[1]
  for _, folder in ipairs(command and tools.folders(command) or {}) do
    mounts[#mounts + 1] = { source = folder, target = folder, read_only = true }
  end
  local folder = args.opts.cwd ~= "none" and fs.realpath "." or nil
  if folder then mounts[#mounts + 1] = { source = folder, target = folder } end
  table.sort(mounts, function(a, b) return a.target < b.target end)
  return mounts
end

local function same(a, b)
  if #a ~= #b then return false end
  for i, one in ipairs(a) do
    local other = b[i]
    if one.type == "copy" or one.source ~= other.source or one.target ~= other.target or
      (one.read_only or false) ~= (other.read_only or false) then return false end
  end
  return true
end

--- End what was begun and not taken.
function M.drop()
  if guess then guess.cell:close() end
  guess = nil
end

--- Begin. Closing what comes back is M.drop. What fails here fails again, and is reported, where it
--- counts; where limits may be a scope's, bubblewrap is to be run by what makes that.
---@param args bottle.Args
---@return { cell?: bottle.Cell }
function M.begin(args)
  local out <const> = setmetatable({}, { __close = M.drop })
  if args.opts.cwd == "copy" or scope.find() then return out end
  local ok, begun = pcall(start, likely(args))
  if ok then guess, out.cell = begun, begun.cell end
  return out
end

--- What the plan wants: what was begun if it is that, else anew.
---@param mounts table[]   of the plan
---@param before? string[]  words before bubblewrap's: a scope
---@param cwd? string       the project folder
---@return bottle.Begun
function M.take(mounts, before, cwd)
  local begun = guess
  if begun and not before and same(mounts, begun.mounts) then
    guess = nil
    return begun
  end
  M.drop()
  return start(mounts, before, cwd)
end

return M
