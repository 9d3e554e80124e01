---@meta bottle.sys
--- Small facts about the host and this process.

local sys = {}

---@return string? name
---@return string? message
---@return string? code
function sys.hostname() end

--- The effective user.
---@return integer
function sys.uid() end

---@return integer
function sys.gid() end

--- Milliseconds of a clock that never goes back; only differences mean something.
---@return integer
function sys.clock() end

--- Seconds since 1970.
---@return integer
function sys.time() end

--- n characters (1 to 256) of a-z and 2-7 from the kernel's generator: 5 bits each.
--- Example: `local slug = name .. "-" .. assert(sys.random(5))`
---@param n integer
---@return string? text
---@return string? message
---@return string? code
function sys.random(n) end

--- Take a variable out of this process's environment and overwrite its value where it lies, which is
--- what others see in /proc/PID/environ. One that is not there is nothing.
---@param name string
function sys.forget(name) end

return sys
