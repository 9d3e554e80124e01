---@meta bottle.term
--- The operator's terminal.

local term = {}

---@param fd? integer 0, 1 or 2; standard error unless given
---@return boolean
function term.isatty(fd) end

--- "notfound" where there is no terminal.
---@param fd? integer standard output unless given
---@return integer? columns
---@return integer|string|nil rows_or_message
---@return string? code
function term.size(fd) end

--- Whether to colour: a terminal, TERM not dumb, NO_COLOR unset or empty.
---@param fd? integer standard error unless given
---@return boolean
function term.color(fd) end

--- Ask for y or n on the terminal. "notfound" when standard input is none (then the answer is not
--- asked for), "interrupted" on Ctrl-C. End of input is no.
--- Example: `local yes = assert(term.confirm("launch this bottle?", false))`
---@param question string without the [y/N], which is added
---@param default? boolean what an empty line means
---@return boolean? yes
---@return string? message
---@return string? code
function term.confirm(question, default) end

--- Read a line without echo from the controlling terminal.
---@param label string
---@return string? text
---@return string? message
---@return string? code
function term.prompt_secret(label) end

---@class bottle.Step
local Step = {}

--- It has ended: a terminal's line is wiped. Idempotent; also by `local _ <close>`.
function Step:close() end

--- Something begins that may take a while. On a terminal (standard error; TERM not dumb) a line says
--- what, and how many seconds by now, once it takes more than one; elsewhere a line says so each ten
--- seconds (`bottle: still building the gate's image … 20 s`). Costs a process: not for what is always
--- short. What is written before its end goes over a terminal's line.
--- Example: `local _ <close> = term.step "building the gate's image"`
---@param what string  printable ASCII; anything else is shown as ?
---@return bottle.Step
function term.step(what) end

return term
