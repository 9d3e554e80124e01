---@meta bottle.ledger
--- What must be undone, on disk before it is made. A line is fsynced when its call returns. The
--- owner holds a lock while it lives, so that a dead one is known without a guess.

---@class bottle.LedgerEntry
---@field kind string
---@field name string
---@field done boolean it was made; else it may or may not be there
---@field extra? any what the undo needs to know

---@class bottle.LedgerOwner
---@field host string
---@field boot string boot id
---@field pid integer
---@field start integer as proc.self
---@field created integer seconds since 1970

---@class bottle.LedgerFound
---@field slug string
---@field alive boolean its owner runs
---@field detached? boolean the bottle is meant to outlive its owner
---@field owner? bottle.LedgerOwner
---@field pending? bottle.LedgerEntry[] newest first
---@field error? string why it cannot be read; then the three above are absent

---@class bottle.Ledger
local Ledger = {}

local ledger = {}

--- Begin the ledger of a new bottle; makes dir (0700). "exists": the slug is taken, "invalid": it is
--- no slug.
--- Example: `local l <close> = assert(ledger.open(dir, slug))`
---@param dir string
---@param slug string
---@return bottle.Ledger?
---@return string? message
---@return string? code
function ledger.open(dir, slug) end

--- Take over the ledger of a dead owner. "exists": its owner lives, "notfound": it is gone.
---@param dir string
---@param slug string
---@return bottle.Ledger?
---@return string? message
---@return string? code
function ledger.adopt(dir, slug) end

--- All ledgers of a folder, sorted by slug; none where there is no folder.
---@param dir string
---@return bottle.LedgerFound[]?
---@return string? message
---@return string? code
function ledger.scan(dir) end

--- Before making a thing. Once more for the same: renews it.
--- Example: `assert(l:intend("network", name, { id = id }))`
---@param kind string
---@param name string
---@param extra? any no secret: it is written to disk
---@return boolean? ok
---@return string? message
---@return string? code
function Ledger:intend(kind, name, extra) end

--- It was made.
---@param kind string
---@param name string
---@return boolean? ok
---@return string? message
---@return string? code
function Ledger:done(kind, name) end

--- It was removed: no longer pending.
---@param kind string
---@param name string
---@return boolean? ok
---@return string? message
---@return string? code
function Ledger:undone(kind, name) end

--- From now on the bottle is meant to outlive its owner.
---@return boolean? ok
---@return string? message
---@return string? code
function Ledger:detach() end

--- What is still to be undone, newest first.
---@return bottle.LedgerEntry[]
function Ledger:pending() end

---@return bottle.LedgerOwner
function Ledger:owner() end

--- Give the lock back. The file goes when nothing is pending, else it awaits cleanup. Idempotent.
function Ledger:close() end

return ledger
