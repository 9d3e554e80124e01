#!/bin/sh
# findings.sh WAS IS - two outputs of bench_findings for the same texts: where IS lacks a finding,
# and where it has one more. Status 1 when it lacks one.
set -eu
awk -F '|' '
function less(a, b,    i, n, rest, one) {
	n = split(a, one, /; */)
	for (i = 1; i <= n; i++) {
		sub(/^ +/, "", one[i])
		if (one[i] != "" && index("; " b, "; " one[i] ";") == 0)
			rest = rest " " one[i] ";"
	}
	return rest
}
{ found = $NF; sub(/^ +/, "", found) }
NR == FNR { was[FNR] = found; next }
{ n++; with += was[FNR] != "" }
(l = less(was[FNR], found)) != "" { lacking++; print "lacks" l "  " $0 }
(m = less(found, was[FNR])) != "" { more++; print "more" m "  " $0 }
END {
	printf "%d texts, %d with findings: %d lack one, %d have one more\n", n, with, lacking, more
	exit lacking > 0
}' "$1" "$2"
