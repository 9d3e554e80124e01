---@meta bottle.self
--- What this very program is made of.

local self = {}

--- Its own file.
---@return string? path
---@return string? message
---@return string? code
function self.path() end

--- The engine's module, which `bottle gate` is made of; it is loaded.
---@return string? path
---@return string? message
---@return string? code
function self.engine() end

--- Its shared libraries, with those of one module that is loaded, and the dynamic loader, at the paths
--- where the loader looked them up.
--- Example: `for _, path in ipairs(self.libraries()) do print(path) end`
---@param module? string  a path
---@return string[] paths
function self.libraries(module) end

--- The folder that holds lua/ and policies/.
---@return string path
function self.share() end

return self
