# A bottle without a daemon: what it reaches, what it cannot, and that nothing is left of it; as root
# and as an ordinary user. What it does as any other bottle is in the other files.
# shellcheck disable=SC2034
. "${0%/*}/lib.sh"
only_ native "this is about the other one"

probe=$(cat "${0%/*}/native_probe.py")
look=$(cat "${0%/*}/native_look.py")
. "${0%/*}/native_who.sh"

got() { grep -qxF -- "$1" "$out" || bad "probe: want '$1', have '$(grep -F -- "${1% *} " "$out" | head -1)'"; }

# The host as an attacker inside would like to find it.
listener_start() {
	python3 - "$IT_WORK/sock" "it-$IT_RUN" >"$IT_WORK/port" <<-'PY' &
	import os, socket, sys, time
	keep = []
	s = socket.socket(); s.bind(("0.0.0.0", 0)); s.listen(); keep.append(s)
	u = socket.socket(socket.AF_UNIX); u.bind(sys.argv[1]); u.listen(); keep.append(u)
	os.chmod(sys.argv[1], 0o777)
	a = socket.socket(socket.AF_UNIX); a.bind("\0" + sys.argv[2]); a.listen(); keep.append(a)
	d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); d.bind("\0" + sys.argv[2] + "-dgram"); keep.append(d)
	print(s.getsockname()[1], flush=True)
	time.sleep(600)
	PY
	listener=$!
	wait_for 5 test -s "$IT_WORK/port"
	port=$(cat "$IT_WORK/port")
}

site_
usable_
listener_start
trap 'kill $listener 2>/dev/null' EXIT

