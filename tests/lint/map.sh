#!/bin/sh
# map.sh - docs/map.md names what is there, and every folder; docs/adr/README.md lists every decision, by unique numbers.
set -eu
bad=0
say() { echo "$1"; bad=1; }
# A name in the map is `path` in backquotes with a slash or a dot in it, from the top of the tree.
for f in $(grep -oE '`[A-Za-z0-9_.][A-Za-z0-9_./-]*`' docs/map.md | tr -d '`' | grep '[./]' | sort -u); do
	[ -e "$f" ] || say "docs/map.md: no $f"
done
for d in $(git ls-files src lua policies tests docs examples | sed -n 's,/[^/]*$,,p' | grep -v '^tests/fuzz/corpus/.' | sort -u); do
	grep -qF "\`$d/\`" docs/map.md || say "docs/map.md: folder $d/ is missing"
done
for f in docs/adr/[0-9]*.md; do
	grep -qF "](${f##*/})" docs/adr/README.md || say "docs/adr/README.md: ${f##*/} is missing"
done
twice=$(ls docs/adr | sed -n 's/^\([0-9]*\)-.*/\1/p' | sort | uniq -d)
[ -z "$twice" ] || say "docs/adr: number $twice twice"
exit $bad
