# The world that the other tests stand on is what they believe it to be.
. "${0%/*}/lib.sh"
once_ "no bottle is started"

at() { echo "$1:443:$UP"; }

case_ "the upstream's good names verify against its root, and only against it"
run_ curl -sS --cacert "$UP_CA" --resolve "$(at api.good.test)" https://api.good.test/
expect_status 0
expect_out "hello from api.good.test"
run_ curl -sS --resolve "$(at api.good.test)" https://api.good.test/
expect_status 60

case_ "each bad name is bad"
for n in expired wrong self other; do
	run_ curl -sS --cacert "$UP_CA" --resolve "$(at $n.bad.test)" "https://$n.bad.test/"
	expect_status 60
done

case_ "what is posted is kept as it came, and each connection and request is counted"
before=$(up_requests)
open=$(up_connections)
run_ curl -sS --cacert "$UP_CA" --resolve "$(at api.good.test)" -d 'a b c' https://api.good.test/post
expect_out received
expect "one more request" [ "$(up_requests)" -eq $((before + 1)) ]
expect "at least one more connection" [ "$(up_connections)" -gt "$open" ]
body=$(tail -1 "$UP_LOG" | sed 's/.*body=//')
expect "the body is what was sent" [ "$(cat "$body")" = 'a b c' ]

case_ "the repository can be cloned"
run_ git -c http.sslCAInfo="$UP_CA" -c http.curloptResolve="git.good.test:443:$UP" clone -q https://git.good.test/app.git "$IT_WORK/app"
expect_status 0

case_ "the agent's images are there"
needs_ docker "there are no images"
run_ docker run --rm --network none bottle-test-user:latest id -un
expect_out agent

done_
