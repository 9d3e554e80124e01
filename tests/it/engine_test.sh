# The Engine client on a real engine: bottle.docker from Lua, see engine_test.lua.
# shellcheck disable=SC2154
# shellcheck source=tests/it/lib.sh
. "${0%/*}/lib.sh"
only_ docker "no Engine is asked"

case_ "the engine client keeps what its annotations promise"
run_ "$BOTTLE" test "$top/tests/it/engine_test.lua"
grep -q '^not ok' "$out" && cat "$out" >&2
expect_status 0
expect_out " 0 failed"

case_ "the gate's image is made from the binary, kept, listed, and starts"
run_ "$BOTTLE" image build
expect_status 0
name=$(cat "$out")
run_ "$BOTTLE" image ls --format json
expect_out "\"$name\""
run_ docker run --rm --network none --read-only --cap-drop ALL "$name" completion bash
expect_status 0

case_ "doctor says which engine it is, by the engine's own word"
kind=Docker
docker version -f '{{json .Server.Components}}' | grep -q 'Podman Engine' && kind=Podman
run_ "$BOTTLE" doctor
expect_status 0
expect_out "$kind $(docker version -f '{{.Server.Version}}')"

done_
