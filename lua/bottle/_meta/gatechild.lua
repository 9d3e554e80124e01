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

--- Was a process prepared that will be the gate? So it is where a native bottle is likely to be run.
---@return boolean
function gatechild.prepared() end

--- Prepare one now, by executing this program (self.path()) anew: for a process that holds what a gate
--- should not have. It ends with this process, if not before.
---@param exe string
---@return boolean? ok
---@return string? message
---@return string? code
function gatechild.plant(exe) end

--- Tell the process that was prepared to be the gate to make the bottle's CA. The key is made there
--- and never elsewhere; certificate and key are its last two files, behind those of open.
---@param slug string
---@return boolean told  false: none was prepared
function gatechild.ask(slug) end

--- Wait for what was asked for.
---@return string? pem           the certificate
---@return string fingerprint    SHA-256 of its DER; or the message
---@return string subject_hash   OpenSSL's name for it in a hash folder; or the code
function gatechild.answer() end

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
