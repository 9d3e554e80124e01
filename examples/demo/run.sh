#!/bin/sh
# run.sh BOTTLE DIR [native|docker] - ten tries from inside a bottle, and a table of what came of them.
# Without a backend: native where bubblewrap can make a sandbox, else docker.
# Exit 0 only when all ten came out as expected and nothing secret reached the service.
set -eu
bottle=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
mkdir -p "$2"
dir=$(realpath "$2")
backend=${3:-}
stop() {
	[ -z "${upstream:-}" ] || kill "$upstream" 2>/dev/null || true
	[ "$backend" != docker ] || sh "$here/engine.sh" stop "$dir/engine" || true
}
trap stop EXIT
trap 'exit 130' INT TERM

case $backend in
native | docker) ;;
'')
	backend=native
	if ! bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev true 2>"$dir/bwrap.log"; then
		echo "demo: bubblewrap makes no sandbox here ($(tail -n 1 "$dir/bwrap.log")): taking Docker" >&2
		backend=docker
		sh "$here/../../.ci/deps" demo-docker
	fi
	;;
*) echo "demo: BACKEND=$backend: want native or docker" >&2; exit 2 ;;
esac

# An address of this host, where the service listens. The gate reaches it; the agent must not.
if [ "$backend" = docker ]; then
	DOCKER_HOST=$(sh "$here/engine.sh" start "$dir/engine")
	export DOCKER_HOST
	sh "$here/image.sh" bottle-demo-agent "$dir"
	# One that a container can reach, with nothing to set up.
	BOTTLE_DEMO_ADDRESS=$(docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}' 2>/dev/null || true)
	# Podman's is not there before its first container is.
	ip -4 -o addr show 2>/dev/null | grep -qF " $BOTTLE_DEMO_ADDRESS/" || BOTTLE_DEMO_ADDRESS=
	[ -n "$BOTTLE_DEMO_ADDRESS" ] || BOTTLE_DEMO_ADDRESS=$(ip -4 -o addr show docker0 2>/dev/null | awk '{ sub("/.*", "", $4); print $4 }')
else
	BOTTLE_DEMO_ADDRESS=
fi
[ -n "$BOTTLE_DEMO_ADDRESS" ] || BOTTLE_DEMO_ADDRESS=$(hostname -I 2>/dev/null | tr ' ' '\n' | grep -m 1 '\.' || echo 127.0.0.1)
BOTTLE_DEMO_ROOTS=$dir/ca.pem
export BOTTLE_DEMO_ADDRESS BOTTLE_DEMO_ROOTS
if ! openssl x509 -checkend 86400 -noout -in "$dir/ca.pem" >/dev/null 2>&1; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=api.demo.test \
		-addext subjectAltName=DNS:api.demo.test -keyout "$dir/key.pem" -out "$dir/ca.pem" 2>/dev/null
fi
: >"$dir/seen"
rm -f "$dir/port"
mkfifo "$dir/port"
python3 "$here/upstream.py" "$BOTTLE_DEMO_ADDRESS" 8443 "$dir/ca.pem" "$dir/key.pem" "$dir/seen" >"$dir/port" &
upstream=$!
read -r BOTTLE_DEMO_PORT <"$dir/port" || { echo "demo: the service did not start on $BOTTLE_DEMO_ADDRESS" >&2; exit 1; }
export BOTTLE_DEMO_PORT

"$bottle" run "$here/policy.lua" demo -m "$here/bottle.json" --backend "$backend" --cwd none -y <"$here/tries.sh" >"$dir/tries.tsv"

status=0
python3 "$here/table.py" "$here/expected.tsv" "$dir/tries.tsv" || status=1
if grep -q ghp_ "$dir/seen"; then
	echo "the service saw the token" >&2
	status=1
fi
exit $status
