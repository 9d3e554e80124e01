---@meta bottle.docker_hold
--- What `engine:container_hold` returns: no module to require.

--- The standard input of a container, held open. It ends when this process does.
---@class bottle.Hold
local Hold = {}

--- Write to the container's standard input; returns when the engine has it.
--- Example: `assert(hold:say "stay\n")`
---@param text string
---@return boolean? ok
---@return string? message
---@return string? code
function Hold:say(text) end

--- End the container's standard input. Idempotent.
function Hold:close() end
