---@meta bottle.scratch
--- A private staging folder (mode 0700) that is removed, with all in it, when closed.

---@class bottle.Scratch
local Scratch = {}

local scratch = {}

--- Make a folder below parent ($TMPDIR, else /tmp).
--- Example: `local s <close> = assert(scratch.open())`
---@param parent? string
---@return bottle.Scratch? scratch
---@return string? message
---@return string? code
function scratch.open(parent) end

--- Its path; raises once closed.
---@return string
function Scratch:path() end

--- Remove it. Idempotent.
function Scratch:close() end

return scratch
