--- The name of one run: agent-xxxxx, or what --name says.
local problem <const> = require "bottle.problem"

local M = {}

local digits <const> = "abcdefghijklmnopqrstuvwxyz234567"
-- Names of containers and networks are made of it, and a host name: 63 bytes with its prefix.
local MAX <const> = 40

---@return string five characters of base 32
local function random5()
  local f <close> = assert(io.open("/dev/urandom", "rb"))
  local out = {}
  for i, byte in ipairs { f:read(5):byte(1, 5) } do
    local at = byte % 32 + 1
    out[i] = digits:sub(at, at)
  end
  return table.concat(out)
end

--- Lower case, runs of other characters to "-".
---@param agent string
---@return string
function M.stem(agent)
  local stem = agent:lower():gsub("[^%a%d]+", "-"):gsub("^%-+", ""):sub(1, MAX - 6):gsub("%-+$", "")
  return stem ~= "" and stem or "agent"
end

---@param agent string
---@param name? string
---@return string
function M.of(agent, name)
  if not name then return M.stem(agent) .. "-" .. random5() end
  if #name > MAX or not name:find "^[a-z0-9][a-z0-9-]*$" or name:sub(-1) == "-" then
    problem.raise(("--name %s: want lower-case letters, digits and -, %d at most"):format(name,
      MAX), 2)
  end
  return name
end

return M
