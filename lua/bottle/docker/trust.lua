--- The bottle's CA in the agent's trust store, by archive and before the agent starts: nothing runs
--- in the image for it. Debian, Alpine, Red Hat and SUSE families are told apart by their files.
local java <const> = require "bottle.java"
local jks <const> = require "bottle.jks"
local paths <const> = require "bottle.paths"
local task <const> = require "bottle.task"

local M = {}

M.file = "/usr/local/share/ca-certificates/claude-bottle-mitm.crt"
--- The bundle that the environment's variables name; made where the image keeps its own elsewhere.
M.bundle = "/etc/ssl/certs/ca-certificates.crt"

-- Debian; Alpine; Red Hat, and its older names; SUSE. Most of them are links to one of the others.
local bundles <const> = { M.bundle, "/etc/ssl/cert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/pki/tls/cert.pem", "/etc/ssl/ca-bundle.pem" }
local hash_dirs <const> = { "/etc/ssl/certs", "/etc/pki/ca-trust/extracted/pem/directory-hash" }
local anchors <const> = { "/etc/pki/ca-trust/source/anchors", "/etc/pki/trust/anchors" }
-- Where packages of Java keep its store: Debian and Alpine; Red Hat.
local java_dirs <const> = { java.store:match "^(.*)/", "/etc/pki/ca-trust/extracted/java" }
local folders <const> = { hash_dirs[1], hash_dirs[2], anchors[1], anchors[2], java_dirs[1],
  java_dirs[2] }

-- A link in the place of a bundle (Red Hat has several) is followed by reading and kept by writing
-- what it leads to: archives give and replace names, not what they point to.
local function real(stat, path)
  if not stat.link or stat.link == "" then return path end
  return paths.resolve(paths.folder(path), stat.link)
end

-- Which of these are there, and what stands in the bundles: asked all at once.
local function look(engine, id)
  local found, texts, jobs = {}, {}, {}
  local function stat(path)
    local got, msg, code = task.call(engine, "archive_stat", { id = id, path = path })
    if not got and code ~= "notfound" then return nil, msg, code end
    found[path] = got
    return true
  end
  local function read(path)
    local ok, msg, code = stat(path)
    if not ok or not found[path] then return ok, msg, code end
    texts[path], msg, code = task.call(engine, "archive_get", { id = id,
      path = real(found[path], path) })
    if not texts[path] and code ~= "notfound" then return nil, msg, code end
    if not texts[path] then found[path] = nil end -- a link that leads nowhere
    return true
  end
  for _, path in ipairs(bundles) do jobs[#jobs + 1] = function() return read(path) end end
  for _, path in ipairs(folders) do jobs[#jobs + 1] = function() return stat(path) end end
  local ok, msg, code = task.all(jobs)
  if not ok then return nil, msg, code end
  return found, texts
end

local function below_root(path) return path:sub(2) end

local function add_bundles(pem, found, texts, entries)
  local first
  local done = {}
  for _, path in ipairs(bundles) do
    local at = found[path] and real(found[path], path)
    if at and not done[at] then
      first, done[at] = first or texts[path], true
      entries[#entries + 1] = { path = below_root(at), data = texts[path] .. "\n" .. pem,
        mode = 420 }
    end
  end
  if not found[M.bundle] then
    entries[#entries + 1] = { path = below_root(M.bundle), data = (first or "") .. "\n" .. pem,
      mode = 420 }
  end
  return first
end

-- Java's store, of the same roots, where the image has one and where a JDK that brings its own is
-- told of it.
local function add_stores(pem, roots, found, named, entries)
  local at = {}
  for _, dir in ipairs(java_dirs) do
    if found[dir] or (named and java.store:sub(1, #dir + 1) == dir .. "/") then
      at[#at + 1] = below_root(dir) .. "/cacerts"
    end
  end
  if #at == 0 then return true end
  local store, msg, code = jks.write(pem, roots)
  if not store then return nil, "java's store: " .. msg, code end
  for _, path in ipairs(at) do
    entries[#entries + 1] = { path = path, data = store, mode = 420 }
  end
  return true
end

--- Put the CA into a container that is created and not started.
---@param engine bottle.Engine
---@param id string
---@param own bottle.Ca
---@param named? boolean  JAVA_TOOL_OPTIONS names Java's store: it is made in any case
---@return boolean? ok
---@return string|boolean known_or_message  false: the image keeps no bundle that we know
---@return string? code
function M.install(engine, id, own, named)
  local found, texts, code = look(engine, id)
  if not found then return nil, texts, code end
  local pem <const>, subject_hash <const> = own:pem(), own:subject_hash()
  local entries = { { path = below_root(M.file), data = pem, mode = 420 } }
  for _, dir in ipairs(anchors) do
    if found[dir] then
      entries[#entries + 1] = { path = below_root(dir) .. "/claude-bottle-mitm.crt", data = pem,
        mode = 420 }
    end
  end
  for _, dir in ipairs(hash_dirs) do
    if found[dir] then
      entries[#entries + 1] = { path = ("%s/%s.0"):format(below_root(dir), subject_hash),
        link = M.file }
    end
  end
  local roots = add_bundles(pem, found, texts, entries)
  local ok, msg
  ok, msg, code = add_stores(pem, roots, found, named, entries)
  if not ok then return nil, msg, code end
  ok, msg, code = task.call(engine, "archive_put", { id = id, path = "/", entries = entries })
  if not ok then return nil, msg, code end
  return true, roots ~= nil
end

--- For an image whose store we do not know: its own program, in the running container.
M.fallback = [[
if command -v update-ca-certificates >/dev/null; then update-ca-certificates
elif command -v update-ca-trust >/dev/null; then update-ca-trust extract
fi]]

return M
