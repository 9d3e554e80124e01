--- What an agent changed in its copy of the project (--cwd copy), as a patch that the operator may
--- take over. Neither tree may choose what git runs: no configuration, no programs of attributes.
local event_text <const> = require "bottle.event_text"
local fs <const> = require "bottle.fs"
local paths <const> = require "bottle.paths"

local M = {}

--- The words that compare folders a and b, to be run where they lie: 0 the same, 1 not. The
--- repository's own files are no part of a patch to it: they are to be gone from both.
---@type string[]
M.diff = { "git", "--no-pager", "-c", "core.attributesFile=/dev/null", "diff", "--no-index",
  "--no-ext-diff", "--no-textconv", "--no-color", "--binary", "--no-prefix", "a", "b" }

---@type table<string, string>
M.env = { HOME = "/nonexistent", GIT_CONFIG_NOSYSTEM = "1", GIT_CONFIG_GLOBAL = "/dev/null" }

local function files_in(patch)
  local n = 0
  for _ in ("\n" .. patch):gmatch "\ndiff %-%-git " do n = n + 1 end
  return n
end

--- It could not be made.
---@param what string
---@param why string
function M.failed(what, why) io.stderr:write("bottle: ", what, ": ", event_text.safe(why), "\n") end

--- Keep it, where it outlives the bottle, and say how to take it over; nothing where it is empty.
---@param slug string
---@param folder string  the operator's
---@param patch string
function M.keep(slug, folder, patch)
  if patch == "" then return end
  local dir <const> = paths.state() .. "/patches"
  local path <const> = ("%s/%s.patch"):format(dir, slug)
  local kept, reason = fs.mkdir_p(dir)
  if kept then kept, reason = fs.write(path, patch) end
  if not kept then return M.failed("the patch could not be kept", reason) end
  io.stderr:write(("bottle: the agent changed %d file(s) of its copy; to take them over: " ..
    "git -C %s apply %s\n"):format(files_in(patch), folder, path))
end

return M
