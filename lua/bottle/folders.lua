--- Who guards files in a project folder. Bottles of both backends may stand on one placeholder
--- there, and neither waits for the other's end before it takes its own away: so the second one is
--- refused (docs/adr/0065).
local fs <const> = require "bottle.fs"
local paths <const> = require "bottle.paths"

local M = {}

local HOLDERS <const> = "/proc/net/unix"

--- Does a native bottle guard files in it now? Each has a socket whose name says so
--- (src/bwrap/folder.h), whoever's it is.
---@param folder string
---@return boolean
function M.native(folder)
  local st = fs.stat(folder)
  local names = st and fs.read(HOLDERS)
  if not names then return false end
  return names:find((" @bottle-folder/%x:%x/"):format(st.dev, st.ino), 1, true) ~= nil
end

--- A bottle of this user on an Engine that has placeholders in it, or has left some.
---@param folder string
---@return string? slug
function M.on_engine(folder)
  if not (fs.list(paths.state() .. "/ledger") or {})[1] then return nil end
  for _, found in ipairs(require "bottle.ledgers".scan()) do
    for _, item in ipairs(found.pending or {}) do
      if item.kind == "placeholder" and item.name:sub(1, #folder + 1) == folder .. "/" then
        return found.slug
      end
    end
  end
end

return M
