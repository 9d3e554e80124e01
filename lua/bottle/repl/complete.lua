--- What Tab offers: names along a dotted path, and the names that a string argument can take.
local M = {}

local function keys_of(t)
  if type(t) ~= "table" then return {} end
  local names = {}
  for k in pairs(t) do
    if type(k) == "string" then names[#names + 1] = k end
  end
  return names
end

--- The table that "a.b." stands for; only plain look-ups, nothing is called.
local function walk(env, path)
  local at = env
  for name in path:gmatch "[%w_]+" do
    if type(at) ~= "table" then return nil end
    at = at[name]
  end
  return at
end

local function common_prefix(words)
  local first, last = words[1], words[#words]
  local n = 0
  while n < #first and first:byte(n + 1) == last:byte(n + 1) do n = n + 1 end
  return first:sub(1, n)
end

local function matching(names, stem)
  local out = {}
  for _, name in ipairs(names) do
    if name:sub(1, #stem) == stem then out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

--- Candidates for the text before the cursor.
---@param env table
---@param names string[]                    the words of the prompt itself
---@param arguments table<string, string[]> what a string after NAME can be
---@param before string
---@return string[] candidates, string stem
function M.candidates(env, names, arguments, before)
  local fn, quoted = before:match '([%w_]+)%s*%(?%s*"([^"]*)$'
  if fn then return matching(arguments[fn] or {}, quoted), quoted end
  local path, stem = before:match "([%w_.]*)[.:]([%w_]*)$"
  if path and path ~= "" then return matching(keys_of(walk(env, path)), stem), stem end
  stem = before:match "[%w_]*$"
  if stem == "" then return {}, "" end
  return matching(names, stem), stem
end

--- What to insert; prints the list where there are several.
---@param candidates string[]
---@param stem string
---@param out fun(text: string)
---@return string?
function M.insert(candidates, stem, out)
  if #candidates == 0 then return nil end
  local prefix = common_prefix(candidates)
  if #candidates > 1 and #prefix == #stem then
    out("\n" .. table.concat(candidates, "  ") .. "\n")
    return nil
  end
  return prefix:sub(#stem + 1)
end

return M
