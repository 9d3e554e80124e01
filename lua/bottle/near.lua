--- The nearest of some names, for "did you mean".
local M = {}

---@param a string
---@param b string
---@return integer edits insert, delete, replace: 1 each
function M.distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
      diagonal, row[j] = row[j], best
    end
  end
  return row[#b]
end

--- The nearest name, nil when none is near enough to be meant. Ties go to the first in order.
---@param name string
---@param names string[]
---@return string?
function M.name(name, names)
  if #name > 64 then return nil end
  local found
  local best = math.min(3, math.max(1, #name // 2)) + 1
  for _, candidate in ipairs(names) do
    local d = #candidate <= 64 and M.distance(name:lower(), candidate:lower()) or best
    if d < best and d < math.max(#name, #candidate) then best, found = d, candidate end
  end
  return found
end

--- " (did you mean X?)" or "".
---@param name string
---@param names string[]
---@return string
function M.hint(name, names)
  local found = M.name(name, names)
  return found and (" (did you mean %s?)"):format(found) or ""
end

return M
