---@meta bottle.cidr
--- Address prefixes, and which addresses a gate never dials.

local cidr = {}

--- The prefix in its usual spelling. Refused: a bare address, host bits set (the message says what was
--- probably meant), /0.
--- Example: `cidr.parse "172.18.0.0/16"`
---@param text string
---@return string? cidr
---@return string? message
---@return string? code
function cidr.parse(text) end

--- Whether the address lies in it; an IPv4-mapped address counts as IPv4.
---@param text string
---@param ip string
---@return boolean?
---@return string? message
---@return string? code
function cidr.contains(text, ip) end

--- What kind of internal address it is, or false where it may be dialled. allow: CIDRs that pass.
--- Example: `cidr.forbidden "169.254.169.254" -- "link-local or metadata service"`
---@param ip string
---@param allow? string[]
---@return string|false|nil why
---@return string? message
---@return string? code
function cidr.forbidden(ip, allow) end

return cidr
