---@meta bottle.gatechild
--- The gate as a child of this process: it dies with it, has its files as descriptors and its
--- listening sockets by message.

---@class bottle.GateChild
local GateChild = {}

local gatechild = {}

--- Start it; its events go to a log without a name. It finds texts, then the files at paths, as
--- /proc/self/fd/4, 5, …
---@param argv string[]
---@param texts string[]
---@param paths string[]
---@return bottle.GateChild?
---@return string? message
---@return string? code
function gatechild.open(argv, texts, paths) end

--- Wait for its event "ready".
---@param ms integer
---@return boolean? ok
---@return string? message  what it said on its way out
---@return string? code
function GateChild:ready(ms) end

---@return integer
function GateChild:pid() end

--- Where its events can be read, in this process.
---@return string path
function GateChild:log() end

--- Tell it to end; close waits.
function GateChild:stop() end

--- Let it end, or make it. Idempotent.
function GateChild:close() end

return gatechild
