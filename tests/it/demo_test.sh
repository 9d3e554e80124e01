# What `make demo` runs once everything is built: ten tries, and a table that says how each came out.
. "${0%/*}/lib.sh"

case_ "ten of ten tries come out as the demo's table says"
tagged=
if [ "$IT_BACKEND" = docker ] && ! docker image inspect bottle-demo-agent >/dev/null 2>&1; then
	docker tag bottle-test-agent:latest bottle-demo-agent # the demo makes a smaller one, in a minute
	tagged=1
fi
cd "$top" || exit 1
LIMIT=120 run_ sh "$top/examples/demo/run.sh" "$BOTTLE" "$IT_WORK/demo" "$IT_BACKEND"
expect_status 0
expect_out "10 of 10 came out right"
expect_err "backend:         $IT_BACKEND "
[ -z "$tagged" ] || docker rmi bottle-demo-agent >/dev/null

case_ "a backend that is none is said, and nothing starts"

run_ sh "$top/examples/demo/run.sh" "$BOTTLE" "$IT_WORK/none" podman
expect_status 2
expect_err "want native or docker"

case_ "without a word it is bubblewrap where that makes a sandbox"
needs_ native "is asked for by name"
run_ sh "$top/examples/demo/run.sh" "$BOTTLE" "$IT_WORK/demo"
expect_status 0
expect_err "backend:         native "
done_