for each in root user; do
	site_
	as_$each
	runners

	case_ "[$each] an allowed host is reached intercepted by the proxy's variables and without them"
	nat "nx-$each" -- sh -c 'curl -sS https://api.good.test/; curl -sS http://api.good.test/
		curl -sS --noproxy "*" https://api.good.test/; curl -sS --noproxy "*" http://api.good.test/
		node -e "require(\"https\").get(\"https://api.good.test/\", r => r.pipe(process.stdout))"
		echo | openssl s_client -connect api.good.test:443 -servername api.good.test 2>/dev/null | grep -m1 issuer'
	expect_status 0
	[ "$(grep -c '^hello from api.good.test$' "$out")" -eq 5 ] || bad "not five answers"
	expect_out "Bottle CA nx-$each"

	case_ "[$each] what is not allowed is refused, by name and by address"
	nat "ny-$each" -- sh -c 'curl -sS https://evil.test/; curl -sS --noproxy "*" -m 3 https://evil.test/
		curl -sS --noproxy "*" -m 3 --connect-to ::127.0.0.1:443 https://evil.test/
		curl -sS -m 3 --noproxy "*" https://1.1.1.1/; exit 9'
	expect_status 9
	expect_err "CONNECT tunnel failed, response 403"
	expect_err "Could not resolve host: evil.test"
	refuse_out hello

	case_ "[$each] a secret does not leave, and stands in no log and no process list"
	key=ghp_$(printf '%036d' 7 | tr 0 k)
	nat "nz-$each" -d -- sh -c "printf '%s' 'token=$(echo "$key" | sed 's/ghp_/ghp@/')' | tr @ _ | curl -sS -d @- https://api.good.test/post; sleep 60"
	wait_for 5 sh -c '"$@" | grep -q body_dlp' sh "$who_" "$BOTTLE" logs "nz-$each" --format json || bad "no event body_dlp"
	run_ "$who_" "$BOTTLE" logs "nz-$each" --format json
	refuse_out "$key"
	expect "not in the upstream's log" sh -c "! grep -qF '$key' '$UP_LOG'"
	"$who_" "$BOTTLE" stop "nz-$each" >/dev/null 2>&1
	expect "nothing is left" nothing "nz-$each"

	case_ "[$each] nothing of the host answers, no privilege is to be had (N01, N02, N04, N05, N06, N07, N09, N19, T14, D17)"
	s3cret=value-$IT_RUN
	run_ "$nat_" "np-$each" -- python3 -c "$probe" "$UP" "$port" "$IT_WORK/sock" "it-$IT_RUN" "$s3cret"
	expect_status 0
	for t in tcp-public tcp-upstream udp-dns udp-quic dot tcp6 multicast6 broadcast link-local6; do
		got "$t ENETUNREACH"
	done
	got "host-port ECONNREFUSED"
	for t in raw packet vsock alg netlink-audit netlink-netfilter keyctl ptrace mount unshare-user setns reboot; do
		got "$t EPERM"
	done
	expect "no ping socket" grep -qE '^icmp E(ACCES|PERM)' "$out"
	for t in io_uring bpf userfaultfd clone3 perf; do got "$t ENOSYS"; done
	got "unix:/run/docker.sock ENOENT"
	got "unix:/run/dbus/system_bus_socket ENOENT"
	got "unix:$IT_WORK/sock ENOENT"
	got "abstract-stream ECONNREFUSED"
	got "abstract-dgram ECONNREFUSED"
	for t in setuid setgid; do refuse_out "$t ok"; done
	for t in sysrq core-pattern port-start write-usr write-etc write-root init-mem init-fd shadow ssh-keys sys disk; do
		refuse_out "$t ok"
	done
	for t in ip-route ip-addr unshare--Urn; do got "run:$t refused"; done
	for t in CapPrm CapEff CapBnd CapInh CapAmb; do got "$t 0000000000000000"; done
	got "proc-writable none"
	got "descriptors 0,1,2"
	for t in kmsg kcore kpageflags slabinfo vmallocinfo; do refuse_out "read-$t ok"; done
	for t in suid-file suid-chmod discipline; do got "$t EPERM"; done
	got "core 1"
	refuse_out "own-gate-port ok"
	got "Seccomp 2"
	got "NoNewPrivs 1"
	got "keys 0"
	got "environ-secret False"
	for t in memfd-exec ld-linux self-exe; do
		if [ "$each" = root ]; then got "$t 0"; else got "$t $uid"; fi
	done

	case_ "[$each] what a prober of sandboxes lists: namespaces, mounts, devices, sockets, /proc, environment, system calls"
	groups=
	[ "$each" = user ] || groups="setpriv --groups 4,27"
	# shellcheck disable=SC2086
	run_ $groups env IT_LEAK=1 SSH_AUTH_SOCK="$IT_WORK/sock" DOCKER_HOST=unix:///run/docker.sock LD_PRELOAD= DISPLAY=:0 \
		"$nat_" "nq-$each" -- python3 -c "$look"
	expect_status 0
	if [ "$each" = root ]; then got "ids 0 0 0 0"; else got "ids $uid $uid $uid $uid"; fi
	got "groups none" # of root, who may drop them; of an ordinary user they stay: see the guide
	for t in uid gid; do got "$t-map-size 1"; done
	got "setgroups deny"
	for t in cgroup ipc mnt net pid user uts; do refuse_out "$(readlink /proc/self/ns/$t)"; done
	expect "the cgroup is the root of its own" sh -c '! grep "^cgroup " "$1" | tr , "\n" | grep -v ":/\$"' sh "$out"
	got "hostname bottle"
	got "terminal no"
	expect "no mount can be written but its own and the project" [ "$(sed -n 's/^mounts-writable //p' "$out" | tr , '\n' |
		grep -vE "^(/dev(/(full|null|pts|random|tty|urandom|zero))?|/home/agent|/proc|/tmp|/var/tmp|$site/project(/\.(claude|git))?)$")" = '' ]
	for t in mounts-suid mounts-dev unix-names foreign-uids; do got "$t none"; done
	got "devices full,null,random,tty,urandom,zero"
	expect "no file system of the kernel's but proc and pts" sh -c '! sed -n "s/^mounts-kinds //p" "$1" | tr , "\n" |
		grep -xE "cgroup2?|sysfs|debugfs|tracefs|securityfs|bpf|configfs|efivarfs|fusectl|pstore|hugetlbfs|mqueue|binfmt_misc|nfsd"' sh "$out"
	got "families 1,2,10,16"
	got "proc-told none"
	got "listen-tcp 53,80,443,8888"
	# Some kernels put tunnels into every namespace; none of them is up, or can be.
	expect "no interface but lo and idle tunnels" [ "$(sed -n 's/^interfaces //p' "$out" | tr , '\n' |
		grep -vE '^(tunl0|sit0|ip6tnl0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0|ip6gre0)$')" = lo ]
	for t in routes neighbours keys timers; do got "$t 0"; done
	got "processes 2"
	got "kallsyms zero"
	got "limit-core 1"
	expect "nothing of the host's is there" sh -c '! grep "^there:.* yes" "$1"' sh "$out"
	expect "nothing of the operator's environment" sh -c '! grep "^env:.* yes" "$1"' sh "$out"
	expect "no device node can be made" sh -c '! grep "^mknod:" "$1" | grep -v " EPERM$"' sh "$out"
	expect "no system call but is refused" sh -c '[ "$(grep -cE "^call:.* (EPERM|ENOSYS)$" "$1")" -eq "$(grep -c ^call: "$1")" ] && grep -q ^call:chroot "$1"' sh "$out"

	case_ "[$each] the host's Java trusts the bottle's CA"
	if command -v keytool >/dev/null; then
		nat "nj-$each" -- keytool -list -cacerts -storepass changeit
		expect_status 0
		mark=$(sed -n 's/^bottle: mitm ca fingerprint: sha256://p' "$err" | tr a-f A-F | sed 's/../&:/g; s/:$//')
		expect_out "${mark:-no fingerprint was said}"
	else
		skip_ "no Java here"
	fi

	case_ "[$each] files through which code would run outside later cannot be written, there or not (N16, N17)"
	mkdir -p "$site/project/.git/hooks"
	printf '[core]\n' >"$site/project/.git/config"
	[ "$each" = root ] || chown -R $uid "$site/project"
	nat "ng-$each" -- sh -c 'for f in .git/hooks/pre-commit .git/config .git/commondir .git/config.worktree .envrc .mcp.json .claude/settings.json .vscode/tasks.json .gitmodules; do
			(echo x >$f) 2>/dev/null && echo "wrote $f"; done
		mv .git .git2 2>/dev/null && echo moved; rm -f .envrc 2>/dev/null && echo removed; echo ok >mine; git init -q sub && echo done'
	expect_out "done"
	refuse_out wrote
	refuse_out moved
	refuse_out removed
	expect "the project's own files are written through" [ "$(cat "$site/project/mine")" = ok ]
	rm -rf "$site/project/mine" "$site/project/sub" "$site/project/.git"
	expect "no litter" nothing "ng-$each"

	case_ "[$each] the proxy does not go to itself, by its names, its addresses or the host's (N11)"
	nat "nl-$each" -- sh -c 'for at in bottle-gate:8888 127.0.0.1:8888 localhost:8888 "[::1]:8888" 0.0.0.0:8888; do
			curl -sS -m 3 -o /dev/null -w "$at %{http_code}\n" --proxy http://127.0.0.1:8888 --noproxy "" "http://$at/" 2>&1
			curl -sS -m 3 -o /dev/null -w "$at connect %{http_connect}\n" --proxytunnel --proxy http://127.0.0.1:8888 --noproxy "" "http://$at/" 2>/dev/null
		done; true'
	expect_status 0
	expect "all are refused" [ "$(grep -cE ' (403|400)$' "$out")" -eq 10 ]

	case_ "[$each] a mount whose source was swapped while the operator read the plan ends the run (N15)"
	mkdir -p "$site/project/data" "$site/project/other"
	[ "$each" = root ] || chown -R $uid "$site/project"
	cat "$site/policy.lua" - >"$site/mounts.lua" <<-LUA
	require "policy".rule("mounts", { id = "data", run = function(_, mounts)
	  mounts:set("/data", { type = "bind", source = "$site/project/data", read_only = true })
	end })
	LUA
	sed 's/ run -y / run /; s/policy.lua/mounts.lua/' "$nat_" >"$IT_WORK/asked"
	chmod 755 "$IT_WORK/asked" && chmod 644 "$site/mounts.lua"
	swapped() {
		python3 - "$site/project" "$1" "$IT_WORK/asked" "nw-$each" -- sh -c 'echo agent $((40+2))' <<-'PY'
		import os, pty, sys
		top, swap = sys.argv[1:3]
		pid, fd = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[3], sys.argv[3:])
		said = b""
		def read():
		    try:
		        return os.read(fd, 4096)
		    except OSError:
		        return b""
		while b"[y/N]" not in said:
		    more = read()
		    if not more:
		        break
		    said += more
		if swap == "yes":
		    os.rename(top + "/data", top + "/data.was")
		    os.symlink(top + "/other", top + "/data")
		os.write(fd, b"y\n")
		while (more := read()):
		    said += more
		sys.stdout.write(said.decode())
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
		PY
	}
	run_ true
	swapped no >"$out" 2>"$err" || status=$?
	expect_status 0
	expect_out "agent 42"
	status=0
	swapped yes >"$out" 2>"$err" || status=$?
	expect_status 125
	expect_out "something else was put in its place"
	refuse_out "agent 42"
	rm -rf "$site/project/data" "$site/project/data.was" "$site/project/other"

	case_ "[$each] the status is the agent's; 126 and 127 for what cannot run"
	nat "ns-$each" -- sh -c 'exit 7'
	expect_status 7
	nat "ns-$each" -- no-such-program
	expect_status 127
	nat "ns-$each" -- /etc/passwd
	expect_status 126
	feed_ "$nat_" "ns-$each" -- sh <<-SH
	echo fed; exit 3
	SH
	expect_status 3
	expect_out fed
	nat "ns-$each" -- sh -c 'kill -9 $$'
	expect_status 137

	case_ "[$each] a detached one is listed, joined and stopped; its name is taken once"
	nat "nd-$each" -d -- sh -c 'export X=1; cd /tmp; sleep 600'
	expect_out "nd-$each"
	run_ "$who_" "$BOTTLE" list --format json
	expect "it is listed" jq -e --arg s "nd-$each" '.[] | select(.slug == $s and .backend == "native")' "$out"
	run_ "$who_" "$BOTTLE" exec "nd-$each" -- sh -c 'echo $BOTTLE_AGENT $(pwd); exit 5'
	expect_status 5
	expect_out "root $site/project"
	run_ "$who_" "$BOTTLE" doctor "nd-$each"
	for name in curl node openssl python3; do
		expect_out "trust: $name trusts the bottle's CA"
	done
	run_ "$who_" "$BOTTLE" doctor "nd-$each" --format json
	expect "the same in JSON" jq -e '.trust[] | select(.runtime == "curl" and .verdict == "trusts")' "$out"
	nat "nd-$each" -- true
	expect_status 125
	expect_err "a bottle named nd-$each runs already"
	run_ "$who_" "$BOTTLE" stop "nd-$each"
	expect_status 0
	expect "nothing is left" nothing "nd-$each"

	case_ "[$each] one bottle's CA is not trusted in another, and neither reaches the other's gate (T15, N08)"
	nat "na-$each" -d -- sleep 600
	run_ "$who_" "$BOTTLE" exec "na-$each" -- cat /etc/ssl/certs/claude-bottle-mitm.crt
	mkdir -p "$site/project/ca"
	cp "$out" "$site/project/ca/a.pem"
	nat "nb-$each" -- sh -c 'curl -sS --cacert ca/a.pem --capath /nonexistent https://api.good.test/ -o /dev/null; echo "exit $?"; grep -c @bottle/ /proc/net/unix'
	expect_out "exit 60"
	expect "no name of another bottle is seen" [ "$(tail -1 "$out")" = 0 ]
	rm -rf "$site/project/ca"
	"$who_" "$BOTTLE" stop "na-$each" >/dev/null 2>&1

	case_ "[$each] kill -9 at twenty moments leaves neither process, mount, socket nor file (N20)"
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		off && break
		"$nat_" "nk-$each" -- sh -c '(setsid sleep 600 &); setsid sleep 600 & sleep 600' >/dev/null 2>&1 </dev/null &
		pid=$! # the runners exec: this is bottle itself
		sleep "0.$(printf '%03d' $((n * n / 2 + n * 3)))"
		kill -9 $pid || :
		wait $pid || :
		wait_for 6 nothing "nk-$each" || { bad "after try $n: $(left "nk-$each" | tr '\n' ' ')"; break; }
	done
	expect "no mount of it" sh -c "! grep -q 'nk-$each' /proc/*/mountinfo 2>/dev/null"

	case_ "[$each] an interrupt ends it with 130, a termination with 143, and nothing is left"
	for s in INT:130 TERM:143; do
		off && break
		"$nat_" "ni-$each" -- sleep 600 >/dev/null 2>&1 </dev/null &
		pid=$! rc=0
		wait_for 5 grep -qa "@bottle/[0-9]*/ni-$each\$" /proc/net/unix || bad "it did not come up"
		kill "-${s%:*}" $pid
		wait $pid || rc=$?
		[ "$rc" = "${s#*:}" ] || bad "$s: $rc"
		expect "nothing is left" nothing "ni-$each"
	done
