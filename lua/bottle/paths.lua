--- Paths as people write them: ~, relative ones, and where configuration lives.
local M = {}

--- Join, with "." and ".." worked out as text (no link is followed).
---@param base string absolute
---@param path string
---@return string
function M.resolve(base, path)
  if path == "~" or path:sub(1, 2) == "~/" then path = M.home() .. path:sub(2) end
  if path:sub(1, 1) ~= "/" then path = base .. "/" .. path end
  local out = {}
  for part in path:gmatch "[^/]+" do
    if part == ".." then out[#out] = nil elseif part ~= "." then out[#out + 1] = part end
  end
  return "/" .. table.concat(out, "/")
end

---@return string
function M.home() return os.getenv "HOME" or "/" end

--- $XDG_CONFIG_HOME/bottle.
---@return string
function M.config()
  local base = os.getenv "XDG_CONFIG_HOME"
  if not base or base:sub(1, 1) ~= "/" then base = M.home() .. "/.config" end
  return base .. "/bottle"
end

--- $XDG_STATE_HOME/bottle.
---@return string
function M.state()
  local base = os.getenv "XDG_STATE_HOME"
  if not base or base:sub(1, 1) ~= "/" then base = M.home() .. "/.local/state" end
  return base .. "/bottle"
end

---@param path string
---@return string
function M.folder(path) return path:match "^(.*)/[^/]*$" or "." end

---@param path string
---@return string
function M.name(path) return path:match "([^/]*)$" end

--- Does path lie in folder (or is it that folder)? Gives the part below it.
---@param path string absolute
---@param folder string absolute
---@return string? below
function M.below(path, folder)
  if path == folder then return "" end
  if folder == "/" then return path:sub(2) end
  if path:sub(1, #folder + 1) == folder .. "/" then return path:sub(#folder + 2) end
end

return M
