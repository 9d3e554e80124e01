# Secrets: what leaves is looked through, and what is refused never reaches the upstream.
. "${0%/*}/lib.sh"

# Never whole in this file: a scanner of repositories would rightly complain.
ghp="ghp_$(printf 'Zx9%s' 'KqW2vB7nM4tR8yU1pL5sD3fG6hJ0cAeTiOk')"
export ghp
site_ ''
s=$(slug_ dlp)
up_ "$s" root || echo "# the bottle did not come up: $(cat "$err")"

case_ "a GitHub token posted by HTTPS is 403 and the upstream sees no byte"
before=$(up_requests)
sh_ "$s" "curl -sS -w '\n%{http_code}\n' -d 'key=$ghp' https://api.good.test/post"
expect_out 403
expect_out "blocked: request body contains secret: GitHub Token"
expect "no request upstream" [ "$(up_requests)" -eq "$before" ]
expect_event "$s" '.scanner == "body_dlp" and .verdict == "block"'

case_ "the same by plain HTTP"
before=$(up_requests)
sh_ "$s" "curl -sS -w '\n%{http_code}\n' -d 'key=$ghp' http://api.good.test/post"
expect_out 403
expect_out "blocked: request body contains secret: GitHub Token"
expect "no request upstream" [ "$(up_requests)" -eq "$before" ]

case_ "a token in a header, in the path and in the query is refused"
before=$(up_requests)
sh_ "$s" "curl -sS -o /dev/null -w '%{http_code} ' -H 'Authorization: Bearer $ghp' https://api.good.test/; curl -sS -o /dev/null -w '%{http_code} ' 'https://api.good.test/$ghp'; curl -sS -o /dev/null -w '%{http_code} ' 'https://api.good.test/?q=$ghp'"
expect_out "403 403 403"
expect "no request upstream" [ "$(up_requests)" -eq "$before" ]

case_ "a token in base64 in a JSON value, and in a gzip body, is refused"
before=$(up_requests)
sh_ "$s" "b=\$(printf %s '$ghp' | base64 -w0); curl -sS -o /dev/null -w '%{http_code} ' -H 'Content-Type: application/json' -d '{\"d\":\"'\$b'\"}' https://api.good.test/post; printf 'key=%s' '$ghp' | gzip -c | curl -sS -o /dev/null -w '%{http_code} ' -H 'Content-Encoding: gzip' --data-binary @- https://api.good.test/post"
expect_out "403 403"
expect "no request upstream" [ "$(up_requests)" -eq "$before" ]

case_ "what looks like a secret and is none goes through (D15)"
sh_ "$s" "curl -sS -w ' %{http_code}\n' -d 'sha=da39a3ee5e6b4b0d3255bfef95601890afd80709&id=123e4567-e89b-12d3-a456-426614174000' https://api.good.test/post"
expect_out "200"

case_ "a clean body arrives as it was sent"
sh_ "$s" "head -c 100000 /dev/zero | tr '\0' 'a' >/tmp/b; curl -sS -w ' %{http_code}\n' --data-binary @/tmp/b https://api.good.test/post"
expect_out 200
body=$(grep 'POST /post' "$UP_LOG" | tail -1 | sed 's/.*body=//')
expect "100000 bytes upstream" [ "$(wc -c <"$body")" -eq 100000 ]

case_ "the secret stands in no log, no argument and no environment of bottle or gate, nor can they dump core (D17)"
run_ "$BOTTLE" logs "$s" --format json
refuse_out "$ghp"
refuse_err "$ghp"
if [ "$IT_BACKEND" = docker ]; then
	run_ docker logs "bottle-gate-$s"
	refuse_out "$ghp"
	refuse_err "$ghp"
fi
pid=$(gate_pid "$s" 2>/dev/null || echo 1)
run_ sh -c "tr '\0' '\n' </proc/$pid/environ; tr '\0' '\n' </proc/$pid/cmdline; cat /proc/$pid/limits"
expect_out "Max core file size        0                    0"
refuse_out "$ghp"
run_ grep -rl "$ghp" "$XDG_STATE_HOME"
refuse_out /

down_ "$s"

case_ "with dlp_action warn it goes through unchanged and one warning is logged"
manifest_ '{"egress":{"allowlist":["api.good.test"],"dlp_action":"warn"}}'
s=$(slug_ warn)
off || up_ "$s" root
sh_ "$s" "curl -sS -w '%{http_code}\n' -d 'key=$ghp' https://api.good.test/post"
expect_out 200
body=$(grep 'POST /post' "$UP_LOG" | tail -1 | sed 's/.*body=//')
expect "the body byte by byte" [ "$(cat "$body")" = "key=$ghp" ]
expect_event "$s" '.pattern == "GitHub Token" and .verdict == "warn"'
# shellcheck disable=SC2016
run_ sh -c '"$BOTTLE" logs "$0" --format json | jq -c "select(.verdict == \"warn\")" | wc -l' "$s"
expect_out 1
off || down_ "$s"
expect_nothing_left "$s"
done_
