#!/bin/sh
# native.sh BUILD - a whole native bottle, from the command line to its agent's end, against bare bwrap
# and, where it is in PATH or named by SRT, srt.
set -eu
build=$(realpath "$1")
bottle=$build/bottle
here=$(dirname "$(realpath "$0")")
for tool in bwrap python3; do
	command -v $tool >/dev/null || { echo "   skipped: no $tool"; exit 0; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
if ! "$bottle" run default --backend native -y -- true >/dev/null 2>out.txt; then
	echo "   skipped: $(tail -1 out.txt)"
	exit 0
fi
python3 "$here/native.py" "$bottle" ${SRT:-$(command -v srt || :)}

# What a bottle that waits holds, beside its agent: keeper, janitor, gate, bwrap and first process.
"$bottle" run default --backend native -y -d --name bench-native -- sleep 60 >/dev/null 2>&1
sleep 1
keeper=$(pgrep -o -f -- '--name bench-native ')
total=0
for p in $keeper $(pgrep -P "$keeper") $(pgrep -P "$(pgrep -P "$keeper" bwrap)"); do
	pss=$(awk '/^Pss:/ { print $2 }' "/proc/$p/smaps_rollup" 2>/dev/null || echo 0)
	total=$((total + pss))
done
echo "   $((total / 1024)) MiB PSS of an idle bottle beside its agent"
"$bottle" stop bench-native

# What it adds to a request (docs/performance.md).
if [ -x "$build/bench_load" ] && command -v nginx >/dev/null && command -v openssl >/dev/null; then
	python3 "$here/keepalive.py" "$build"
else
	echo "   requests: skipped: no nginx, no openssl or no $build/bench_load (make bench)"
fi
