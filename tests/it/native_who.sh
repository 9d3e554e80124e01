# native_who.sh - native bottles of root and of an ordinary user, sourced after lib.sh:
#   as_root, as_user  who it is from here on; then site_ before, runners after
#   nat SLUG [OPTION…] -- CMD…   runs one, as run_ does; $nat_ and $who_ are programs for pipes
#   nothing SLUG      nothing is left of it
# shellcheck shell=sh disable=SC2034
uid=64123
# An ordinary user may not reach into a checkout of root's: what it runs is installed where it may.
variant=$(basename "$(dirname "$BOTTLE")")
make -s -C "$top" install V="$variant" DESTDIR="$IT_WORK/install" PREFIX=/usr >"$IT_WORK/install.log" 2>&1 ||
	{ cat "$IT_WORK/install.log" >&2; exit 1; }
chmod 755 "$IT_DIR" "$IT_WORK"
BOTTLE=$IT_WORK/install/usr/bin/bottle
who=root

# An ordinary user without an entry anywhere; what it may write is its own folder.
as_user() {
	who=user
	user_dir=$IT_WORK/user
	mkdir -p "$user_dir/home" "$user_dir/state" "$user_dir/tmp" "$site/project"
	chmod 755 "$IT_DIR" "$IT_WORK" "$site"
	chmod 644 "$site/bottle.json" "$site/policy.lua"
	chown -R $uid:$uid "$user_dir" "$site/project"
}
as_root() { who=root; }

# Two programs: who, which runs a command as that user, and nat SLUG [OPTION…] -- CMD…, a bottle.
runners() {
	who_=$IT_WORK/who nat_=$IT_WORK/nat
	if [ "$who" = root ]; then
		printf '#!/bin/sh\nexec "$@"\n' >"$who_"
	else
		cat >"$who_" <<-SH
		#!/bin/sh
		exec setpriv --reuid $uid --regid $uid --clear-groups env HOME="$user_dir/home" \
			XDG_STATE_HOME="$user_dir/state" XDG_CONFIG_HOME="$user_dir/home/.config" \
			TMPDIR="$user_dir/tmp" "\$@"
		SH
	fi
	cat >"$nat_" <<-SH
	#!/bin/sh
	slug=\$1; shift
	cd '$site/project' && exec '$who_' '$BOTTLE' run -y -m '$site/bottle.json' --name "\$slug" '$site/policy.lua' root "\$@"
	SH
	chmod 755 "$who_" "$nat_"
}
nat() { run_ "$nat_" "$@"; }

# What is left of a slug: processes, its name, files of the project and scratch.
left() {
	pgrep -f -- "--name $1 " || :
	grep -a "@bottle/[0-9]*/$1\$" /proc/net/unix || :
	ls -A "$site/project"
	[ "$who" = root ] || find "$user_dir/tmp" "$user_dir/state" -mindepth 1
}
nothing() { [ -z "$(left "$1")" ]; }

# Without bubblewrap nothing here can be tried.
usable_() {
	"$BOTTLE" run -y -m "$site/bottle.json" "$site/policy.lua" root -- true >"$out" 2>"$err" </dev/null ||
		command -v bwrap >/dev/null && return
	case_ "a native bottle runs"
	skip_ "no bubblewrap"
	done_
}
