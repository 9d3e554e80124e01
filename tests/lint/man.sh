#!/bin/sh
# man.sh BOTTLE - the pages are clean, and every command and option of --help stands in its page.
set -eu
bottle=$1
bad=0
for f in docs/man/*.[1-8] build/man/*.[1-8]; do
	mandoc -Tlint -W warning "$f" || bad=1
done
page() { mandoc -Tascii docs/man/bottle.1 docs/man/bottle-gate.8 | col -b; }
page >/tmp/man.$$
trap 'rm -f /tmp/man.$$' EXIT
commands=$("$bottle" --help | awk '/^commands:/ { on = 1; next } on && /^  [a-z]/ { print $1 } on && /^$/ { exit }')
[ -n "$commands" ] || { echo "man.sh: no command in $bottle --help"; exit 1; }
for c in $commands; do
	grep -qE "^ *(bottle )?$c( |\$)" /tmp/man.$$ || { echo "docs/man: command $c is missing"; bad=1; }
	for o in $("$bottle" "$c" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u); do
		grep -qF -- "$o" /tmp/man.$$ || { echo "docs/man: $c $o is missing"; bad=1; }
	done
done
exit $bad
