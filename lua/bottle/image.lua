--- The gate's own image: this binary and the engine's module, the libraries they need and the Lua
--- they read, imported through the Engine's API. Named by a hash of all its content, so that one
--- that is there is taken as it is and a changed binary never runs under an old name.
local digest <const> = require "bottle.digest"
local fs <const> = require "bottle.fs"
local json <const> = require "bottle.json"
local paths <const> = require "bottle.paths"
local self <const> = require "bottle.self"
local tar <const> = require "bottle.tar"
local task <const> = require "bottle.task"

local M = {}

M.repo = "bottle-gate"
M.user = 65532 -- what runs in it, and owns its /run/bottle
M.label = "io.bottle.image=gate"

-- Where distributions keep the public roots.
local BUNDLES <const> = {
  "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
}
local BUNDLE_IN_IMAGE <const> = "etc/ssl/certs/ca-certificates.crt"

local CHANGES <const> = {
  ("USER %d:%d"):format(M.user, M.user),
  'ENTRYPOINT ["/bottle"]',
  "WORKDIR /",
  "ENV HOME=/run/bottle",
  -- OpenSSL's own default is where the distribution has it, which is not in this image.
  "ENV SSL_CERT_FILE=/" .. BUNDLE_IN_IMAGE,
  "LABEL " .. M.label,
}

local function bundle()
  for _, path in ipairs(BUNDLES) do
    if fs.exists(path) then return path end
  end
end

