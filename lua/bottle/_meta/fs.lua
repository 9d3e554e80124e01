---@meta bottle.fs
--- Files. Codes: notfound, exists, limit, invalid (a link or a device where a file should be), sys.
--- A path is taken as it is: ~ is the caller's to expand. A NUL in a path raises.

---@class bottle.Stat
---@field type "file"|"dir"|"link"|"socket"|"fifo"|"char"|"block"
---@field size integer bytes
---@field mode integer permission bits
---@field uid integer
---@field gid integer
---@field mtime integer seconds since 1970
---@field ino integer
---@field dev integer

local fs = {}

--- The whole file; more than max bytes (64 MiB) is "limit".
--- Example: `local text = assert(fs.read("bottle.json", 1 << 20))`
---@param path string
---@param max? integer
---@return string? text
---@return string? message
---@return string? code
function fs.read(path, max) end

--- Replace or make a file, whole or not at all, also in a power cut. A symbolic link in its place is
--- refused. mode is 0600 unless given.
--- Example: `assert(fs.write(path, text, 420)) -- 0644`
---@param path string
---@param text string
---@param mode? integer
---@return boolean? ok
---@return string? message
---@return string? code
function fs.write(path, text, mode) end

--- Make a file where nothing is ("exists" otherwise); a kill meanwhile leaves at worst a shorter one.
--- mode is 0600 unless given.
---@param path string
---@param text string
---@param mode? integer
---@return boolean? ok
---@return string? message
---@return string? code
function fs.create(path, text, mode) end

--- Add to the end; makes the file (0600) if it is not there. No link is followed.
---@param path string
---@param text string
---@param mode? integer
---@return boolean? ok
---@return string? message
---@return string? code
function fs.append(path, text, mode) end

--- Make a folder and what is missing above it (0700).
---@param path string
---@param mode? integer
---@return boolean? ok
---@return string? message
---@return string? code
function fs.mkdir_p(path, mode) end

--- Names in a folder, sorted, without . and ..
---@param path string
---@return string[]? names
---@return string? message
---@return string? code
function fs.list(path) end

---@param path string
---@return bottle.Stat?
---@return string? message
---@return string? code
function fs.stat(path) end

--- As stat, but of a link itself.
---@param path string
---@return bottle.Stat?
---@return string? message
---@return string? code
function fs.lstat(path) end

--- Something is there, be it a dangling link.
---@param path string
---@return boolean
function fs.exists(path) end

--- This user may write it now: of a folder, make something in it.
---@param path string
---@return boolean
function fs.writable(path) end

--- Absolute and without links.
---@param path string
---@return string? path
---@return string? message
---@return string? code
function fs.realpath(path) end

--- One file, link or empty folder.
---@param path string
---@return boolean? ok
---@return string? message
---@return string? code
function fs.remove(path) end

--- A folder and all in it; links are removed, never followed. Nothing there is success.
---@param path string
---@return boolean? ok
---@return string? message
---@return string? code
function fs.remove_tree(path) end

return fs
