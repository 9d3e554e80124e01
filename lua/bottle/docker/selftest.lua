--- Does each runtime in the box trust the bottle's CA? Asked by a real handshake with an allowed
--- host, through the gate. Any HTTP answer is a yes: the handshake came before it.
local M = {}

-- One line a runtime: its name, its exit status, the last line of what it said.
local SCRIPT <const> = [[
host=%s; url=https://$host/
within() { if command -v timeout >/dev/null 2>&1; then timeout 5 "$@"; else "$@"; fi; }
try() {
  command -v "$1" >/dev/null 2>&1 || return 0
  said=$(within "$@" </dev/null 2>&1); code=$?
  printf '%%s %%d %%s\n' "$1" "$code" "$(printf '%%s' "$said" | tail -n 1)"
}
try curl -sS -o /dev/null "$url"
try git ls-remote "$url"
try node -e 'require("https").get(process.argv[1], () => process.exit(0))
  .on("error", e => { console.log(e.code || e.message); process.exit(1) })' "$url"
try openssl s_client -connect "$host:443" -servername "$host" -verify_return_error
try python3 -c 'import sys, urllib.request, urllib.error
try: urllib.request.urlopen(sys.argv[1], timeout=5)
except urllib.error.HTTPError: pass' "$url"
]]

local refusals <const> = { "certificate", "self.signed", "unable_to_", "x509", "verify" }
local answers <const> = { "not found", "returned error", "not valid: is this a git" }

local function any(text, patterns)
  for _, pattern in ipairs(patterns) do
    if text:find(pattern) then return true end
  end
  return false
end

--- A host to ask: the first exact one whose TLS the gate opens.
---@param plan table
---@return string?
function M.host(plan)
  local passed = {}
  for _, item in ipairs(plan.egress.tls_interception.passthrough_domains) do
    passed[type(item) == "table" and item.host or item] = true
  end
  for _, item in ipairs(plan.egress.allowlist) do
    if not passed[item.host] and item.host:find "^[%w.-]+%.%a[%w-]*$" then return item.host end
  end
end

--- What the script's line means.
---@param status integer
---@param said string
---@return "trusts"|"does not trust"|"not tested" verdict
function M.verdict(status, said)
  local text = said:lower()
  if status == 0 then return "trusts" end
  if any(text, refusals) then return "does not trust" end
  return any(text, answers) and "trusts" or "not tested"
end

--- Test and say it, a line a runtime. A box without sh or without a host to ask is no failure.
---@param box bottle.Box
---@param plan table
---@param say fun(line: string)
function M.run(box, plan, say)
  local host = M.host(plan)
  if not host then
    say "trust: no allowed host whose TLS is opened: nothing to test with"
    return
  end
  for line in box:exec(SCRIPT:format(host)):gmatch "[^\n]+" do
    local name, status, said = line:match "^(%S+) (%d+) (.*)$"
    if name then
      local verdict = M.verdict(tonumber(status), said)
      local why = verdict ~= "trusts" and (": " .. said:gsub("%c", " "):sub(1, 200)) or ""
      say(("trust: %s %s the bottle's CA (%s)%s"):format(name, verdict, host, why))
    end
  end
end

return M
