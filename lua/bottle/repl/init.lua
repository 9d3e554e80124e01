--- The prompt of `bottle repl`: reads, evaluates, shows; says what failed in one line.
local complete <const> = require "bottle.repl.complete"
local eval <const> = require "bottle.repl.eval"
local lineedit <const> = require "bottle.lineedit"
local show <const> = require "bottle.repl.show"

local M = {}

local primitives <const> = { "docker", "ca", "yaml", "json", "fs", "proc", "scratch", "ledger",
  "host", "cidr", "log", "term" }

local help <const> = [[
explain "host:port"   the verdict for it, and which rule gave it; a URL will do
rules "allowlist"     the rules of a point in order, where each stands, what it gave
rules()               the names of the points
reload()              load the policy and the manifest again; says what moved
plan, bottle, policy  what is loaded; docker ca yaml json fs proc …: the primitives
Ctrl-C interrupts what runs; Ctrl-D, or quit(), leaves]]

--- The names that the prompt knows, on top of Lua's own.
---@param session bottle.ReplSession
---@param explain fun(now: table, target: string): string
---@return table env
function M.environment(session, explain)
  local words = {
    policy = require "policy",
    explain = function(target)
      if type(target) ~= "string" then error('explain: want a string: explain "host:port"', 2) end
      session.out(explain(session.now, target) .. "\n")
    end,
    rules = function(name) session:rules(name) end,
    reload = function() session:reload() end,
    -- With or without its parentheses.
    help = setmetatable({}, { __tostring = function() return help end,
      __call = function() session.out(help .. "\n") end }),
    quit = function() error({ quit = true }, 0) end,
  }
  return setmetatable(words, { __index = function(_, key)
    if key == "plan" or key == "bottle" or key == "registry" then return session.now[key] end
    for _, name in ipairs(primitives) do
      if key == name then return require("bottle." .. name) end
    end
    return _G[key]
  end })
end

local function known_words(env)
  local names = { "plan", "bottle", "registry" }
  table.move(primitives, 1, #primitives, #names + 1, names)
  for _, t in ipairs { env, _G } do
    for k in pairs(t) do
      if type(k) == "string" then names[#names + 1] = k end
    end
  end
  return names
end

local function completer(session, env)
  return function(before)
    local arguments = { rules = session.now.registry.names, explain = {} }
    for i, item in ipairs(session.now.plan.egress.allowlist) do
      arguments.explain[i] = item.host
    end
    local list, stem = complete.candidates(env, known_words(env), arguments, before)
    return complete.insert(list, stem, session.out)
  end
end

local function show_values(values, out)
  for i = 1, values.n do out(show.value(values[i]) .. "\n") end
end

--- Read until the text is whole: nil at the end of input, "" after Ctrl-C.
local function read_entry(editor, env, guard)
  local text, prompt = nil, "bottle> "
  while true do
    local line, _, code = editor:read(prompt)
    if not line then
      if code then return "" end
      return text and { ok = false, message = "the input ended inside a statement" } or nil
    end
    text = text and text .. "\n" .. line or line
    if not text:find "%S" then return "" end
    local result = eval.run(text, env, guard)
    if not result.more then return result end
    prompt = "     >> "
  end
end

--- Run the prompt until the input ends. Status 1 when an entry failed and nobody saw it.
---@param session bottle.ReplSession
---@param env table
---@param options { history?: string, interactive: boolean, complain: fun(text: string) }
---@return integer status
function M.run(session, env, options)
  local editor <close> = assert(lineedit.open { history = options.history,
    complete = completer(session, env) })
  local failed = false
  if options.interactive then session.out 'help() says what there is\n' end
  while true do
    local result = read_entry(editor, env, lineedit.interruptible)
    if result == nil or result ~= "" and result.quit then break end
    if result ~= "" and result.ok then
      show_values(result.values, session.out)
    elseif result ~= "" then
      failed = true
      options.complain(result.message)
    end
  end
  return failed and not options.interactive and 1 or 0
end

return M
