--- Values as a person reads them: one line where it fits, keys in order, depth and width bounded.
local M = {}

local WIDTH <const>, DEPTH <const>, MEMBERS <const> = 96, 6, 200

local function key_text(k)
  if type(k) == "string" and k:find "^[%a_][%w_]*$" then return k end
  return "[" .. (type(k) == "string" and ("%q"):format(k) or tostring(k)) .. "]"
end

local function scalar(v)
  if type(v) ~= "string" then return tostring(v) end
  return (("%q"):format(v):gsub("\\\n", "\\n"))
end

local function sorted_keys(t)
  local keys = {}
  for k in pairs(t) do
    if not (math.type(k) == "integer" and k >= 1 and k <= #t) then keys[#keys + 1] = k end
  end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "string" or type(a) == "number") then return a < b end
    return tostring(a) < tostring(b)
  end)
  return keys
end

local render

local function members(t, depth, seen)
  local out = {}
  for i = 1, math.min(#t, MEMBERS) do out[#out + 1] = render(t[i], depth + 1, seen) end
  for _, k in ipairs(sorted_keys(t)) do
    if #out > MEMBERS then break end
    out[#out + 1] = key_text(k) .. " = " .. render(t[k], depth + 1, seen)
  end
  if #out > MEMBERS then out[#out + 1] = "…" end
  return out
end

function render(v, depth, seen)
  if type(v) ~= "table" then return scalar(v) end
  local meta = getmetatable(v)
  if type(meta) == "table" and meta.__tostring then return tostring(v) end
  if seen[v] then return "{ … seen above }" end
  if next(v) == nil then return "{}" end
  if depth >= DEPTH then return "{ … }" end
  seen[v] = true
  local parts = members(v, depth, seen)
  seen[v] = nil
  local line = "{ " .. table.concat(parts, ", ") .. " }"
  if #line + 2 * depth <= WIDTH and not line:find("\n", 1, true) then return line end
  local pad = ("  "):rep(depth + 1)
  return "{\n" .. pad .. table.concat(parts, ",\n" .. pad) .. "\n" .. ("  "):rep(depth) .. "}"
end

---@param v any
---@return string
function M.value(v) return render(v, 0, {}) end

return M
