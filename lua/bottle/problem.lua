--- A failure that is one line for people: raised as a table that carries the exit status.
local M = {}

local mt <const> = { __tostring = function(self) return self.message end }

---@class bottle.Problem
---@field message string
---@field status integer

--- Raise it. status 125: bottle itself failed; 2: usage.
---@param message string
---@param status? integer
function M.raise(message, status)
  error(setmetatable({ message = message, status = status or 125 }, mt), 0)
end

--- The text of whatever an error handler was given.
---@param err any
---@return string
function M.text(err)
  if type(err) == "table" and type(err.message) == "string" then return err.message end
  return tostring(err)
end

return M
