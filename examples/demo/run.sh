#!/bin/sh
# run.sh BOTTLE DIR - ten tries from inside a bottle, and a table of what came of them.
# Exit 0 only when all ten came out as expected and nothing secret reached the service.
set -eu
bottle=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
mkdir -p "$2"
dir=$(realpath "$2")
stop() {
	[ -z "${upstream:-}" ] || kill "$upstream" 2>/dev/null || true
	sh "$here/engine.sh" stop "$dir/engine" || true
}
trap stop EXIT
trap 'exit 130' INT TERM

DOCKER_HOST=$(sh "$here/engine.sh" start "$dir/engine")
export DOCKER_HOST
sh "$here/image.sh" bottle-demo-agent "$dir"

# An address of this host that a container can reach, with nothing to set up.
BOTTLE_DEMO_ADDRESS=$(docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}' 2>/dev/null || true)
[ -n "$BOTTLE_DEMO_ADDRESS" ] || BOTTLE_DEMO_ADDRESS=$(ip -4 -o addr show docker0 2>/dev/null | awk '{ sub("/.*", "", $4); print $4 }')
[ -n "$BOTTLE_DEMO_ADDRESS" ] || BOTTLE_DEMO_ADDRESS=$(hostname -I | cut -d' ' -f1)
BOTTLE_DEMO_ROOTS=$dir/ca.pem
export BOTTLE_DEMO_ADDRESS BOTTLE_DEMO_ROOTS
if ! openssl x509 -checkend 86400 -noout -in "$dir/ca.pem" >/dev/null 2>&1; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=api.demo.test \
		-addext subjectAltName=DNS:api.demo.test -keyout "$dir/key.pem" -out "$dir/ca.pem" 2>/dev/null
fi
: >"$dir/seen"
python3 "$here/upstream.py" "$BOTTLE_DEMO_ADDRESS" 8443 "$dir/ca.pem" "$dir/key.pem" "$dir/seen" &
upstream=$!

"$bottle" run "$here/policy.lua" demo -m "$here/bottle.json" --backend docker --cwd none -y <"$here/tries.sh" >"$dir/tries.tsv"

status=0
python3 "$here/table.py" "$here/expected.tsv" "$dir/tries.tsv" || status=1
if grep -q ghp_ "$dir/seen"; then
	echo "the service saw the token" >&2
	status=1
fi
exit $status
