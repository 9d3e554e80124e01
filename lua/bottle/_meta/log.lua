---@meta bottle.log
--- Prose for people on standard error, one line a call; control characters are escaped. Warnings and
--- errors show always, the rest with -v. Never pass a secret.

local log = {}

--- Example: `log.warn("docker", "network %s is still there", name)`
---@param topic string
---@param fmt string as string.format
---@param ... any
function log.warn(topic, fmt, ...) end

---@param topic string
---@param fmt string
---@param ... any
function log.error(topic, fmt, ...) end

---@param topic string
---@param fmt string
---@param ... any
function log.info(topic, fmt, ...) end

---@param topic string
---@param fmt string
---@param ... any
function log.debug(topic, fmt, ...) end

return log
