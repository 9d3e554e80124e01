---@meta bottle.sig
--- Stop signals (SIGINT, SIGTERM, SIGHUP) as a fact to ask for: waits of other modules end with the
--- code "interrupted" while one is pending.

local sig = {}

--- Catch them from now on, and ignore SIGPIPE. Idempotent.
---@return boolean? ok
---@return string? message
---@return string? code
function sig.install() end

--- The first stop signal that came, unless held back.
---@return integer? signal
function sig.pending() end

--- The same, also while held: for the exit status.
---@return integer? signal
function sig.noted() end

--- The same, and forget it.
---@return integer? signal
function sig.take() end

--- During teardown: signals are noted and interrupt nothing. Nests; every true wants its false.
---@param on boolean
function sig.hold(on) end

--- Sleep, unless a stop comes: "interrupted". Up to an hour.
---@param ms integer
---@return boolean? ok
---@return string? message
---@return string? code
function sig.sleep(ms) end

return sig
