--- bottle test FILE…: run Lua tests inside the product's own VM.
local test <const> = require "bottle.test"

local M = {}

---@param args bottle.Args
---@return integer status
function M.main(args)
  for _, path in ipairs(args.words) do
    test.file(path)
  end
  return test.done() and 0 or 1
end

return M
