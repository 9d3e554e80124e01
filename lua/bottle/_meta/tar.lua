---@meta bottle.tar
--- Archives held in memory, never on disk, for engine:archive_put and engine:image_import.

---@class bottle.Tar
local Tar = {}

local tar = {}

---@class bottle.TarEntry
---@field path string     below the archive's root; no "..", a leading / is dropped
---@field data? string    a file with these bytes
---@field file? string    a file with the bytes of this one on the host
---@field dir? string     the whole tree below this folder on the host, links kept as links
---@field link? string    a symbolic link to this
---@field mode? integer   default 0644 for files, 0755 for folders; with file and dir the host's
---@field uid? integer    default 0; with dir: for everything in it
---@field gid? integer    default 0
---@field mtime? integer  seconds; default 0 for data, link and folders (same input, same bytes)
---@field skip? string[]  with dir: relative paths in it to leave out

--- Build an archive. An entry with none of data, file, dir and link is an empty folder.
--- Example: `local t <close> = assert(tar.build { { path = "etc/x", data = "hi", mode = 384 } })`
---@param entries bottle.TarEntry[]
---@return bottle.Tar? tar
---@return string? message
---@return string? code
function tar.build(entries) end

--- Its size in bytes.
---@return integer
function Tar:size() end

--- The sha256 of its bytes, in hex.
---@return string
function Tar:sha256() end

--- Give the memory back. Idempotent.
function Tar:close() end

return tar
