--- The agent in the foreground: this terminal (or these pipes) are its own until it ends.
local term <const> = require "bottle.term"

local M = {}

-- The box's own shell starts the program, so that one which is not there or may not be run ends in
-- 127 and 126, as docker run has it, with the shell's word for it.
local function through_shell(command)
  local argv = { "sh", "-c", 'exec "$@"', "sh" }
  table.move(command, 1, #command, #argv + 1, argv)
  return argv
end

---@param engine bottle.Engine
---@param id string
---@param command string[]
---@param opts? { workdir?: string, user?: string, with?: bottle.Hold }  with: what ends it, too
---@return integer? status
---@return string? message
---@return string? code
function M.run(engine, id, command, opts)
  opts = opts or {}
  local tty = term.isatty(0) and term.isatty(1)
  local env
  if tty then env = { "TERM=" .. (os.getenv "TERM" or "xterm") } end
  return engine:attach({ id = id, cmd = through_shell(command), env = env, tty = tty,
    user = opts.user, workdir = opts.workdir }, opts.with)
end

return M
