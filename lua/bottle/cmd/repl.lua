--- bottle repl [POLICY] [AGENT]: a prompt with the policy, the plan and the primitives loaded.
local explain <const> = require "bottle.explain"
local fs <const> = require "bottle.fs"
local paths <const> = require "bottle.paths"
local prepare <const> = require "bottle.prepare"
local repl <const> = require "bottle.repl"
local session <const> = require "bottle.repl.session"
local term <const> = require "bottle.term"

local M = {}

local function out(text)
  io.stdout:write(text)
  io.stdout:flush()
end

local function complain(text) io.stderr:write("bottle: ", text, "\n") end

-- The slug is fixed, so that only what the policy moved shows as moved.
local function loader(args)
  return function()
    local opts = { manifest = args.opts.manifest, name = "repl" }
    return prepare.plan(prepare.load(args.words[1] or "default", args.words[2], opts),
      { opts = opts })
  end
end

local function history_path()
  local folder = paths.state()
  return fs.mkdir_p(folder, 448) and folder .. "/history" or nil
end

---@param args bottle.Args
---@return integer status
function M.main(args)
  local now = session.open(loader(args), out)
  local note = prepare.note(now.now.manifest)
  if note then complain(note) end
  local interactive = term.isatty(0)
  local env = repl.environment(now, function(p, target)
    return (explain.text(explain.ask(p.registry, p.bottle, target)):gsub("\n$", ""))
  end)
  return repl.run(now, env, { interactive = interactive, complain = complain,
    history = interactive and history_path() or nil })
end

return M
