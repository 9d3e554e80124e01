--- A gate's event as one line for people.
local json <const> = require "bottle.json"

local M = {}

--- Without control characters: what an agent made the gate say must not drive a terminal.
---@param text string
---@return string
function M.safe(text)
  return (text:gsub("[%z\1-\31\127]", function(c) return ("\\x%02x"):format(c:byte()) end)
    :gsub("\226\128[\170-\174]", "?"):gsub("\226\129[\166-\169]", "?"))
end

local function place(e)
  if not e.host then return "" end
  return e.port and ("%s:%s"):format(e.host, e.port) or e.host
end

local function why(e)
  local text = e.reason or e.message
  if not e.scanner then return text and " " .. text or "" end
  return (" %s%s"):format(e.scanner, text and ": " .. text or "")
end

--- "12:01:02 block  api.x:443 POST /p  body_dlp: reason". A line that is no event stays as it is.
---@param line string
---@return string
function M.line(line)
  local e = json.decode(line)
  if type(e) ~= "table" then return M.safe(line) end
  local time = tostring(e.ts or e.time or ""):match "T(%d+:%d+:%d+)" or "--:--:--"
  local parts = { time, ("%-7s"):format(e.verdict or e.event or "") }
  for _, part in ipairs { place(e), e.method or "", e.path or "", e.status or "", why(e) } do
    if part ~= "" then parts[#parts + 1] = tostring(part) end
  end
  return M.safe(table.concat(parts, " "))
end

return M
