--- bottle explain POLICY [AGENT] HOST[:PORT] or URL: what would happen to it, and whose rule it is.
local explain <const> = require "bottle.explain"
local json <const> = require "bottle.json"
local prepare <const> = require "bottle.prepare"

local M = {}

---@param args bottle.Args
---@return integer status 0 allowed, 1 denied
function M.main(args)
  local agent = #args.words == 3 and args.words[2] or nil
  local p = prepare.load(args.words[1], agent, { manifest = args.opts.manifest })
  local note = prepare.note(p.manifest)
  if note then io.stderr:write("bottle: ", note, "\n") end
  local verdict = explain.ask(p.registry, p.bottle, args.words[#args.words])
  if args.opts.format == "json" then
    io.stdout:write(assert(json.encode(verdict, { pretty = true })))
  else
    io.stdout:write(explain.text(verdict))
  end
  return verdict.verdict == "allow" and 0 or 1
end

return M
