---@meta bottle.host
--- Host names in one normal form, patterns of them, and sets of patterns with their sources.

---@class bottle.HostPattern
---@field host string      normal form; of "*.suffix" the suffix
---@field port integer?    nil: 80 and 443
---@field wildcard boolean
---@field text string      the entry in its usual spelling

---@class bottle.HostSet
local HostSet = {}

local host = {}

--- The normal form: lower case, no trailing dot, addresses plain. Nothing is decoded.
--- Example: `host.normalise "API.Example.COM." -- "api.example.com"`
---@param name string
---@return string? normal
---@return string? message
---@return string? code
function host.normalise(name) end

--- An entry of a list: `name`, `*.suffix` or an address, each with an optional `:port`. Unicode names
--- become A-labels. Refused: URLs, paths, a bare `*`, public suffixes.
---@param entry string
---@return bottle.HostPattern?
---@return string? message
---@return string? code
function host.pattern(entry) end

--- Whether the entry matches. `*.suffix` matches at any depth below the suffix and not the suffix.
---@param entry string
---@param name string
---@param port? integer 443
---@return boolean?
---@return string? message
---@return string? code
function host.match(entry, name, port) end

--- An empty set. `#set` counts its entries.
---@return bottle.HostSet
function host.set() end

--- Add an entry or a list; one that is there keeps its first source. Stops at the first bad one.
---@param entries string|string[]
---@param source? string
---@return integer? added
---@return string? message
---@return string? code
function HostSet:add(entries, source) end

--- Take out exactly this entry.
---@param entry string
---@return boolean? removed
---@return string? message
---@return string? code
function HostSet:remove(entry) end

--- Whether an entry matches, and the source of the most specific one.
---@param name string
---@param port? integer 443
---@return boolean?
---@return string? source
---@return string? code
function HostSet:has(name, port) end

--- Where exactly this entry came from; nil: not in the set.
---@param entry string
---@return string?
---@return string? message
---@return string? code
function HostSet:source(entry) end

--- All entries, sorted, and beside them their sources.
---@return string[] entries
---@return string[] sources
function HostSet:list() end

--- The same as one list of pairs, sorted by host.
---@return { host: string, source: string }[]
function HostSet:items() end

return host
