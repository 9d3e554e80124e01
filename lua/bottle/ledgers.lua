--- Where the ledgers of this user's bottles are, and what they say.
local ledger <const> = require "bottle.ledger"
local paths <const> = require "bottle.paths"

local M = {}

---@return string
function M.dir() return paths.state() .. "/ledger" end

---@param slug string
function M.open(slug) return ledger.open(M.dir(), slug) end

---@param slug string
function M.adopt(slug) return ledger.adopt(M.dir(), slug) end

---@return bottle.LedgerFound[]
function M.scan() return ledger.scan(M.dir()) or {} end

--- Does a ledger of another bottle list this too?
---@param slug string
---@param kind string
---@param name string
---@return boolean
function M.others_hold(slug, kind, name)
  for _, found in ipairs(M.scan()) do
    for _, item in ipairs(found.slug ~= slug and found.pending or {}) do
      if item.kind == kind and item.name == name then return true end
    end
  end
  return false
end

return M
