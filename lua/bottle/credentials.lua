--- The values that routes send along and the agent never holds: what they may be, the placeholders
--- that stand in their places in the box, and that no other way leads to them.
local known <const> = require "bottle.known"
local paths <const> = require "bottle.paths"

local M = {}

local MAX <const> = 8192

--- What keeps a value out of a header; nil where nothing does.
---@param value string
---@return string?
function M.fault(value)
  if value == "" then return "is empty" end
  if value:find "[%c]" then
    return "holds a line break, a NUL or another control character: it goes into a header"
  end
  if value:find "^ " or value:find " $" then return "begins or ends with a blank" end
  if #value > MAX then return ("is over %d bytes"):format(MAX) end
  if not known.worth(value) then
    return ("cannot be watched for: want %d characters and %d different ones"):format(known.least,
      known.different)
  end
end

local function hexadecimal(n)
  return (assert(require "bottle.sys".random(n)):gsub(".", function(c)
    return ("%x"):format(c:byte() & 15)
  end))
end

--- What the agent finds in the variables of the credentials: another text in each run.
---@param names { name: string, source: string }[]  the plan's env
---@return table<string, string>
function M.placeholders(names)
  local out = {}
  for _, v in ipairs(names) do
    if v.source == "placeholder" then
      out[v.name] = ("bottle-%s-%s"):format(v.name, hexadecimal(24))
    end
  end
  return out
end

--- What the gate is handed of them (bottle-gate(8), --known): records, beside the others.
---@param values table<string, string>
---@param placeholders table<string, string>
---@return string[]
function M.records(values, placeholders)
  local out = {}
  for name, value in pairs(values) do
    out[#out + 1] = ("credential:%s=%s\0"):format(name, value)
  end
  for name, value in pairs(placeholders) do
    out[#out + 1] = ("placeholder:%s=%s\0"):format(name, value)
  end
  table.sort(out)
  return out
end

--- They are handed over: this process, which may stay as long as the bottle, has no more use for
--- them, nor for the variables of its own that they came in.
---@param p bottle.Prepared
function M.forget(p)
  p.secrets.credentials, p.files.secrets.credentials = {}, {}
  for _, from in pairs(p.files.credentials) do
    local name = from:match "^from_env (.*)$"
    if name then require "bottle.sys".forget(name) end
  end
end

-- Which credential is in the text? Their faults are told elsewhere: an empty one is in every text.
local function held(values, text)
  for name, value in pairs(values) do
    if known.worth(value) and text:find(value, 1, true) then return name end
  end
end

local function texts(p)
  local where <const> = "bottles." .. p.bottle.name .. ".env."
  local out = { { "the agent's prompt", p.secrets.prompt or "" },
    { "the command", table.concat(p.plan.command, "\n") } }
  for _, v in ipairs(p.plan.env) do
    local from = v.source:match "^%l+"
    out[#out + 1] = { (from == "policy" or from == "trust") and ("variable %s (%s)"):format(v.name,
      v.source) or where .. v.name, p.secrets.env[v.name] or "" }
  end
  return out
end

-- A literal in a manifest that lies in the box.
local function readable(p, say)
  for name, from in pairs(p.files.credentials) do
    for _, mount in ipairs(from == "manifest" and p.plan.mounts or {}) do
      if paths.below(p.manifest.path, mount.source) then
        say(("bottles.%s.env.%s: stands in the manifest, which the agent can read in %s: use " ..
          "from_env or prompt"):format(p.bottle.name, name, mount.target))
        break
      end
    end
  end
end

--- Every way on which the agent would hold what a route keeps from it, one line each.
---@param p bottle.Prepared
---@return string[]
function M.held(p)
  local out = {}
  local function say(text) out[#out + 1] = text end
  local values = p.secrets.credentials
  for _, text in ipairs(texts(p)) do
    local name = held(values, text[2])
    if name then
      say(("%s: holds the value of %s, which a route keeps from the agent"):format(text[1], name))
    end
  end
  readable(p, say)
  table.sort(out)
  return out
end

return M
