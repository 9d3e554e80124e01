---@meta bottle.lineedit
--- One editable line from a terminal, with history and completion. Where standard input is no
--- terminal, lines are read plainly: `printf 'explain "x.test:443"\n' | bottle repl default`.

---@class bottle.LineEdit
local LineEdit = {}

local lineedit = {}

--- Example: `local le <close> = assert(lineedit.open { history = path, complete = names })`
--- complete gets the text before the cursor; it returns what to insert, and may print candidates.
---@param options { history?: string, max?: integer, complete?: fun(before: string): string? }
---@return bottle.LineEdit? editor
---@return string? message
---@return string? code
function lineedit.open(options) end

--- Let Ctrl-C raise "interrupted" in the Lua code that runs from now on, or stop that.
---@param on boolean
function lineedit.interruptible(on) end

--- The next line without its newline; nothing at the end of input; nil, message, "interrupted"
--- after Ctrl-C: the line was thrown away, ask again.
---@param prompt? string
---@return string? line
---@return string? message
---@return string? code
function LineEdit:read(prompt) end

--- Give the terminal back and write the history. Idempotent.
function LineEdit:close() end

return lineedit
