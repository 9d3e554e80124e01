#!/bin/sh
# meta.sh - every function that a bind_*.c registers has an annotation in lua/bottle/_meta, and the reverse.
set -eu
bad=0
for c in src/script/bind_*.c; do
	m=$(basename "$c" .c); m=${m#bind_}
	meta=lua/bottle/_meta/$m.lua
	[ -f "$meta" ] || { echo "$c: no $meta"; bad=1; continue; }
	# Rows like { "open", l_open }; metamethods are not part of the interface.
	grep -oE '\{ "[a-z_0-9]+", l_' "$c" | cut -d'"' -f2 | grep -v '^__' | sort -u >/tmp/meta.$$.c || true
	grep -oE '^function [A-Za-z_]+[.:][a-z_0-9]+' "$meta" | sed 's/.*[.:]//' | sort -u >/tmp/meta.$$.l || true
	d=$(diff /tmp/meta.$$.c /tmp/meta.$$.l) || { echo "$c and $meta differ (< only in C, > only in _meta):"; echo "$d"; bad=1; }
	rm -f /tmp/meta.$$.c /tmp/meta.$$.l
done
exit $bad
