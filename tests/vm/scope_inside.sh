# scope_inside.sh - what scope.sh runs in the machine, as root.
# shellcheck shell=sh
n=0
# check SENTENCE CMD…
check() {
	n=$((n + 1)) what=$1
	shift
	if "$@" >/tmp/said 2>&1; then
		echo "ok $n - [$who] $what"
	else
		echo "not ok $n - [$who] $what"
		tail -3 /tmp/said | sed 's/^/#   /'
		tail -5 "$home/err" | sed 's/^/#   2| /'
	fi
}

# as CMD…: whoever it is about, with its own systemd.
as() {
	if [ "$who" = root ]; then
		env HOME=/root "$@"
	else
		setpriv --reuid 1000 --regid 1000 --init-groups env HOME=/home/op XDG_RUNTIME_DIR=/run/user/1000 \
			DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus "$@"
	fi
}
run() {
	slug=$1
	shift
	status=0
	(cd "$home/project" && as bottle run default --backend native -m "$home/bottle.json" --name "$slug" -y "$@") \
		>"$home/out" 2>"$home/err" </dev/null || status=$?
}
scope() { find /sys/fs/cgroup -type d -name "bottle-$1.scope"; }
holds() { [ "$(cat "$(scope "$1")/$2")" = "$3" ]; }
gone() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -n "$(scope "$1")" ] || return 0
		sleep 0.5
	done
	return 1
}
counted() { [ "$(sed -n "s/^$3 //p" "$(scope "$1")/$2")" -gt 0 ]; }
status_is() { [ "$status" -eq "$1" ]; }

# The operator's manager is started beside us.
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ ! -S /run/user/1000/systemd/private ] || break
	sleep 1
done
echo "# $(systemctl --version | head -1); controllers: $(cat /sys/fs/cgroup/cgroup.controllers); of user 1000: \
$(cat /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers)"

for who in user root; do
	home=/home/op
	[ "$who" = user ] || home=/root
	as mkdir -p "$home/project"
	echo '{ "bottles": { "b": { "resources": { "memory": "96m", "pids": 40, "cpus": 1.5 } } },
	  "agents": { "a": { "bottle": "b", "command": ["sh"] } } }' >"$home/bottle.json"

	# An emulated machine is slow as long as nothing is in its memory.
	for _ in 1 2 3 4 5; do
		run warm -- true
		[ "$status" -ne 0 ] || break
	done

	run dry --dry-run --format json -- true
	check "the plan says that a cgroup holds them" jq -e '.hardening.agent | .limits == "cgroup" and .cpus == 1.5' "$home/out"

	run stays -d -- sleep 600
	check "a bottle comes up in a scope" status_is 0
	check "in the manager's own slice" test -n "$(scope stays)"
	echo "# $(scope stays)"
	check "memory.max" holds stays memory.max 100663296
	check "memory.swap.max" holds stays memory.swap.max 0
	check "pids.max" holds stays pids.max 40
	check "cpu.max" holds stays cpu.max "150000 100000"
	check "the agent is in it" sh -c 'grep -qx "$(pgrep -fx "sleep 600")" "$1/cgroup.procs"' sh "$(scope stays)"

	as bottle exec stays -- python3 -c 'x = bytearray(300 << 20)' >"$home/out" 2>"$home/err"
	status=$?
	check "who takes more memory is killed" status_is 137
	check "by the scope's limit" counted stays memory.events oom_kill
	check "and the bottle goes on" as bottle exec stays -- true

	as bottle exec stays -- sh -c 'for i in $(seq 60); do sleep 20 & done; echo all' >"$home/out" 2>"$home/err"
	check "there is no forty-first process" grep -qi 'fork' "$home/err"
	check "by the scope's limit" counted stays pids.events max

	as bottle exec stays -- timeout 6 sh -c 'while :; do :; done & while :; do :; done' >"$home/out" 2>"$home/err"
	check "who takes more processor time waits" counted stays cpu.stat nr_throttled

	as bottle stop stays
	check "the scope is gone with the bottle" gone stays

	run short -- sh -c 'exit 7'
	check "the agent's status is the bottle's" status_is 7
	check "a short one's scope is gone, too" gone short

	journalctl -b -q --no-pager -u bottle-stays.scope | sed 's/^/# /'
	run big -- python3 -c 'x = bytearray(300 << 20)'
	check "an agent that takes more memory ends in 137" status_is 137
	check "its scope is gone" gone big

	run killed -d -- sleep 601
	kill -9 "$(pgrep -of -- '--name killed ')"
	check "after kill -9 the scope is gone" gone killed
	check "and nothing of it runs" sh -c '! pgrep -fx "sleep 601"'
	run again -- true
	check "the next one comes up" status_is 0
done
echo "1..$n"