--- Everything in the image, as entries of an archive; only paths, nothing is read yet.
---@return bottle.TarEntry[]? entries
---@return string? message
---@return string? code
function M.entries()
  local exe, msg, code = self.path()
  if not exe then return nil, msg, code end
  local engine
  engine, msg, code = self.engine()
  if not engine then return nil, msg, code end
  local roots = bundle()
  if not roots then
    return nil, "no bundle of public CAs on this host: install the package ca-certificates",
      "notfound"
  end
  local user = M.user
  local list = {
    { path = "bottle", file = exe, mode = 493, mtime = 0 },
    { path = engine:match "[^/]+$", file = engine, mode = 420, mtime = 0 },
    { path = BUNDLE_IN_IMAGE, file = roots, mode = 420, mtime = 0 },
    { path = "etc/passwd", data = ("gate:x:%d:%d::/run/bottle:/bottle\n"):format(user, user) },
    { path = "etc/group", data = ("gate:x:%d:\n"):format(user) },
    { path = "etc/nsswitch.conf", data = "hosts: files dns\n" },
    { path = "etc/bottle-image", data = table.concat(CHANGES, "\n") .. "\n" },
    { path = "run/bottle", mode = 448, uid = user, gid = user },
    { path = "tmp", mode = 1023 },
    { path = "share/bottle/lua", dir = self.share() .. "/lua", mode = 493, mtime = 0 },
    { path = "share/bottle/policies", dir = self.share() .. "/policies", mode = 493, mtime = 0 },
  }
  for _, path in ipairs(self.libraries(engine)) do
    list[#list + 1] = { path = path, file = path, mode = 493, mtime = 0 }
  end
  return list
end

-- What a file is known by without reading it; of a folder, every file in it.
local function stamp(path, out)
  local st = fs.stat(path)
  if not st then return end
  if st.type == "dir" then
    for _, name in ipairs(fs.list(path) or {}) do stamp(path .. "/" .. name, out) end
  else
    out[#out + 1] = ("%s %d %d %d %d"):format(path, st.size, st.mtime, st.ino, st.dev)
  end
end

---@param entries bottle.TarEntry[]
---@return string key  equal as long as no input has changed
function M.key(entries)
  local out = {}
  for _, entry in ipairs(entries) do
    out[#out + 1] = entry.path .. " " .. (entry.data or "")
    local source = entry.file or entry.dir
    if source then stamp(source, out) end
  end
  return digest.sha256(table.concat(out, "\n"))
end

local function cache_file()
  local base = os.getenv "XDG_CACHE_HOME"
  if not base or base:sub(1, 1) ~= "/" then base = paths.home() .. "/.cache" end
  return base .. "/bottle", base .. "/bottle/gate-image.json"
end

-- The cache saves a second, no more: whatever is wrong with it, the content is hashed again.
local function remembered(key)
  local _, path = cache_file()
  local text = fs.read(path, 4096)
  local known = text and json.decode(text)
  if type(known) == "table" and known.key == key and type(known.name) == "string"
    and known.name:find("^" .. M.repo:gsub("%-", "%%-") .. ":%x+$") then
    return known.name
  end
end

local function remember(key, name)
  local folder, path = cache_file()
  if fs.mkdir_p(folder, 448) then fs.write(path, json.encode { key = key, name = name }, 384) end
end

-- The archive and the name that its content gives it.
local function pack(entries)
  local archive, msg, code = tar.build(entries)
  if not archive then return nil, msg, code end
  local hex
  hex, msg, code = archive:sha256()
  if not hex then return nil, msg, code end
  return archive, M.repo .. ":" .. hex:sub(1, 16)
end

local function present(engine, name)
  local image, msg, code = task.call(engine, "image_inspect", { id = name })
  if image then return true end
  if code == "notfound" then return false end
  return nil, msg, code
end

local function import(engine, archive, name)
  local ok, msg, code = task.call(engine, "image_import",
    { tag = name, tar = archive, changes = CHANGES })
  archive:close()
  if not ok then return nil, msg, code end
  return name
end

--- Make the image, also where it is there already.
---@param engine bottle.Engine
---@return string? name
---@return string? message
---@return string? code
function M.build(engine)
  local entries, msg, code = M.entries()
  if not entries then return nil, msg, code end
  local key = M.key(entries)
  local archive, name, why = pack(entries)
  if not archive then return nil, name, why end
  local made
  made, msg, code = import(engine, archive, name)
  if not made then return nil, msg, code end
  remember(key, name)
  return name
end

--- The name of the image, made first where the engine does not have it.
---@param engine bottle.Engine
---@param building? fun()  called before what may take a while
---@return string? name
---@return string? message
---@return string? code
function M.ensure(engine, building)
  local entries, msg, code = M.entries()
  if not entries then return nil, msg, code end
  local key = M.key(entries)
  local known = remembered(key)
  if known then
    local there
    there, msg, code = present(engine, known)
    if there == nil then return nil, msg, code end
    if there then return known end
  end
  if building then building() end
  local archive, name, why = pack(entries)
  if not archive then return nil, name, why end
  local there
  there, msg, code = present(engine, name)
  if there == nil then return nil, msg, code end
  if not there then name, msg, code = import(engine, archive, name) end
  if not name then return nil, msg, code end
  archive:close()
  remember(key, name)
  return name
end

--- The name that a run would take now; nothing is asked of an engine.
---@return string? name
---@return string? message
---@return string? code
function M.current()
  local entries, msg, code = M.entries()
  if not entries then return nil, msg, code end
  local known = remembered(M.key(entries))
  if known then return known end
  local archive, name, why = pack(entries)
  if not archive then return nil, name, why end
  archive:close()
  return name
end

--- A name that only this module gives, without what Podman puts in front; nil for any other.
---@param tag string
---@return string? name
function M.own(tag)
  local name = tag:gsub("^localhost/", "")
  local hex = name:sub(1, #M.repo + 1) == M.repo .. ":" and name:sub(#M.repo + 2)
  return hex and #hex == 16 and not hex:find "[^0-9a-f]" and name or nil
end

---@class bottle.GateImage
---@field name string
---@field id string
---@field size integer     bytes
---@field created integer  Unix seconds
---@field current boolean  what a run would take now, as far as is known without building

--- The gate images that the engine has, newest first.
---@param engine bottle.Engine
---@return bottle.GateImage[]? images
---@return string? message
---@return string? code
function M.list(engine)
  local images, msg, code = engine:image_list { label = M.label }
  if not images then return nil, msg, code end
  local entries = M.entries()
  local known = entries and remembered(M.key(entries))
  local out = json.array {}
  for _, image in ipairs(images) do
    for _, name in ipairs(image.RepoTags or {}) do
      local short = name:match "[^/]+$" -- Podman puts localhost/ in front
      if short:sub(1, #M.repo + 1) == M.repo .. ":" then
        out[#out + 1] = { name = short, id = image.Id, size = image.Size,
          created = image.Created, current = short == known }
      end
    end
  end
  table.sort(out, function(a, b)
    if a.created ~= b.created then return a.created > b.created end
    return a.name < b.name
  end)
  return out
end

return M
