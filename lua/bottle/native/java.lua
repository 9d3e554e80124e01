--- Where this host has a Java, its store is made anew with the bottle's CA in it, and stands where
--- the distributions' JDKs look for theirs.
local fs <const> = require "bottle.fs"
local java <const> = require "bottle.java"
local jks <const> = require "bottle.jks"
local proc <const> = require "bottle.proc"

local M = {}

-- Where the JDKs of Red Hat's family look.
local others <const> = { "/etc/pki/java/cacerts", "/etc/pki/ca-trust/extracted/java/cacerts" }

local READ <const> = 292 -- 0444

---@return boolean
function M.is_here()
  return (os.getenv "JAVA_HOME" or "") ~= "" or proc.which "java" ~= nil
end

--- The lines of a view that Java needs, but for the store: a JDK's settings, and the store's names.
---@param add fun(kind: string, to: string, more?: table)
---@param same fun(path: string)  adds what stands there on the host
function M.lines(add, same)
  for _, name in ipairs(fs.list "/etc" or {}) do
    if name:find "^java" then same("/etc/" .. name) end
  end
  add("dir", java.store:match "^(.*)/", { mode = 493 })
  for _, path in ipairs(others) do add("symlink", path, { from = java.store }) end
end

--- The store itself: the host's roots and the CA.
---@param add fun(kind: string, to: string, more?: table)
---@param own string  the CA's certificate
---@param bundle? string  the host's PEM file
function M.late(add, own, bundle)
  local roots, store, why
  if bundle then roots, why = fs.read(bundle) end
  if roots or not bundle then store, why = jks.write(own, roots) end
  if not store then error({ message = "java's store: " .. tostring(why), status = 125 }, 0) end
  add("file", java.store, { data = store, mode = READ })
end

return M
