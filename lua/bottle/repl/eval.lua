--- One entry at the prompt: an expression shows its value, a statement runs, half a one asks on.
local M = {}

local function compile(text, env)
  local chunk, not_expression = load("return " .. text, "=repl", "t", env)
  if chunk then return chunk end
  local statement, why = load(text, "=repl", "t", env)
  if statement then return statement end
  return nil, why, (why .. not_expression):find "<eof>" ~= nil
end

--- Compile and run. more = true: the text is the beginning of something.
---@param text string
---@param env table
---@param guard fun(on: boolean)  lets Ctrl-C in while the chunk runs
---@return { ok: boolean, more?: boolean, quit?: boolean, message?: string, values?: table }
function M.run(text, env, guard)
  local chunk, why, more = compile(text, env)
  if not chunk then return { ok = false, more = more, message = why } end
  guard(true)
  local result = table.pack(pcall(chunk))
  guard(false)
  if result[1] then
    return { ok = true, values = table.pack(table.unpack(result, 2, result.n)) }
  end
  local err = result[2]
  if type(err) == "table" and err.quit then return { ok = true, quit = true } end
  return { ok = false, message = type(err) == "table" and err.message or tostring(err) }
end

return M
