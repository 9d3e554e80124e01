---@meta bottle.digest
--- Digests of bytes.

local digest = {}

--- SHA-256 as 64 lower-case hexadecimal digits.
--- Example: `digest.sha256 "" -- "e3b0c442…"`
---@param bytes string
---@return string hex
function digest.sha256(bytes) end

return digest
