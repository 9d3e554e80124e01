#!/bin/sh
# docker.sh BUILD - launch to first exec, and teardown, against the same Engine calls alone (design §12).
set -eu
here=$(dirname "$0")
bottle=$(realpath "$1/bottle")
image=${BOTTLE_BENCH_IMAGE:-bottle-test-agent:latest}
host=${DOCKER_HOST:-unix:///var/run/docker.sock}
case $host in unix://*) ;; *) echo "   skipped: $host is no unix socket"; exit 0 ;; esac
[ -S "${host#unix://}" ] || { echo "   skipped: no Engine at $host"; exit 0; }
curl -fs --unix-socket "${host#unix://}" "http://d/images/$image/json" >/dev/null ||
	{ echo "   skipped: the Engine has no image $image (BOTTLE_BENCH_IMAGE)"; exit 0; }
python3 "$here/docker.py" "$bottle" "$image" "${host#unix://}" "${BOTTLE_BENCH_ROUNDS:-10}"
