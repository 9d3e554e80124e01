--- What moved between two plans, as lines: "+ egress.allowlist: x.test (acme/x)".
local json <const> = require "bottle.json"

local M = {}

local function text(v)
  if type(v) ~= "table" then return tostring(v) end
  if v.host then return v.source and ("%s (%s)"):format(v.host, v.source) or v.host end
  if v.point then return ("%s (%s)"):format(v.id, v.point) end
  if v.name and v.source then return ("%s (%s)"):format(v.name, v.source) end
  return json.encode(v)
end

-- Line numbers and digests change with every edit and say nothing by themselves.
local quiet <const> = { ["policy.sha256"] = true, ["policy.path"] = true, slug = true }

local function collect(v, path, out)
  if quiet[path] then return out end
  if type(v) ~= "table" then
    out[path .. ": " .. tostring(v)] = true
    return out
  end
  for i = 1, #v do out[path .. ": " .. text(v[i])] = true end
  for k, member in pairs(v) do
    if type(k) == "string" then collect(member, path == "" and k or path .. "." .. k, out) end
  end
  return out
end

---@param old table plan
---@param new table plan
---@return string[] lines sorted: what went, then what came
function M.lines(old, new)
  local before, after = collect(old, "", {}), collect(new, "", {})
  local went, came = {}, {}
  for line in pairs(before) do
    if not after[line] then went[#went + 1] = "- " .. line end
  end
  for line in pairs(after) do
    if not before[line] then came[#came + 1] = "+ " .. line end
  end
  table.sort(went)
  table.sort(came)
  return table.move(came, 1, #came, #went + 1, went)
end

return M
