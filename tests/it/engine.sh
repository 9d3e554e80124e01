# engine.sh - an engine for the tests: the one given, or a private one under build/it.
# Sourced by run, with $engine (docker or podman). Sets DOCKER_HOST.
# shellcheck shell=sh

engine_pid=
engine_exec=

engine_start() {
	unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH
	if [ -n "${BOTTLE_TEST_DOCKER:-}" ]; then
		export DOCKER_HOST="$BOTTLE_TEST_DOCKER"
		docker version >/dev/null || { echo "it: no engine answers at $DOCKER_HOST" >&2; exit 1; }
		return
	fi
	# The sockets' paths must be short; the data may be big, and its images are worth keeping.
	engine_exec=$IT_DIR/x
	DOCKER_HOST=unix://$engine_exec/s
	export DOCKER_HOST
	mkdir -p "$engine_exec"
	case $engine in
	docker) dockerd_serve ;;
	podman) podman_serve "$engine_exec/s" ;;
	*) echo "it: BOTTLE_TEST_ENGINE=$engine is not one of docker and podman" >&2; exit 1 ;;
	esac
	n=0
	until docker version >/dev/null 2>&1; do
		n=$((n + 1))
		if [ $n -gt 300 ] || ! kill -0 "$engine_pid" 2>/dev/null; then
			echo "it: $engine did not start:" >&2
			tail -5 "$engine_log" >&2
			exit 1
		fi
		sleep 0.1
	done
}

dockerd_serve() {
	[ "$(id -u)" -eq 0 ] || { echo "it: a private dockerd needs root; or set BOTTLE_TEST_DOCKER" >&2; exit 1; }
	command -v dockerd >/dev/null || { echo "it: no dockerd (apt-get install docker.io)" >&2; exit 1; }
	mkdir -p "$IT_BUILD/engine"
	engine_log=$IT_BUILD/engine/log
	# With --bridge=none dockerd deletes docker0, and it may be that of another engine here.
	bridge=--bridge=none
	[ -e /sys/class/net/docker0 ] && bridge=--bridge=docker0
	dockerd --data-root "$IT_BUILD/engine/data" --exec-root "$engine_exec/e" --host "$DOCKER_HOST" \
		--pidfile "$engine_exec/pid" "$bridge" >"$engine_log" 2>&1 &
	engine_pid=$!
}

engine_stop() {
	[ -n "$engine_pid" ] || return 0
	kill "$engine_pid" 2>/dev/null || :
	wait "$engine_pid" 2>/dev/null || :
	engine_pid=
}

# The agent's root filesystem: what real agents need, made offline from the distribution's mirror.
rootfs_make() {
	tar=${BOTTLE_TEST_ROOTFS:-$IT_BUILD/agent.tar}
	[ -f "$tar" ] && return
	echo "# making the agent's root filesystem (once)"
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
	mmdebstrap --quiet --format=tar --variant=essential --include=ca-certificates,curl,git,nodejs,python3-requests,openssh-client,openssl,procps,iproute2,python3-httpx,python3-h2,python3-websockets,python3-grpcio,node-ws,node-undici,node-https-proxy-agent \
		"$suite" "$tar.part" >"$IT_BUILD/mmdebstrap.log" 2>&1 ||
		{ echo "it: mmdebstrap failed:" >&2; tail -5 "$IT_BUILD/mmdebstrap.log" >&2; exit 1; }
	mv "$tar.part" "$tar"
}

# bottle-test-agent: the agent as root. bottle-test-user: the same with an ordinary user.
engine_images() {
	if ! docker image inspect bottle-test-agent:latest >/dev/null 2>&1; then
		rootfs_make
		docker import "$tar" bottle-test-agent:latest >/dev/null
	fi
	docker image inspect bottle-test-user:latest >/dev/null 2>&1 && return
	docker run --network none --name "bottle-test-user-$IT_RUN" bottle-test-agent:latest \
		useradd --create-home --shell /bin/bash agent
	# Not commit: Podman 4.3 wants a body from it that the docker CLI does not send.
	docker export "bottle-test-user-$IT_RUN" | docker import --change 'USER agent' \
		--change 'WORKDIR /home/agent' - bottle-test-user:latest >/dev/null
	docker rm "bottle-test-user-$IT_RUN" >/dev/null
}