done

as_root
runners
case_ "an agent that npm put into a home is found with all that belongs to it, and the home is not"
npm=$IT_WORK/npm
mkdir -p "$npm/bin" "$npm/lib/node_modules/@it/tool/bin" "$npm/lib/node_modules/@it/part"
ln -sf ../lib/node_modules/@it/tool/bin/tool.js "$npm/bin/it-tool"
ln -sf "$(command -v node)" "$npm/bin/node"
printf '#!/usr/bin/env node\nrequire("../../part/part.js");\n' >"$npm/lib/node_modules/@it/tool/bin/tool.js"
echo 'console.log("whole", require("fs").readdirSync(process.argv[2]).join());' >"$npm/lib/node_modules/@it/part/part.js"
echo secret >"$npm/other"
chmod 755 "$npm/lib/node_modules/@it/tool/bin/tool.js"
run_ env PATH="$npm/bin:$PATH" "$nat_" nh-root -- it-tool "$npm"
expect_status 0
expect_out "whole bin,lib"
refuse_out other
run_ env PATH="$npm/bin:$PATH" "$nat_" nh-root -- sh -c "echo x >$npm/bin/x"
expect "it cannot be written" [ "$status" -ne 0 ]

case_ "without an engine list shows the native ones, which may be none; an engine that was named is missed"
if [ -S /var/run/docker.sock ]; then
	skip_ "an engine answers at /var/run/docker.sock"
