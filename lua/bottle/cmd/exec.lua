--- bottle exec SLUG -- CMD: run a program beside the agent, as the agent's user.
local attach <const> = require "bottle.docker.attach"
local bottles <const> = require "bottle.bottles"
local names <const> = require "bottle.docker.names"
local native <const> = require "bottle.native.bottles"
local problem <const> = require "bottle.problem"

local M = {}

---@param args bottle.Args
---@return integer status
function M.main(args)
  if not args.rest or #args.rest == 0 then
    problem.raise("exec: want SLUG -- CMD…; see bottle exec --help", 2)
  end
  if native.has(args.words[1]) then return native.exec(args.words[1], args.rest) end
  local engine <close>, one = bottles.one(args.words[1], native.names())
  if one.state ~= "running" then
    problem.raise(("exec %s: its agent does not run (%s)"):format(one.slug, one.state))
  end
  local status, msg, code = attach.run(engine, names.of(one.slug, one.engine).agent, args.rest)
  if status then return status end
  if code == "interrupted" then return 130 end
  return problem.raise(("exec %s: %s"):format(one.slug, msg))
end

return M
