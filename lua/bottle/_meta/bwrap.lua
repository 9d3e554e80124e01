---@meta bottle.bwrap
--- bubblewrap on this host, and what the native backend needs beside it. Codes: notfound, denied
--- (others can write it), invalid (too old), sys.

---@class bottle.Guard
local Guard = {}

local bwrap = {}

--- $BOTTLE_BWRAP, else the first bwrap in PATH.
---@return string? path
---@return string? message
---@return string? code
function bwrap.find() end

--- The program that becomes the first process of a sandbox.
---@return string? path
---@return string? message
---@return string? code
function bwrap.init() end

--- Run it and ask. Example: `local version = assert(bwrap.version(assert(bwrap.find())))`
---@param path string
---@return string? version
---@return string? message
---@return string? code
function bwrap.version(path) end

--- Make what is missing of the paths that are to be covered, so that it can be; it goes again when
--- this is closed, and also when this process is killed.
---@param root string        absolute
---@param paths string[]     below root; a path that ends in / is a folder
---@return bottle.Guard?
---@return string? message
---@return string? code      denied: one of them is a symbolic link
function bwrap.guard(root, paths) end

--- From here on in a process of its own session; the one that called waits for detached and ends.
---@return integer? fd
---@return string? message
---@return string? code
function bwrap.detach() end

--- Let the waiting process print text (to stdout, or with a status to stderr) and end with status.
---@param fd integer
---@param status integer
---@param text string
function bwrap.detached(fd, status, text) end

--- What to cover, absolute.
---@return string[]
function Guard:paths() end

--- The folders above them, absolute, each to be mounted on itself: a file is moved with its folder.
---@return string[]
function Guard:parents() end

--- Take away what was made. Idempotent.
function Guard:close() end

return bwrap
