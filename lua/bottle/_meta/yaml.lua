---@meta bottle.yaml
--- YAML without what makes it dangerous: one document, no anchors, aliases, tags, merge keys or
--- duplicate keys. Plain scalars follow the 1.2 core schema: yes, no, on and off are strings, 0644
--- is refused. Values, null and the array mark are those of bottle.json.

local yaml = {}

--- Stands for null inside tables; the same value as json.null.
---@type userdata
yaml.null = nil

--- As json.decode. An empty document is null.
--- Example: `local m, lines = assert(yaml.decode(text, { positions = true }))`
---@param text string
---@param opts? { positions?: boolean }
---@return any value
---@return table<string, integer>|string|nil lines_or_message
---@return string? code
function yaml.decode(text, opts) end

--- Block style with sorted keys; strings are quoted where any reader could take them for something
--- else. Raises as json.encode does.
--- Example: `assert(fs.write(path, assert(yaml.encode(config))))`
---@param value any
---@return string? text
---@return string? message
---@return string? code
function yaml.encode(value) end

return yaml
