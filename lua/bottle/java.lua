--- Java reads no PEM file: it is given a store of its own format with the bottle's CA in it, where
--- the distributions' JDKs look for theirs, and by name where a JDK brings its own.
local M = {}

--- Where the store is, for programs that are told.
M.store = "/etc/ssl/certs/java/cacerts"

--- The same options with the store named; as they are where they name one.
---@param options? string  of JAVA_TOOL_OPTIONS
---@return string?
function M.options(options)
  if not options or options:find("javax.net.ssl.trustStore", 1, true) then return options end
  return options .. " -Djavax.net.ssl.trustStore=" .. M.store
end

return M
