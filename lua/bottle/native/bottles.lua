--- The native bottles that run now, found by their names (abstract unix sockets of this user), and
--- what list, exec, logs and stop do with one.
local cells <const> = require "bottle.cell"
local json <const> = require "bottle.json"
local problem <const> = require "bottle.problem"
local sig <const> = require "bottle.sig"
local term <const> = require "bottle.term"

local M = {}

local POLL_MS <const> = 100

local function check(ok, msg)
  if ok == nil then problem.raise(msg) end
  return ok
end

--- Their names.
---@return string[]
function M.names() return cells.names() or {} end

--- Is there a native bottle of this name?
---@param slug string
---@return boolean
function M.has(slug)
  for _, name in ipairs(M.names()) do
    if name == slug then return true end
  end
  return false
end

---@class bottle.NativeFacts
---@field slug string
---@field agent string
---@field engine string
---@field backend string
---@field state "running"|"detached"
---@field cwd? string
---@field started integer
---@field detached boolean
---@field probe? string   an allowed host whose TLS the gate opens

--- What each says about itself; one that ends meanwhile is left out.
---@return bottle.NativeFacts[]
function M.list()
  local out = {}
  for _, name in ipairs(M.names()) do
    local cell <close> = cells.connect(name)
    local facts = cell and json.decode(cell:info() or "")
    if facts then
      facts.backend, facts.state = "native", facts.detached and "detached" or "running"
      out[#out + 1] = facts
    end
  end
  return out
end

--- One that runs, and what it says about itself; the caller closes the first.
---@param slug string
---@return bottle.Cell cell
---@return bottle.NativeFacts facts
function M.open(slug)
  local cell = check(cells.connect(slug))
  return cell, json.decode(cell:info() or "") or {}
end

local exit_of <const> = { notfound = 127, denied = 126 }

--- Run a command beside the agent, on this terminal or these pipes.
---@param slug string
---@param argv string[]
---@return integer status
function M.exec(slug, argv)
  check(sig.install())
  local cell <close> = check(cells.connect(slug))
  local tty = cells.terminal()
  local id, msg, code = cell:spawn { argv = argv, tty = tty, as_agent = true,
    env = tty and { "TERM=" .. (os.getenv "TERM" or "xterm") } or {} }
  if not id then problem.raise(msg, exit_of[code] or 125) end
  local how, status, why = cell:keep { agent = id }
  if how then return math.tointeger(status) or 125 end
  if why ~= "interrupted" then problem.raise(tostring(status)) end
  cell:signal(id, 15)
  return 128 + (sig.noted() or 2)
end

--- End it, and wait until its name is gone.
---@param slug string
function M.stop(slug)
  local _ <close> = term.step("stopping " .. slug)
  local cell <close> = check(cells.connect(slug))
  check(cell:stop())
  while M.has(slug) do check(sig.sleep(POLL_MS // 5)) end
end

-- Whole lines from offset on; what is half there waits. Returns the new offset.
local function show(file, offset, say)
  file:seek("set", offset)
  for line in file:lines "L" do
    if line:sub(-1) ~= "\n" then break end
    say(line:sub(1, -2))
    offset = offset + #line
  end
  return offset
end

--- What the gate decided, line by line; with follow until the bottle ends or a stop comes.
---@param slug string
---@param follow boolean
---@param say fun(line: string)
---@return integer status
function M.logs(slug, follow, say)
  check(sig.install())
  local cell <close> = check(cells.connect(slug))
  local file <close> = check(io.open(check(cell:log()), "rb"))
  local offset = show(file, 0, say)
  while follow do
    local alive = M.has(slug)
    offset = show(file, offset, say)
    if not alive then return 0 end
    if not sig.sleep(POLL_MS) then return 130 end
  end
  return 0
end

return M
