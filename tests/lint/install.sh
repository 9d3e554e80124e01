#!/bin/sh
# install.sh - what is installed runs from there, completes in each shell that is here, and goes away again.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
make --no-print-directory -s install DESTDIR="$dir" >/dev/null
share=$dir/usr/local/share
(cd "$dir" && usr/local/bin/bottle --version && usr/local/bin/bottle init 2>/dev/null &&
	usr/local/bin/bottle check ./policy.lua && echo nothing | usr/local/bin/bottle scan 2>/dev/null) >/dev/null || { echo "install: what is installed does not run"; exit 1; }
rm -f "$dir/bottle.json" "$dir/policy.lua"
for c in bash:bash-completion/completions/bottle zsh:zsh/site-functions/_bottle fish:fish/vendor_completions.d/bottle.fish; do
	[ -s "$share/${c#*:}" ] || { echo "install: no share/${c#*:}"; exit 1; }
	! command -v "${c%%:*}" >/dev/null || "${c%%:*}" -n "$share/${c#*:}"
done
make --no-print-directory -s uninstall DESTDIR="$dir"
left=$(find "$dir" -type f)
[ -z "$left" ] || { echo "uninstall leaves $left"; exit 1; }
