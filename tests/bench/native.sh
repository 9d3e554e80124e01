#!/bin/sh
# native.sh BUILD - a whole native bottle, from the command line to its agent's end, against bare bwrap.
set -eu
bottle=$(realpath "$1/bottle")
for tool in hyperfine bwrap jq; do
	command -v $tool >/dev/null || { echo "   skipped: no $tool"; exit 0; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/bottle.json" <<'JSON'
{ "bottles": { "b": {} }, "agents": { "a": { "bottle": "b", "command": ["true"] } } }
JSON
cd "$dir"
if ! "$bottle" run default a --backend native -y -- true >/dev/null 2>out.txt; then
	echo "   skipped: $(tail -1 out.txt)"
	exit 0
fi
hyperfine --style none --warmup 5 --runs 60 --shell=none --export-json out.json \
	"$bottle run default a --backend native -y -- true" \
	"$bottle run default a --backend native -y --cwd none -- true" \
	"bwrap --unshare-all --ro-bind / / true" >/dev/null 2>&1
jq -r '.results | (.[2].median) as $bare | .[] |
  "   \(.median * 10000 | round / 10) ms  (min \(.min * 10000 | round / 10), max \(.max * 10000 | round / 10); \(.median / $bare * 10 | round / 10) × bwrap)  \(.command | split("/") | last)"' out.json

# What a bottle that waits holds, beside its agent: keeper, janitor, gate, bwrap and first process.
"$bottle" run default a --backend native -y -d --name bench-native -- sleep 60 >/dev/null 2>&1
sleep 1
keeper=$(pgrep -o -f -- '--name bench-native ')
total=0
for p in $keeper $(pgrep -P "$keeper") $(pgrep -P "$(pgrep -P "$keeper" bwrap)"); do
	pss=$(awk '/^Pss:/ { print $2 }' "/proc/$p/smaps_rollup" 2>/dev/null || echo 0)
	total=$((total + pss))
done
echo "   $((total / 1024)) MiB PSS of an idle bottle beside its agent"
"$bottle" stop bench-native
