---@meta bottle.self
--- What this very program is made of.

local self = {}

--- Its own file.
---@return string? path
---@return string? message
---@return string? code
function self.path() end

--- Its shared libraries and the dynamic loader, at the paths where the loader looked them up.
--- Example: `for _, path in ipairs(self.libraries()) do print(path) end`
---@return string[] paths
function self.libraries() end

--- The folder that holds lua/ and policies/.
---@return string path
function self.share() end

return self
