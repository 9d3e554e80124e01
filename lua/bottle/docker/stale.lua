--- Gate images that no run of this program would take: every build of bottle makes one of its own.
--- They are a cache: a bottle of another version that misses its image makes it again.
local image <const> = require "bottle.image"

local M = {}

-- Another version may be about to start a container of the image that it has just made or found.
local KEEP_S <const> = 24 * 3600

---@class bottle.StaleImage
---@field name string
---@field id string
---@field size integer  bytes

local function in_use(engine)
  local list, msg, code = engine:container_list { all = true }
  if not list then return nil, msg, code end
  local used = {}
  for _, c in ipairs(list) do
    if c.ImageID then used[c.ImageID:gsub("^sha256:", "")] = true end
  end
  return used
end

-- One that has another name, too, is somebody's, whatever it was made from.
local function old(one, now)
  local tags = one.RepoTags or {}
  local name = #tags == 1 and image.own(tags[1])
  local created = one.Created or 0
  if name and created > 0 and now - created >= KEEP_S then
    return { name = name, id = one.Id, size = one.Size or 0 }
  end
end

--- Those with bottle's label and one of its names alone, a day old, not what a run of this program
--- would take now, and of no container, running or not.
---@param engine bottle.Engine
---@param now integer  Unix seconds
---@return bottle.StaleImage[]? images  by name
---@return string? message
---@return string? code
function M.find(engine, now)
  local all, msg, code = engine:image_list { label = image.label }
  if not all then return nil, msg, code end
  local out = {}
  for _, one in ipairs(all) do out[#out + 1] = old(one, now) end
  if #out == 0 then return out end -- and nothing has to be hashed
  local used, current
  used, msg, code = in_use(engine)
  if not used then return nil, msg, code end
  current, msg, code = image.current()
  if not current then return nil, msg, code end
  for i = #out, 1, -1 do
    local one = out[i]
    if one.name == current or used[one.id:gsub("^sha256:", "")] then table.remove(out, i) end
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

--- By its id and without force: the engine refuses ("exists") where a container, an image made from
--- it, or another name came since it was looked at.
---@param engine bottle.Engine
---@param one bottle.StaleImage
---@return integer? freed  bytes; 0 where it was gone already
---@return string? message
---@return string? code
function M.remove(engine, one)
  local ok, msg, code = engine:image_remove { id = one.id }
  if ok ~= nil then return one.size end
  if code == "notfound" then return 0 end
  return nil, msg, code
end

return M