else
	run_ env -u DOCKER_HOST "$BOTTLE" list --format json
	expect_status 0
	expect "a list" jq -e 'type == "array"' "$out"
	# As a user who has no bottle: of root's, another file of tests may have some now.
	run_ setpriv --reuid 64124 --regid 64124 --clear-groups env DOCKER_HOST=unix:///nonexistent.sock "$BOTTLE" list
	expect_status 125
	expect_err "/nonexistent.sock"
fi

case_ "on a terminal the agent has one of its own, sized like ours, and Ctrl-C is its own"
if command -v tmux >/dev/null; then
	t="tmux -L it-$IT_RUN -f /dev/null"
	$t new-session -d -x 90 -y 25 "cd '$site/project' && '$BOTTLE' run -y -m '$site/bottle.json' --name nt-root '$site/policy.lua' root -- sh; echo \"status \$?\"; sleep 60"
	sees() { $t capture-pane -p | grep -q "$1"; }
	wait_for 5 sees '^[#$]' || bad "no prompt"
	$t send-keys 'tty; stty size' Enter
	wait_for 5 sees '/dev/pts/0' || bad "no terminal of its own"
	wait_for 5 sees '25 90' || bad "another size"
	$t send-keys 'sleep 100' Enter
	sleep 0.3
	$t send-keys C-c
	$t send-keys 'echo still $((40+2)); exit 6' Enter
	wait_for 5 sees 'still 42' || bad "Ctrl-C was not the agent's"
	wait_for 5 sees 'status 6' || bad "no status: $($t capture-pane -p | tail -5)"
	$t kill-server 2>/dev/null
else
	skip_ "no tmux"
fi

done_
