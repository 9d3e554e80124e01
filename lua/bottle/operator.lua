--- What is asked of the operator and their host: y/N, secrets, their name in git, keys they know.
local fs <const> = require "bottle.fs"
local problem <const> = require "bottle.problem"
local term <const> = require "bottle.term"

local M = {}

--- Colour on "stdout" or "stderr"? Only on a terminal, and not with NO_COLOR.
---@param stream "stdout"|"stderr"
---@return boolean
function M.color(stream) return term.color(stream == "stdout" and 1 or 2) end

--- Ask; only y or yes is yes. What is neither yes nor no is asked again, a few times; the lack of
--- a terminal is no.
---@param question string without the [y/N]
---@return boolean
function M.yes(question)
  local answer, why, code = term.confirm(question, false)
  if code == "notfound" then
    io.stderr:write "bottle: no terminal to answer on: the answer is no (-y answers yes)\n"
  elseif answer == nil then
    problem.raise(why, code == "interrupted" and 130 or 125)
  end
  return answer or false
end

--- Ask for the values that the manifest wants typed in; they do not show.
---@param prompts bottle.Prompt[]
---@param secrets { env: table<string, string>, credentials: table<string, string> } filled
function M.ask_secrets(prompts, secrets)
  for _, p in ipairs(prompts) do
    local value, why, code = term.prompt_secret(("%s (%s)"):format(p.text, p.name))
    if not value or value == "" then
      problem.raise(("%s: %s"):format(p.path, why or "nothing was typed"),
        code == "interrupted" and 130 or 125)
    end
    if value:find("\0", 1, true) then problem.raise(p.path .. ": the value holds a NUL") end
    local fault = p.credential and require "bottle.credentials".fault(value)
    if fault then problem.raise(("%s: the value %s"):format(p.path, fault)) end
    secrets[p.credential and "credentials" or "env"][p.name] = value
  end
end

--- The folder that the operator stands in.
---@return string
function M.folder() return assert(fs.realpath ".") end

--- The contents of some files, one after the other; nil for none.
---@param files string[]
---@return string?
function M.read_all(files)
  if #files == 0 then return nil end
  local out = {}
  for i, file in ipairs(files) do out[i] = assert(fs.read(file)) end
  return table.concat(out, "\n")
end

local PROGRAM_MS <const> = 5000

-- Start it now, and ask what it said by a call of what is returned.
local function begin(argv)
  local p = require "bottle.proc".spawn(argv, { stdout = "capture", stderr = "null" })
  return function()
    local done = p and p:collect(PROGRAM_MS)
    if done and done.code == 0 then return done.stdout end
  end
end

local function output(argv) return begin(argv)() end

--- Who the operator is to git; empty where git is not there or not told. git begins now, and works
--- beside us until the answer is wanted.
---@return fun(): { name?: string, email?: string }
function M.git_identity()
  local answer = begin { "git", "config", "--null", "--get-regexp", "^user\\.(name|email)$" }
  return function()
    local who = {}
    -- "user.name\nVALUE\0" each; as with --get the last one counts, and its first line.
    for key, value in (answer() or ""):gmatch "user%.(%l+)\n([^\n\0]*)[^\0]*\0" do
      who[key] = value ~= "" and value or nil
    end
    return { name = who.name, email = who.email }
  end
end

--- The lines of the operator's known_hosts for each ssh entry, by its Host. ssh-keygen reads the
--- hashed form too.
---@param entries { host: string, hostname: string, port: integer }[]
---@return table<string, string>
function M.known_hosts(entries)
  local out = {}
  for _, e in ipairs(entries) do
    local name = e.port == 22 and e.hostname or ("[%s]:%d"):format(e.hostname, e.port)
    local text = output { "ssh-keygen", "-F", name }
    local lines = {}
    for line in (text or ""):gmatch "[^\n]+" do
      local key = line:match "^%S+%s+([%w@.%-]+%s+%S+)"
      if key and line:sub(1, 1) ~= "#" and line:sub(1, 1) ~= "@" then
        lines[#lines + 1] = ("%s %s\n"):format(name, key)
      end
    end
    if #lines > 0 then out[e.host] = table.concat(lines) end
  end
  return out
end

return M
