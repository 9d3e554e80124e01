#!/bin/sh
# cli.sh BUILD - what the control binary costs before it does anything: start-up and a dry-run.
set -eu
bottle=$(realpath "$1/bottle")
command -v hyperfine >/dev/null || { echo "   skipped: no hyperfine (apt-get install hyperfine)"; exit 0; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/bottle.json" <<'JSON'
{ "bottles": { "b": { "egress": { "allowlist": [ "a.example.org", "b.example.org", "c.example.org", "d.example.org",
  "e.example.org", "f.example.org", "g.example.org", "h.example.org", "i.example.org", "j.example.org" ] } } },
  "agents": { "a": { "bottle": "b", "image": "x", "command": ["true"] } } }
JSON
cd "$dir"
hyperfine --style none --warmup 5 --runs 60 --shell=none --export-json out.json \
	"$bottle --version" "$bottle run default a --dry-run --name bench-aaaaa --backend docker --format json" /bin/true >/dev/null
jq -r '.results | (.[2].median) as $floor | .[] |
  "   \(.median * 10000 | round / 10) ms  (min \(.min * 10000 | round / 10), max \(.max * 10000 | round / 10); \(.median / $floor * 10 | round / 10) × true)  \(.command | split("/") | last)"' out.json
