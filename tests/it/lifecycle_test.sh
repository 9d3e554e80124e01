# A bottle's end: whatever way it comes, nothing is left.
. "${0%/*}/lib.sh"

site_ ''

case_ "the agent's exit status is bottle's, and its pipes are its own"
s=$(slug_ life)
run_ "$site_run" "$s" root -- true
expect_status 0
expect_nothing_left "$s"
off || { echo 'echo to-stdout; echo to-stderr >&2; exit 7' | ("$site_run" "$s" root -- sh) >"$out" 2>"$err"; status=$?; }
expect_status 7
expect_out to-stdout
expect_err to-stderr
refuse_out to-stderr
expect_nothing_left "$s"

case_ "a program that is not there is 127, one that may not run 126"
run_ "$site_run" "$s" root -- no-such-program
expect_status 127
run_ "$site_run" "$s" root -- /etc/passwd
expect_status 126
expect_nothing_left "$s"

case_ "a megabyte goes in and comes out as it was"
off || { head -c 1000000 /dev/urandom >"$IT_WORK/blob"
	("$site_run" "$s" root -- cat) <"$IT_WORK/blob" >"$IT_WORK/back" 2>"$err"; }
expect "the same bytes" cmp "$IT_WORK/blob" "$IT_WORK/back"

# begin SIGNAL: bottle in the background, the signal once its agent runs; status in $status.
begin_and_kill() {
	off && return
	(cd "$site/project" && exec "$BOTTLE" run -y -m "$site/bottle.json" --name "$s" "$site/policy.lua" root -- sh -c 'echo up; sleep 300') \
		>"$out" 2>"$err" </dev/null &
	it_pid=$!
	wait_for 30 grep -q up "$out" || bad "the agent did not come up"
	kill "-$1" $it_pid
	status=0
	wait $it_pid || status=$?
}

case_ "SIGTERM ends the bottle and leaves nothing"
begin_and_kill TERM
expect_status 143
expect_nothing_left "$s"

case_ "SIGHUP ends the bottle and leaves nothing"
begin_and_kill HUP
expect_status 129
expect_nothing_left "$s"

case_ "a signal during the launch leaves nothing either"
needs_ docker "nothing to see of a launch: native_test kills at twenty moments of it"
if ! off; then
	(cd "$site/project" && exec "$BOTTLE" run -y -m "$site/bottle.json" --name "$s" "$site/policy.lua" root -- sleep 300) \
		>"$out" 2>"$err" </dev/null &
	it_pid=$!
	wait_for 20 docker inspect "bottle-gate-$s"
	kill -TERM $it_pid
	status=0
	wait $it_pid || status=$?
fi
expect_status 143
expect_nothing_left "$s"

