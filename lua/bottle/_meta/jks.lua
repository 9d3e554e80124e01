---@meta bottle.jks
--- Java's own key store. What makes a CA is another module (bottle.ca), which loads OpenSSL.

local jks = {}

--- Java's key store (JKS, password "changeit") of the roots in a PEM text and of one more.
---@param pem string
---@param roots? string
---@return string? bytes
---@return string? message
---@return string? code
function jks.write(pem, roots) end

return jks
