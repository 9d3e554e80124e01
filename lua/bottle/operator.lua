--- What is asked of the operator and their host: y/N, secrets, their name in git, keys they know.
local fs <const> = require "bottle.fs"
local problem <const> = require "bottle.problem"

local M = {}

-- Without the module there is no terminal: no colour, and the answer is no.
local function isatty(fd)
  local ok, term = pcall(require, "bottle.term")
  return ok and term.isatty(fd)
end

--- Colour on "stdout" or "stderr"? Only on a terminal, and not with NO_COLOR.
---@param stream "stdout"|"stderr"
---@return boolean
function M.color(stream)
  local off <const> = os.getenv "NO_COLOR"
  if off and off ~= "" or os.getenv "TERM" == "dumb" then return false end
  return isatty(stream == "stdout" and 1 or 2)
end

--- Ask; anything but y or yes is no, and so is the lack of a terminal.
---@param question string
---@return boolean
function M.yes(question)
  if not isatty(0) then
    io.stderr:write(question, "no terminal to answer on: no (-y answers yes)\n")
    return false
  end
  io.stderr:write(question)
  local answer = (io.stdin:read "l" or ""):lower()
  return answer == "y" or answer == "yes"
end

-- The shell gives the terminal its echo back also when Ctrl-C ends the question.
local READ_SECRET <const> = [[trap 'stty echo' EXIT; trap 'exit 130' INT TERM HUP
stty -echo && IFS= read -r line && printf %s "$line"]]

local function secret(question)
  if not isatty(0) then return nil, "no terminal to ask on" end
  io.stderr:write(question)
  local done, why = require "bottle.proc".run({ "sh", "-c", READ_SECRET },
    { stdin = "inherit", stderr = "inherit" })
  io.stderr:write "\n"
  if not done then return nil, why end
  return done.code == 0 and done.stdout or nil, "nothing was typed"
end

--- Ask for the values that the manifest wants typed in; they do not show.
---@param prompts { name: string, text: string, path: string }[]
---@param env table<string, string> filled
function M.ask_secrets(prompts, env)
  for _, p in ipairs(prompts) do
    local value, why = secret(("%s (%s): "):format(p.text, p.name))
    if not value or value == "" then
      problem.raise(("%s: %s"):format(p.path, why or "nothing was typed"))
    end
    env[p.name] = value
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

local function output(argv)
  local done = require "bottle.proc".run(argv, { timeout = 5000 })
  if not done or done.code ~= 0 then return nil end
  return done.stdout
end

--- Who the operator is to git; empty where git is not there or not told.
---@return { name?: string, email?: string }
function M.git_identity()
  local function get(key)
    local text = output { "git", "config", "--get", key }
    local line = text and text:match "^([^\n]+)"
    return line
  end
  return { name = get "user.name", email = get "user.email" }
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
