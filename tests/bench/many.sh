#!/bin/sh
# many.sh BUILD [COUNT] - native bottles at once: until all are up, what they hold, whether each fetches.
set -eu
bottle=$(realpath "$1/bottle")
count=${2:-100}
for tool in bwrap python3 curl; do
	command -v $tool >/dev/null || { echo "   skipped: no $tool"; exit 0; }
done
dir=$(mktemp -d)
server=
leave() {
	seq "$count" | xargs -P 4 -I{} "$bottle" stop "many-$$-{}" >/dev/null 2>&1 || :
	[ -z "$server" ] || kill "$server"
	rm -rf "$dir"
}
trap leave EXIT

mkdir "$dir/www"
echo fetched >"$dir/www/index.html"
python3 - "$dir/www" >"$dir/port" <<'PY' &
import functools, http.server, sys
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=sys.argv[1]))
s.request_queue_size = 128
print(s.server_port, flush=True)
s.serve_forever()
PY
server=$!
while [ ! -s "$dir/port" ]; do sleep 0.05; done
port=$(cat "$dir/port")
cat >"$dir/policy.lua" <<LUA
local policy = require "policy"
policy.rule("allowlist", { id = "many", run = function() return { "up.test:$port" } end })
policy.rule("resolve", { id = "many", run = function(_, map) map:set("up.test", "127.0.0.1") end })
policy.rule("ssrf", { id = "many", run = function() return { "127.0.0.1/32" } end })
LUA
chmod 644 "$dir/policy.lua"

now() { date +%s%N; }
start=$(now)
up=
for i in $(seq "$count"); do
	mkdir "$dir/$i"
	(cd "$dir/$i" && exec "$bottle" run -y -d --backend native --name "many-$$-$i" "$dir/policy.lua" -- sleep 600) \
		>/dev/null 2>"$dir/$i.err" &
	up="$up $!"
done
failed=0
for p in $up; do wait "$p" || failed=$((failed + 1)); done
took=$((($(now) - start) / 1000000))
[ "$failed" -eq 0 ] || { echo "   $failed of $count did not come up: $(tail -qn1 "$dir"/*.err | sort | uniq -c | sort -rn | tail -1)"; exit 1; }

# Keeper, janitor, gate, bwrap and first process of each; not the agent.
python3 - "many-$$-" "$count" "$took" <<'PY'
import os, sys
parent, words = {}, {}
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        parent[pid] = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1]
        words[pid] = open(f"/proc/{pid}/cmdline").read().split("\0")
    except OSError:
        pass
ours = {p for p, w in words.items() if any(x.startswith(sys.argv[1]) for x in w)}
while True:
    more = {p for p in parent if parent[p] in ours and p not in ours and words[p][:1] != ["sleep"]}
    if not more:
        break
    ours |= more
pss = rss = 0
for p in ours:
    try:
        for line in open(f"/proc/{p}/smaps_rollup"):
            if line.startswith("Pss:"): pss += int(line.split()[1])
            if line.startswith("Rss:"): rss += int(line.split()[1])
    except OSError:
        pass
n = int(sys.argv[2])
print(f"   {n} bottles up in {int(sys.argv[3]) / 1000:.1f} s; {pss / 1024:.0f} MiB PSS beside their agents, "
      f"{pss / 1024 / n:.1f} each ({len(ours)} processes)")
PY
fetched=$(seq "$count" | xargs -P 4 -I{} "$bottle" exec "many-$$-{}" -- curl -sS -m 20 "http://up.test:$port/" 2>/dev/null | grep -c '^fetched$' || :)
echo "   $fetched of $count fetched through their gates"
