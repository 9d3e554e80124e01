# podman.sh - a Podman service for the tests that sees nothing of this host's engines and is seen by
# none: Podman has one set of names, locks, bridges and packet filter rules a host, and another
# engine's filter (Docker's FORWARD DROP) drops what goes over Podman's bridges.
# Sourced by run.
# shellcheck shell=sh disable=SC2034,SC3045

# podman_world RUN ARG…: the same again in namespaces of its own, from which no process gets away:
# what is left in them ends with them.
podman_world() {
	[ "$(id -u)" -eq 0 ] || { echo "it: a private Podman needs root" >&2; exit 1; }
	command -v podman >/dev/null || { echo "it: no podman (sh .ci/deps podman)" >&2; exit 1; }
	IT_WORLD=its-own setpriv --pdeathsig KILL unshare --net --mount --propagation private --pid --fork \
		--kill-child --mount-proc catatonit -- sh "$@" &
	world=$! rc=0
	# unshare itself is deaf while it waits.
	trap 'pkill -TERM -P $world' INT TERM HUP
	wait $world || rc=$?
	while kill -0 $world 2>/dev/null; do
		rc=0
		wait $world || rc=$?
	done
	exit $rc
}

# A container of Podman's that names one limit gets 1048576 open files and processes, whatever the
# service itself has. Where it may not give that, the OCI runtime is told of neither.
podman_runtime() {
	runtime=$(command -v crun || command -v runc) || { echo "it: no crun and no runc" >&2; exit 1; }
	(ulimit -Hn 1048576) 2>/dev/null && return
	mkdir "$engine_exec/bin"
	cat >"$engine_exec/bin/${runtime##*/}" <<-SH
	#!/bin/sh
	before=
	for a in "\$@"; do
		case \$before in
		--bundle | -b) config=\$a/config.json ;;
		--process | -p) config=\$a ;;
		esac
		before=\$a
	done
	[ -z "\${config:-}" ] || {
		jq -c 'del(.rlimits[]?, .process.rlimits[]? |
			select(.type == "RLIMIT_NOFILE" or .type == "RLIMIT_NPROC"))' "\$config" >"\$config.it" &&
			cat "\$config.it" >"\$config"
	}
	exec $runtime "\$@"
	SH
	runtime=$engine_exec/bin/${runtime##*/}
	chmod 755 "$runtime"
}

# podman_serve SOCKET: begins it; its images are kept under build/it. Sets engine_pid.
podman_serve() {
	store=$IT_BUILD/podman
	engine_log=$store/log
	mkdir -p "$store"
	exec 9>"$store/lock"
	flock -n 9 || { echo "it: another run has $store" >&2; exit 1; }
	ip link set lo up
	# As a host has it: an address that is not lo's.
	ip link add host0 type bridge
	ip addr add 198.18.54.1/24 dev host0
	ip link set host0 up
	# Locks, leases and sockets that Podman and its helpers keep outside of any folder it is given.
	mount -t tmpfs tmpfs /run
	mount -t tmpfs tmpfs /dev/shm
	podman_runtime
	cat >"$engine_exec/conf" <<-CONF
	[containers]
	log_driver = "k8s-file"
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	runtime = "${runtime##*/}"
	[engine.runtimes]
	${runtime##*/} = ["$runtime"]
	[network]
	network_backend = "netavark"
	network_config_dir = "$engine_exec/net"
	CONF
	export CONTAINERS_CONF="$engine_exec/conf"
	socket=$1
	set -- podman --root "$store/root" --runroot /run/podman.it --tmpdir /run/libpod.it
	"$@" rm --all --force --time 0 >/dev/null # of a run that was killed
	"$@" system service --time 0 "unix://$socket" >"$engine_log" 2>&1 9>&- &
	engine_pid=$!
}
