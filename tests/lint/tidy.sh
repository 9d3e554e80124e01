#!/bin/sh
# tidy.sh BUILD FILE… - clang-tidy on the files that changed since it last passed on them.
set -eu
build=$1; shift
make --no-print-directory -s compile_commands.json
mkdir -p "$build/tidy"
for f in "$@"; do
	ok=$build/tidy/$(echo "$f" | tr / _).ok
	[ "$ok" -nt "$f" ] && [ "$ok" -nt .clang-tidy ] && continue
	echo "$f"
done | xargs -r -P "$(nproc)" -I{} sh -c 'clang-tidy --quiet -p . "{}" 2>/dev/null && touch "'"$build"'/tidy/$(echo "{}" | tr / _).ok"'
