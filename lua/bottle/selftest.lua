--- Does each runtime in the box trust the bottle's CA? Asked by a real handshake with an allowed
--- host, through the gate. Any HTTP answer is a yes: the handshake came before it. Java and Go are
--- given a source file, so they are tested where their compilers are.
local M = {}

-- One line a runtime: its name, its exit status, the last line of what it said.
local SCRIPT <const> = [[
host=%s; url=https://$host/
most=5
within() { if command -v timeout >/dev/null 2>&1; then timeout $most "$@"; else "$@"; fi; }
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
{ command -v javac || command -v go; } >/dev/null 2>&1 || exit 0
dir=$(mktemp -d) && cd "$dir" || exit 0
trap 'rm -rf "$dir"' EXIT
most=60
cat >T.java <<'E'
import java.net.*; import java.net.http.*; import java.time.Duration;
class T { public static void main(String[] a) throws Exception {
  HttpClient.newBuilder().proxy(ProxySelector.getDefault()).build().send(HttpRequest.newBuilder(
    URI.create(a[0])).timeout(Duration.ofSeconds(5)).build(),
    HttpResponse.BodyHandlers.discarding()); } }
E
cat >t.go <<'E'
package main
import ("fmt"; "net/http"; "os")
func main() { if _, err := http.Get(os.Args[1]); err != nil { fmt.Println(err); os.Exit(1) } }
E
command -v javac >/dev/null 2>&1 && try java T.java "$url"
command -v go >/dev/null 2>&1 && export GOCACHE="$dir" GO111MODULE=off && try go run t.go "$url"
exit 0
]]

local refusals <const> = { "certificate", "self.signed", "unable_to_", "x509", "verify", "pkix" }
local answers <const> = { "not found", "returned error", "not valid: is this a git" }

local function any(text, patterns)
  for _, pattern in ipairs(patterns) do
    if text:find(pattern) then return true end
  end
  return false
end

--- A host to ask: the first exact one whose TLS the gate opens, and where it sends no credential
--- along.
---@param plan table
---@return string?
function M.host(plan)
  local passed = {}
  for _, item in ipairs(plan.egress.tls_interception.passthrough_domains) do
    passed[type(item) == "table" and item.host or item] = true
  end
  for _, r in ipairs(plan.egress.routes or {}) do passed[r.host] = true end
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

---@class bottle.Trust
---@field runtime string
---@field verdict "trusts"|"does not trust"|"not tested"
---@field why? string   the last line of what it said, where it does not trust

--- Ask each. A box without sh, or no host to ask, gives an empty list.
---@param box bottle.Box
---@param host? string  of M.host
---@return bottle.Trust[] list
---@return boolean trusted   no runtime refused the CA
function M.ask(box, host)
  local list, trusted = {}, true
  for line in (host and box:exec(SCRIPT:format(host)) or ""):gmatch "[^\n]+" do
    local name, status, said = line:match "^(%S+) (%d+) (.*)$"
    if name then
      local verdict = M.verdict(tonumber(status), said)
      trusted = trusted and verdict ~= "does not trust"
      list[#list + 1] = { runtime = name, verdict = verdict,
        why = verdict ~= "trusts" and said:gsub("%c", " "):sub(1, 200) or nil }
    end
  end
  return list, trusted
end

--- Ask and say it, a line a runtime.
---@param box bottle.Box
---@param host? string
---@param say fun(line: string)
---@return boolean trusted
function M.run(box, host, say)
  if not host then say "trust: no allowed host whose TLS is opened: nothing to test with" end
  local list, trusted = M.ask(box, host)
  for _, one in ipairs(list) do
    local what = one.verdict == "not tested" and "was not tested" or
      one.verdict .. " the bottle's CA"
    say(("trust: %s %s (%s)%s"):format(one.runtime, what, host, one.why and ": " .. one.why or ""))
  end
  return trusted
end

return M
