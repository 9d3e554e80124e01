---@meta bottle.gatevm
--- The gate's own VM for request and response rules (docs/adr/0001), to ask it beforehand.

local gatevm = {}

--- Load policy files one after the other into a VM of the gate's, as it will at its start, and say
--- what it would not take.
--- Example: `gatevm.check { { path = "acme.lua", text = "x = io.open" } }`
---@param files { path: string, text: string }[]
---@return boolean? ok
---@return string? message   with file and line
---@return string? code
function gatevm.check(files) end

return gatevm