case_ "a gate that is killed is the bottle's end, which says so; nothing goes out without it"
if ! off; then
	(cd "$site/project" && exec "$BOTTLE" run -y -m "$site/bottle.json" --name "$s" "$site/policy.lua" root -- sh -c '
		trap "" TERM HUP
		ask() { curl -sS -m 3 -o /dev/null -w "$1 %{http_code}\n" "$@" https://api.good.test/ 2>/dev/null; }
		ask --proxytunnel
		until [ -e go ]; do sleep 0.05; done
		ask --proxytunnel; ask --noproxy "*"; sleep 300') >"$out" 2>"$err" </dev/null &
	it_pid=$!
	wait_for 30 grep -qx -- '--proxytunnel 200' "$out" || bad "no answer before"
	asked=$(up_requests) gate=$(gate_pid "$s")
	kill -KILL "$gate" || bad "no gate to kill"
	: >"$site/project/go" # it may be gone by then
	status=0
	wait $it_pid || status=$?
	[ "$(grep -c ' 200$' "$out")" -eq 1 ] || bad "an answer without a gate"
	[ "$(up_requests)" = "$asked" ] || bad "something reached the upstream without a gate"
	rm -f "$site/project/go"
fi
expect_status 125
expect_err "bottle: the gate ended: nothing can leave the bottle, and so it was stopped"
expect_nothing_left "$s"

case_ "of a detached one, too: it ends, or is left without a way out"
if ! off; then
	up_ "$s" root || bad "no bottle"
	asked=$(up_requests) gate=$(gate_pid "$s")
	kill -KILL "$gate" || bad "no gate to kill"
	if [ "$IT_BACKEND" = docker ]; then
		wait_for 10 sh -c '[ "$(docker inspect -f "{{.State.Running}}" "bottle-gate-$1")" = false ]' sh "$s" || bad "its gate came back"
		sh_ "$s" 'curl -sS -m 3 https://api.good.test/; curl -sS -m 3 --noproxy "*" https://api.good.test/'
		refuse_out hello
		expect "both failed" [ "$(grep -c '^curl: ' "$err")" -eq 2 ]
		down_ "$s"
	fi
	expect_nothing_left "$s"
	[ "$(up_requests)" = "$asked" ] || bad "something reached the upstream without a gate"
fi

# Nothing of a slug runs any more.
stopped() {
	if [ "$IT_BACKEND" = native ]; then
		[ -z "$(engine_has "$1")$(processes_of "$1")" ]
		return
	fi
	[ -z "$(docker ps -q --filter "label=io.bottle.slug=$1")" ]
}
no_process() { ! pgrep -f "$1"; }

case_ "after kill -9 nothing runs and nothing goes out, before any cleanup (N20)"
mark=29$$
if ! off; then
	(cd "$site/project" && exec "$BOTTLE" run -y -m "$site/bottle.json" --name "$s" "$site/policy.lua" root -- sh -c \
		"(setsid sh -c 'trap \"\" HUP TERM INT; sleep $mark & wait' </dev/null >/dev/null 2>&1 &); echo up; sleep 300") \
		>"$out" 2>"$err" </dev/null &
	it_pid=$!
	wait_for 30 grep -q up "$out" || bad "the agent did not come up"
	wait_for 5 pgrep -f "sleep $mark" || bad "the double fork did not come up"
	kill -KILL $it_pid
	wait $it_pid || :
fi
expect "within two seconds nothing of it runs" wait_for 2 stopped "$s"
expect "no process of the agent is left" wait_for 1 no_process "sleep $mark"
[ "$IT_BACKEND" = native ] || expect "what is left is for cleanup" [ -n "$(engine_has "$s")" ]
run_ "$BOTTLE" cleanup
expect_nothing_left "$s"

# kill_when WHAT CMD…: a run (with $how) is killed as soon as CMD succeeds; then nothing may run.
kill_when() {
	off && return
	# shellcheck disable=SC2086
	(cd "$site/project" && exec "$BOTTLE" run -y $how -m "$site/bottle.json" --name "$s" "$site/policy.lua" root -- sleep 300) \
		>"$out" 2>"$err" </dev/null &
	it_pid=$!
	n=0
	until "$@" >/dev/null 2>&1 || [ $n -gt 2000 ]; do n=$((n + 1)); done
	kill -KILL $it_pid
	wait $it_pid || :
	wait_for 3 stopped "$s" || bad "something still runs after a kill when: $*"
	"$BOTTLE" cleanup >"$out" 2>"$err" || bad "cleanup failed after: $*"
	nothing_left "$s" || bad "left after a kill when: $*: $(engine_has "$s" | tr '\n' ' ')"
	no_litter "after a kill when: $*"
}
# The project's folder is as it was: what was_there saw, and nothing where that was not called.
was_there() { there=$(ls -AR "$site/project"); }
there=
no_litter() {
	now=$(ls -AR "$site/project")
	[ "$now" = "${there:-$site/project:}" ] || bad "in the project $1: $(echo "$now" | tr '\n' ' ')"
}
is_running() { [ -n "$(docker ps -q --filter "name=$1")" ]; }

case_ "kill -9 in the middle of a launch leaves nothing that runs (N20)"
needs_ docker "nothing to see of a launch: native_test kills at twenty moments of it"
for how in '' -d; do
	kill_when docker network inspect "bottle-net-$s"
	kill_when docker inspect "bottle-gate-$s"
done
how=''
kill_when is_running "bottle-gate-$s"
kill_when is_running "bottle-agent-$s"

case_ "after kill -9 cleanup removes the dead bottle and only it (N20)"
needs_ docker "nothing is left to clean up"
live=$(slug_ live)
off || up_ "$live" root
begin_and_kill KILL
expect "something was left" [ -n "$(engine_has "$s")" ]
run_ "$BOTTLE" cleanup --dry-run
expect_status 0
expect_out "would remove container bottle-agent-$s"
refuse_out "$live"
expect "a dry run removes nothing" [ -n "$(engine_has "$s")" ]
run_ "$BOTTLE" cleanup
expect_status 0
expect_nothing_left "$s"
sh_ "$live" 'curl -sS https://api.good.test/'
expect_out "hello from api.good.test"
off || down_ "$live"
expect_nothing_left "$live"
no_litter "after both are gone"

case_ "cleanup works from labels alone when the ledger is lost"
needs_ docker "nothing is left to clean up"
begin_and_kill KILL
off || find "$XDG_STATE_HOME" -name "*$s*" -delete
run_ "$BOTTLE" cleanup
expect_status 0
expect_nothing_left "$s"

case_ "while a bottle runs, the key of its CA is in the gate alone (T14)"
before=$(ls "$TMPDIR")
if ! off; then
	(cd "$site/project" && exec "$BOTTLE" run -y -m "$site/bottle.json" --name "$s" "$site/policy.lua" root -- sh -c 'echo up; sleep 300') \
		>"$out" 2>"$err" </dev/null &
	it_pid=$!
	wait_for 30 grep -q up "$out" || bad "the agent did not come up"
fi
expect "no key in the staging folders" [ -z "$(find "$TMPDIR" -name '*key*')" ]
off || { kill -TERM $it_pid; wait $it_pid || :; }
expect "no staging folder after the end" [ "$(ls "$TMPDIR")" = "$before" ]
expect_nothing_left "$s"

case_ "two runs of one agent at once do not touch each other"
a=$(slug_ twin-a) b=$(slug_ twin-b)
if ! off; then
	("$site_run" "$a" root -- sh -c 'sleep 2; curl -sS https://api.good.test/; exit 3') >"$IT_WORK/a" 2>&1 </dev/null &
	pa=$!
	("$site_run" "$b" root -- sh -c 'curl -sS https://m.good.test/; exit 4') >"$IT_WORK/b" 2>&1 </dev/null &
	pb=$!
	ra=0 rb=0
	wait $pa || ra=$?
	wait $pb || rb=$?
fi
expect "both ended as their agents" [ "${ra:-}${rb:-}" = 34 ]
expect "the first reached its host" grep -q 'hello from api.good.test' "$IT_WORK/a"
expect "the second reached its host" grep -q 'hello from m.good.test' "$IT_WORK/b"
expect_nothing_left "$a"
expect_nothing_left "$b"

case_ "a name in use is refused with one line"
off || up_ "$s" root
run_ "$site_run" "$s" root -- true
expect_status 125
[ "$IT_BACKEND" = docker ] && taken="$s: a bottle of this name exists" || taken="a bottle named $s runs already"
expect_err "$taken"

case_ "list, logs, exec and stop know the bottle in the background"
run_ "$BOTTLE" list --format json
expect "it is listed" jq -e --arg s "$s" 'any(.[]; .slug == $s and .detached and .agent == "root")' "$out"
run_ "$BOTTLE" list
expect_out "$s"
sh_ "$s" 'curl -sS https://evil.test/; exit 9'
expect_status 9
run_ "$BOTTLE" logs "$s"
expect_out "evil.test:443"
run_ "$BOTTLE" exec "$(echo "$s" | sed 's/.$/y/')" -- true
expect_status 125
expect_err "did you mean $s?"
run_ "$BOTTLE" stop "$s"
expect_status 0
expect_nothing_left "$s"

case_ "stop takes several names, one of them twice; with a typo it stops nothing; a second stop says so"
a=$(slug_ stop-one) b=$(slug_ stop-three)
off || { up_ "$a" root; up_ "$b" root; }
run_ "$BOTTLE" stop "$a" "$(echo "$b" | sed 's/.$/y/')"
expect_status 125
expect_err "did you mean $b?"
expect_one_line
"$BOTTLE" list >"$out"
expect "both still run" [ "$(grep -c "it-$IT_RUN-stop" "$out")" = 2 ]
run_ "$BOTTLE" stop "$a" "$b" "$a"
expect_status 0
expect_nothing_left "$a"
expect_nothing_left "$b"
for command in stop logs; do
	run_ "$BOTTLE" $command "$a"
	expect_status 125
	expect_err "no bottle $a"
done

case_ "stop ends a bottle that somebody is attached to"
if ! off; then
	("$site_run" "$s" root -- sh -c 'echo up; sleep 300') >"$IT_WORK/a" 2>&1 </dev/null &
	pa=$!
	wait_for 30 grep -q '^up' "$IT_WORK/a"
fi
run_ "$BOTTLE" stop "$s"
expect_status 0
off || { ra=0; wait "$pa" || ra=$?; }
expect "its owner was told to end" [ "${ra:-}" = 143 ]
expect_nothing_left "$s"

site_ ''
case_ "guarded files of the project are read-only in it, existing or not, and no litter stays (N16, N17)"
off || { git init -q "$site/project" && echo kept >"$site/project/file"; }
run_ "$site_run" "$s" root -- sh -c 'for f in .git/hooks/pre-commit .git/config .git/commondir .git/config.worktree .envrc .vscode/tasks.json .claude/settings.json .mcp.json; do
  if echo x >"$f" 2>/dev/null; then echo "WROTE $f"; fi; done
  mv .git .git2 2>/dev/null && echo MOVED; mv .git/commondir .git/x 2>/dev/null && echo MOVED
  mv .claude .c 2>/dev/null && echo MOVED; git -c safe.directory="*" status >/dev/null || echo BROKEN; rm -rf .envrc 2>/dev/null; [ -e .envrc ] || echo GONE
  echo changed >file; cat file'
expect_out changed
refuse_out WROTE
refuse_out MOVED
refuse_out BROKEN
refuse_out GONE
expect "the agent's own change is there" [ "$(cat "$site/project/file" 2>/dev/null)" = changed ]
expect "no placeholder is left" [ "$(ls -A "$site/project" | tr '\n' ' ')" = ".git file " ]

case_ "a folder that a bottle guards files in takes none of the other backend, either way round"
needs_ docker "this is about both"
command -v bwrap >/dev/null || skip_ "no bubblewrap"
n=$(slug_ other)
# still_guarded SLUG: the one that is there has lost nothing.
still_guarded() {
	sh_ "$1" 'for f in .envrc .mcp.json .git/config .claude/settings.json; do (echo x >$f) 2>/dev/null && echo "wrote $f"; done; echo tried'
	expect_out tried
	refuse_out wrote
}
was_there
if ! off; then
	up_ "$s" root || bad "no bottle"
	run_ "$site_run" "$n" root --backend native -- true
	expect_status 125
	expect_err "the bottle $s on an Engine guards files in it"
	still_guarded "$s"
	run_ "$site_run" "$n" root --backend native --cwd none -- true
	expect_status 0
	down_ "$s"
	expect_nothing_left "$s"
	no_litter "after the one on the engine"
	run_ "$site_run" "$n" root --backend native -d -- sleep 600
	expect_status 0
	run_ "$site_run" "$s" root -- true
	expect_status 125
	expect_err "a native bottle guards files in it"
	expect_nothing_left "$s"
	still_guarded "$n"
	down_ "$n"
	no_litter "after the native one"
	run_ "$site_run" "$s" root -- true
	expect_status 0
	expect_nothing_left "$s"
fi

case_ "with --cwd copy the project is untouched and the change is offered as a patch"
run_ "$site_run" "$s" root --cwd copy -- sh -c 'echo more >>file; echo new >added; ln -s /usr/bin/env venv; mkfifo pipe; cat file'
expect_status 0
expect_out changed
expect "the project as it was" [ "$(cat "$site/project/file" 2>/dev/null)" = changed ]
expect_err "git -C $site/project apply"
patch=$(find "$XDG_STATE_HOME" -name "$s.patch")
expect "the patch applies" git -C "$site/project" apply --check "$patch"
off || rm -f "$patch"
expect_nothing_left "$s"

case_ "with --cwd none nothing of the project is there"
run_ "$site_run" "$s" root --cwd none -- sh -c "ls $site/project"
expect "not there" [ "$status" -ne 0 ]

case_ "the agent runs as the user of its image, with that user's home"
needs_ docker "there is no image; the agent is the operator"
run_ "$site_run" "$s" user --cwd none -- sh -c 'id -un; echo "$HOME"; touch ~/x && echo home-ok'
expect_out agent
expect_out home-ok
done_
