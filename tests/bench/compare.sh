#!/bin/sh
# compare.sh REVISION [COUNT [FIRST]] - what this tree's scanner and a revision's find in generated
# texts: the lines that differ, and how many. Status 1 when one has findings of which this tree
# lacks one. For whoever makes the scanner faster.
set -eu
rev=$1 count=${2:-30000} first=${3:-0}
cd "$(dirname "$0")/../.."
old=$(mktemp -d)
trap 'git worktree remove --force "$old/tree"; rm -rf "$old"' EXIT
git worktree add -q --detach "$old/tree" "$rev"
cp tests/bench/bench_findings.c "$old/tree/tests/bench/"
cp tests/unit/codings.h tests/unit/fakes.h "$old/tree/tests/unit/"
for tree in "$old/tree" .; do
	make -s -C "$tree" -j2 build/release/bench_findings >"$old/log" 2>&1 || { cat "$old/log"; exit 2; }
done
"$old/tree/build/release/bench_findings" "$count" "$first" >"$old/was"
build/release/bench_findings "$count" "$first" >"$old/is"
sh tests/bench/findings.sh "$old/was" "$old/is"
