#!/bin/sh
# tidy.sh BUILD FILE… - clang-tidy on the files that changed since it last passed on them.
set -eu
build=$1; shift
make --no-print-directory -s compile_commands.json
mkdir -p "$build/tidy"
# newer A B: A is there and newer than B.
newer() { [ -n "$(find "$1" -newer "$2" 2>/dev/null)" ]; }
for f in "$@"; do
	ok=$build/tidy/$(echo "$f" | tr / _).ok
	newer "$ok" "$f" && newer "$ok" .clang-tidy && continue
	echo "$f"
done | xargs -r -P "$(nproc)" -I{} sh -c 'clang-tidy --quiet -p . "{}" 2>/dev/null && touch "'"$build"'/tidy/$(echo "{}" | tr / _).ok"'
