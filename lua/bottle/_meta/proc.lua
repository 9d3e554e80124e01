---@meta bottle.proc
--- Child processes, without a shell. Codes: notfound (no such program or folder), timeout, limit,
--- interrupted, sys.

---@class bottle.ProcOpts
---@field env? table<string, string|false> added to our environment; false takes a name out
---@field clear_env? boolean begin with an empty environment instead of ours
---@field cwd? string
---@field input? string fed to standard input, which is then closed
---@field stdin? "null"|"inherit"|integer default "null"; a number is a descriptor
---@field stdout? "null"|"inherit"|"capture"|integer default "capture" in run, "inherit" in spawn
---@field stderr? "null"|"inherit"|"capture"|"stdout"|integer
---@field stdout_file? string append to this file (0600) instead
---@field stderr_file? string
---@field timeout? integer milliseconds (run only): then it is killed
---@field max? integer cap of each captured stream in bytes (16 MiB)
---@field group? boolean a process group of its own; kill hits all of it

---@class bottle.ProcStatus
---@field code integer exit status, 128 + signal when a signal ended it
---@field signal? integer

---@class bottle.ProcResult: bottle.ProcStatus
---@field stdout string
---@field stderr string

---@class bottle.Proc
local Proc = {}

local proc = {}

--- Start and leave running. Only run feeds input; what is to be captured waits for collect.
--- Example: `local p <close> = assert(proc.spawn({ "nginx", "-g", "daemon off;" }))`
---@param argv string[]
---@param opts? bottle.ProcOpts
---@return bottle.Proc?
---@return string? message
---@return string? code
function proc.spawn(argv, opts) end

--- Run to the end. A status that is not 0 is no failure of run.
--- Example: `local r = assert(proc.run({ "git", "rev-parse", "HEAD" }, { cwd = dir }))`
---@param argv string[]
---@param opts? bottle.ProcOpts
---@return bottle.ProcResult?
---@return string? message
---@return string? code
function proc.run(argv, opts) end

--- Which process we are, for proc.alive: a pid alone comes back.
---@return { pid: integer, start: integer }?
---@return string? message
---@return string? code
function proc.self() end

--- The same process still runs; a zombie does not.
---@param pid integer
---@param start integer
---@return boolean
function proc.alive(pid, start) end

--- Where PATH has a program.
---@param name string
---@return string? path
---@return string? message
---@return string? code
function proc.which(name) end

--- Wait up to ms (for ever): "timeout" leaves it running. May be asked again after the end.
---@param ms? integer
---@return bottle.ProcStatus?
---@return string? message
---@return string? code
function Proc:wait(ms) end

--- Of a spawn with stdout or stderr "capture": gather what it says and wait for its end, as run
--- does; "timeout" after ms, and it is killed.
---@param ms? integer
---@return bottle.ProcResult?
---@return string? message
---@return string? code
function Proc:collect(ms) end

--- Send a signal, SIGTERM unless given. Ended already is success.
---@param signal? integer
---@return boolean? ok
---@return string? message
---@return string? code
function Proc:kill(signal) end

---@return integer
function Proc:pid() end

--- Kill what still runs and forget it. Idempotent.
function Proc:close() end

return proc
