#!/bin/sh
# engine.sh start|stop DIR - the engine that answers here, or a private one under DIR.
# start prints the DOCKER_HOST to use; stop ends the private one, by its pid.
set -eu
dir=$2
case $1 in
start)
	if docker version >/dev/null 2>&1; then
		docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || echo unix:///var/run/docker.sock
		exit 0
	fi
	sock=$dir/docker.sock
	if ! [ -S "$sock" ] || ! docker -H "unix://$sock" version >/dev/null 2>&1; then
		[ "$(id -u)" -eq 0 ] || { echo "demo: no Docker Engine answers; start one, or run make demo as root" >&2; exit 1; }
		mkdir -p "$dir"
		setsid dockerd --data-root "$dir/data" --exec-root "$dir/exec" -H "unix://$sock" \
			--pidfile "$dir/dockerd.pid" >"$dir/dockerd.log" 2>&1 </dev/null &
		n=0
		until docker -H "unix://$sock" version >/dev/null 2>&1; do
			n=$((n + 1))
			[ $n -lt 100 ] || { echo "demo: dockerd did not start:" >&2; tail -n 3 "$dir/dockerd.log" >&2; exit 1; }
			sleep 0.2
		done
	fi
	echo "unix://$sock"
	;;
stop)
	[ -f "$dir/dockerd.pid" ] || exit 0
	pid=$(cat "$dir/dockerd.pid")
	kill "$pid" 2>/dev/null || exit 0
	while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
	;;
esac
