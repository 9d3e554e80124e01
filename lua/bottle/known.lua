--- The variables whose values the gate watches for (docs/adr/0044): names in the plan, values in
--- one text for the gate's descriptor and nowhere else.
local json <const> = require "bottle.json"

local M = {}

M.least, M.different = 8, 5 -- BT_KNOWN_LEAST, BT_KNOWN_BYTES
local NUMBER <const>, SEGMENT <const>, TEXT <const> = 11, 16, 32

-- A URL: its password, or "" where it has none.
local function password(value)
  local authority = value:match "^%a[%w+.-]*://([^/?#]*)"
  return authority and (authority:match "^[^@]*:([^:@]+)@" or ""), authority
end

local function short_segments(text)
  for segment in text:gmatch "[^/]+" do
    if #segment >= SEGMENT then return false end
  end
  return true
end

--- Does it read as configuration? Then a request that holds it tells nothing.
---@param value string
---@return boolean
function M.plain(value)
  local secret, authority = password(value)
  if secret then
    local path = value:match "://[^/?#]*(.*)$"
    return secret == "" and not authority:find "@" and not path:find "[?#]" and
      short_segments(path)
  end
  if value:find "^[~.]?/[%w._/@~+-]*$" then return short_segments(value) end
  if value:find "^[%d.,:/ -]*$" then return #value <= NUMBER end
  local _, digits = value:gsub("%d", "")
  return #value < TEXT and digits <= 2 and not value:find "[^%w_.,: -]"
end

--- Can it be watched for? Anything shorter stands in any text by chance.
---@param value string
---@return boolean
function M.worth(value)
  local n, seen, different = 0, {}, 0
  for c in value:lower():gmatch "[^%c +-]" do
    n = n + 1
    if not seen[c] then seen[c], different = true, different + 1 end
  end
  return n >= M.least and different >= M.different
end

-- What the rules are told of a variable; its value is not among it.
local function described(names, values)
  local out = {}
  for _, v in ipairs(names) do
    local from = v.source:match "^[%l_]+"
    -- A placeholder is watched for by itself, and what it stands for with it.
    if from ~= "trust" and from ~= "placeholder" then
      local value = values[v.name]
      out[#out + 1] = { name = v.name, source = v.source, from = from,
        plain = value ~= nil and M.plain(value) }
    end
  end
  return out
end

--- What is watched for, by the rules of point known_secrets, sorted by name.
---@param registry bottle.Registry
---@param bottle bottle.Bottle
---@param names { name: string, source: string }[]  the agent's variables
---@param values table<string, string>
---@return { name: string, source: string }[]
function M.choose(registry, bottle, names, values)
  local out, there = json.array(), {}
  for _, v in ipairs(names) do there[v.name] = true end
  for _, item in ipairs(registry:fold("known_secrets", bottle, described(names, values)):items()) do
    if there[item.value] then out[#out + 1] = { name = item.value, source = item.source } end
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

-- Of a URL the password alone: it is in the whole URL as well.
local function watched(value)
  local secret = password(value)
  return secret and secret ~= "" and secret or value
end

--- Those that are too short or too plain to be watched for, of the ones whose values are known.
---@param list { name: string }[]
---@param values table<string, string>
---@return string[] names
function M.unworthy(list, values)
  local out = {}
  for _, v in ipairs(list) do
    local value = values[v.name]
    if value and value ~= "" and not M.worth(watched(value)) then out[#out + 1] = v.name end
  end
  return out
end

--- One line for people about such a one.
---@param name string
---@return string
function M.why(name)
  return ("%s: its value is not watched for: want %d characters and %d different ones"):format(name,
    M.least, M.different)
end

--- What the gate reads from its descriptor (bottle-gate(8), --known); nil: nothing is watched for.
---@param list { name: string }[]
---@param values table<string, string>
---@param credentials? string[]  records of the routes, ready
---@return string?
function M.records(list, values, credentials)
  local out = credentials or {}
  for _, v in ipairs(list) do
    local value = values[v.name] and watched(values[v.name])
    if value and M.worth(value) then out[#out + 1] = ("%s=%s\0"):format(v.name, value) end
  end
  if #out == 0 then return nil end
  local text = table.concat(out)
  return ("%d\n%s"):format(#text, text)
end

return M
