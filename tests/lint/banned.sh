#!/bin/sh
# banned.sh - calls that do not get in: unbounded copies, hidden state, and Lua entered outside lx.c.
set -eu
bad=0
say() { echo "$1"; bad=1; }
hits=$(grep -nE '\b(strcpy|strcat|sprintf|vsprintf|strtok|gmtime|localtime|mktemp|tmpnam|gets|atoi|system|popen)\(' src/*/*.c || true)
[ -z "$hits" ] || say "banned call: $hits"
hits=$(grep -nE '\blua_p?call(k)?\(|\bluaL_dostring\(|\bluaL_dofile\(' src/*/*.c | grep -vE '^src/script/(lx|vm|gatevm|gatevm_lib)\.c' || true)
[ -z "$hits" ] || say "Lua entered outside lx.c: $hits"
hits=$(grep -lE 'BT_OWN' src/script/bind_*.c 2>/dev/null | while read -r f; do
	awk -v f="$f" '/lua_State \*L/ && /\)$/ { inl = 1 } /^}/ { inl = 0 } inl && /BT_OWN/ { print f ":" FNR ": cleanup attribute in a function that takes a lua_State" }' "$f"
done)
[ -z "$hits" ] || say "$hits"
hits=$(grep -rnE '\b(TODO|FIXME|XXX)\b' src include lua policies || true)
[ -z "$hits" ] || say "unfinished: $hits"
exit $bad
