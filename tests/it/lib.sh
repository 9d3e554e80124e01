# lib.sh - what every tests/it/*_test.sh begins with:  . "${0%/*}/lib.sh"
#   case_ SENTENCE       begins a case (and ends the one before)
#   run_ CMD…            runs it; output in $out and $err (files), exit status in $status
#   expect WHAT CMD…     CMD must succeed, or the case fails with WHAT
#   skip_ WHAT           what is missing for this case
#   needs_ BACKEND WHY   skips the case on the other backend
#   done_                ends the file
# and, before its first case, where not all of it runs on both backends ($IT_BACKEND: docker or native):
#   only_ BACKEND WHY    skips the file on the other one
#   once_ WHY            runs the file on the first backend of this run alone
# shellcheck shell=sh disable=SC2034
case_n=0 case_bad='' case_skip='' case_name='' case_off=''
out=$IT_WORK/out err=$IT_WORK/err status=0
any_bad=0

say_case() {
	[ -n "$case_name" ] && [ -z "$case_off" ] || return 0
	case_n=$((case_n + 1))
	if [ -n "$case_skip" ]; then
		echo "ok $case_n - $case_name # SKIP $case_skip"
	elif [ -n "$case_bad" ]; then
		any_bad=1
		echo "not ok $case_n - $case_name"
		printf '%s' "$case_bad" | sed 's/^/#   /'
		echo "#   status $status; stdout and stderr:"
		tail -c 1500 "$out" | sed 's/^/#   1| /'
		tail -c 1500 "$err" | sed 's/^/#   2| /'
	else
		echo "ok $case_n - $case_name"
	fi
}

case_() {
	say_case
	case_name=$1 case_bad='' case_skip='' case_off=''
	: >"$out"
	: >"$err"
	case "$1" in
	*"${BOTTLE_TEST_ONLY:-}"*) ;;
	*) case_off=1 ;;
	esac
}

done_() {
	say_case
	case_name=
	[ "$any_bad" -eq 0 ]
	exit $?
}

skip_() { case_skip=$1; }
needs_() { [ "$IT_BACKEND" = "$1" ] || skip_ "backend $IT_BACKEND: $2"; }
skip_file() {
	echo "ok 1 - $(basename "$0" _test.sh) # SKIP backend $IT_BACKEND: $1"
	exit 0
}
only_() { [ "$IT_BACKEND" = "$1" ] || skip_file "$2"; }
once_() { [ "$IT_BACKEND" = "$IT_FIRST" ] || skip_file "$1"; }
off() { [ -n "$case_off$case_skip" ]; }

run_() {
	off && return
	status=0
	timeout -k 5 "${LIMIT:-60}" "$@" >"$out" 2>"$err" </dev/null || status=$?
}

# As run_, with standard input as it is.
feed_() {
	off && return
	status=0
	timeout -k 5 "${LIMIT:-60}" "$@" >"$out" 2>"$err" || status=$?
}

bad() {
	off && return
	case_bad="$case_bad$1
"
}

expect() {
	off && return
	what=$1
	shift
	"$@" >/dev/null 2>&1 || bad "expected: $what"
}

expect_status() { [ "$status" -eq "$1" ] || bad "status $status, want $1"; }
expect_out() { grep -qF -- "$1" "$out" || bad "stdout lacks: $1"; }
expect_err() { grep -qF -- "$1" "$err" || bad "stderr lacks: $1"; }
refuse_out() { ! grep -qF -- "$1" "$out" || bad "stdout holds: $1"; }
refuse_err() { ! grep -qF -- "$1" "$err" || bad "stderr holds: $1"; }
# One failure is one line: "bottle: what: why".
expect_one_line() {
	[ "$(wc -l <"$err")" -eq 1 ] || bad "stderr is not one line"
	grep -q '^bottle: ' "$err" || bad "stderr does not begin with 'bottle: '"
}

# wait_for SECONDS CMD…: until it succeeds.
wait_for() {
	off && return
	wait_n=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		wait_n=$((wait_n - 1))
		[ $wait_n -gt 0 ] || return 1
		sleep 0.1
	done
}

# slug_ NAME -> a slug of this run
slug_() { echo "it-$IT_RUN-$1"; }

# What there still is of a slug, one name a line. A native bottle that is up has a name on the host.
engine_has() {
	if [ "$IT_BACKEND" = native ]; then
		grep -ao "@bottle/[0-9]*/$1\$" /proc/net/unix
		return
	fi
	docker ps -a --filter "label=io.bottle.slug=$1" --format '{{.Names}}'
	docker network ls --filter "label=io.bottle.slug=$1" --format '{{.Name}}'
}

