---@meta bottle.json
--- JSON, strict and bounded: 8 MiB, 64 levels, a million values; duplicate keys are refused.

local json = {}

--- Stands for null inside tables; also yaml.null. tostring gives "null".
---@type userdata
json.null = nil

--- Integers up to 2^53 stay integers. Arrays carry the mark that json.array sets. The message of a
--- failure begins with "line 3 column 7: ". With positions also a table from the path of each value
--- (agents.implementer.skills[1]; "" is the whole) to its line.
--- Example: `local m, lines = assert(json.decode(text, { positions = true }))`
---@param text string
---@param opts? { positions?: boolean }
---@return any value
---@return table<string, integer>|string|nil lines_or_message
---@return string? code
function json.decode(text, opts) end

--- Keys are sorted, so equal values give equal text. A table with the array mark or something at
--- [1] is an array, any other table an object with string keys. Raises on what no document holds
--- (a function, mixed keys, holes); text that is not UTF-8, NaN or too deep is a bad world.
--- Example: `io.write(json.encode(plan, { pretty = true }))`
---@param value any
---@param opts? { pretty?: boolean }
---@return string? text
---@return string? message
---@return string? code
function json.encode(value, opts) end

--- Mark a table (a new one if none is given) as an array, so that it stays one when it is empty.
---@param t? table
---@return table t the same table
function json.array(t) end

--- True for a table with the array mark or something at [1].
---@param value any
---@return boolean
function json.is_array(value) end

--- The path of a member, spelled as the positions spell it.
--- Example: `json.path("agents", "a.b") == 'agents["a.b"]'`
---@param parent string
---@param key string|integer
---@return string path
function json.path(parent, key) end

return json