# The process of its gate.
gate_pid() {
	if [ "$IT_BACKEND" = docker ]; then
		docker inspect -f '{{.State.Pid}}' "bottle-gate-$1"
	else
		pgrep -f -P "$(pgrep -of -- "--name $1 ")" 'bottle gate'
	fi
}

# Of a native one: what keeps it has its name in its arguments.
processes_of() { [ "$IT_BACKEND" = docker ] || pgrep -fa -- "--name $1 "; }

nothing_left() {
	[ -z "$(engine_has "$1")" ] && [ -z "$(processes_of "$1")" ] && ! find "$XDG_STATE_HOME" -name "*$1*" | grep -q .
}
# Of two native bottles in one folder the first to end leaves a process that takes its placeholders away when the last
# has ended, a moment after it.
expect_nothing_left() {
	off && return
	wait_for 5 nothing_left "$1" || bad "left behind: $(engine_has "$1" | tr '\n' ' ') $(processes_of "$1" | cut -c1-100) $(find "$XDG_STATE_HOME" -name "*$1*" | tr '\n' ' ')"
}

# site_ [LUA…]: a folder $site with a policy that knows the test upstream, and a manifest for it.
# More Lua lines follow the shipped ones.
site_() {
	export site="$IT_WORK/site"
	rm -rf "$site"
	mkdir -p "$site/project"
	chmod 700 "$site"
	cat >"$site/policy.lua" <<-LUA
	local policy = require "policy"
	local up = { "$UP" }
	policy.rule("resolve", { id = "it/names", run = function()
	  local names = { "good.test", "api.good.test", "m.good.test", "git.good.test", "pass.test", "a.wild.test",
	    "b.wild.test", "expired.bad.test", "wrong.bad.test", "self.bad.test", "other.bad.test" }
	  local to = {}
	  for _, n in ipairs(names) do to[n] = up end
	  return to
	end })
	policy.rule("ssrf", { id = "it/upstream", run = function() return { "$UP/32" } end })
	policy.rule("roots", { id = "it/root", run = function() return { "$UP_CA" } end })
	LUA
	for lua in "$@"; do
		printf '%s\n' "$lua" >>"$site/policy.lua"
	done
	manifest_ '{}'
}

# manifest_ BOTTLE-JSON: the bottle's own keys are merged over the usual ones.
manifest_() {
	jq -n --argjson b "$1" '{
	  bottles: { default: ({ egress: { allowlist: ["api.good.test", "m.good.test", "git.good.test", "pass.test",
	    "*.wild.test", "expired.bad.test", "wrong.bad.test", "self.bad.test", "other.bad.test"],
	    tls_passthrough_domains: ["pass.test"] } } * $b) },
	  agents: {
	    root: { bottle: "default", image: "bottle-test-agent:latest", command: ["sh"] },
	    user: { bottle: "default", image: "bottle-test-user:latest", command: ["sh"] } } }' >"$site/bottle.json"
}

# "$site_run" SLUG AGENT [OPTION…] -- CMD…: run in the project folder, saying yes.
site_run=$(cd "${0%/*}" && pwd)/site_run

# up_ SLUG AGENT: a bottle that stays, for the cases of a file; down_ SLUG ends it.
up_() {
	("$site_run" "$1" "$2" -d -- sleep 600) >"$out" 2>"$err" </dev/null
}
down_() { "$BOTTLE" stop "$1" >/dev/null 2>&1; }
in_() {
	in_slug=$1
	shift
	run_ "$BOTTLE" exec "$in_slug" -- "$@"
}
# sh_ SLUG SCRIPT: the script runs in the bottle.
sh_() { in_ "$1" sh -c "$2"; }

# What differs between the backends and is the same for every test of one: where the CA lies, and
# who agent "user" is. A native bottle's agent is the operator, whatever image the manifest names.
if [ "$IT_BACKEND" = docker ]; then
	ca_file=/usr/local/share/ca-certificates/claude-bottle-mitm.crt
	user_name=agent
else
	ca_file=/etc/ssl/certs/claude-bottle-mitm.crt
	user_name=$(id -un)
fi

# events_ SLUG: the gate's event lines.
events_() { "$BOTTLE" logs "$1" --format json; }
expect_event() {
	off && return
	ev_slug=$1
	shift
	# shellcheck disable=SC2016
	wait_for 5 sh -c '"$0" logs "$1" --format json | jq -es "any(.[]; $2)"' "$BOTTLE" "$ev_slug" "$*" ||
		bad "no event with $*"
}

# How many connections the upstream has accepted, and how many requests it has read.
up_connections() { grep -c ' accept: ' "$UP_DEBUG" || :; }
up_requests() { wc -l <"$UP_LOG"; }
