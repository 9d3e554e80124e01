# Real clients through the gate, each by proxy variable and transparently: an exchange that is
# intercepted, a secret that is refused with a message, a host that is refused. None is told not to
# look, or which roots to trust: what the bottle's environment and stores say has to be enough.
. "${0%/*}/lib.sh"

here=$(cd "${0%/*}" && pwd)/clients
# A box has the Java of this host, which is all that it needs of its own.
java=$(command -v java || :) java_rules=
[ -z "$java" ] || java=$(readlink -f "$java")
[ "$IT_BACKEND$java" = docker ] || [ "$IT_BACKEND" = native ] || java_rules='
policy.rule("env", { id = "it/java", run = function() return { JAVA_HOME = "'"${java%/bin/java}"'" } end })
policy.rule("mounts", { id = "it/java", run = function(_, mounts)
  for path in ("'"$(ls -d /usr/lib/jvm /etc/java-*-openjdk 2>/dev/null | tr '\n' ' ')"'"):gmatch "%S+" do
    mounts:set(path, { type = "bind", source = path, read_only = true })
  end
end })'
site_ '
policy.rule("allowlist", { id = "it/peer", run = function() return { "grpc.good.test" } end })
policy.rule("resolve", { id = "it/peer", run = function() return { ["grpc.good.test"] = { "'"$UP_PEER"'" } } end })
policy.rule("ssrf", { id = "it/peer", run = function() return { "'"$UP_PEER"'/32" } end })' "$java_rules"
mkdir "$site/project/clients"
cp "$here"/* "$site/project/clients"
# What runs as bytes is compiled here, once: no box needs a compiler.
built=$IT_BUILD/clients
mkdir -p "$built"
# build_ SOURCE RESULT CMD…
build_() {
	[ ! -f "$built/$2" ] || [ -n "$(find "$here/$1" -newer "$built/$2")" ] || return 0
	source=$1
	shift 2
	command -v "$1" >/dev/null && GO111MODULE=off GOCACHE="$built/go" "$@" "$here/$source" || echo "# $source is not compiled"
}
build_ web.go web "$(command -v go || find /usr/lib/go-*/bin/go 2>/dev/null | tail -n 1)" build -o "$built/web"
build_ Web.java Web.class "$(command -v javac || echo ecj)" -proc:none -source 11 -target 11 -d "$built"
for file in "$built/web" "$built/Web.class" "${NODE24:-}"; do
	[ ! -f "$file" ] || cp "$file" "$site/project/clients"
done

chmod -R a+rX "$site"
node24=$(basename "${NODE24:-node24}")

mkfifo "$IT_WORK/hold"
/usr/bin/python3 "$here/peers.py" "$UP_DIR" "$UP_PEER" <"$IT_WORK/hold" >"$IT_WORK/peers" 2>"$IT_WORK/peers.err" &
exec 3>"$IT_WORK/hold"
wait_for 20 grep -q ready "$IT_WORK/peers" || cat "$IT_WORK/peers.err"

s=$(slug_ clients)
case_ "a bottle comes up in the background and says its name"
up_ "$s" root
status=$?
expect_status 0
expect_out "$s"
expect_err "bottle: mitm ca fingerprint: sha256:"

token=$(printf 'ghp_Zx9%s' KqW2vB7nM4tR8yU1pL5sD3fG6hJ0cAeTiOk)
at=$site/project/clients
no_proxy='env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY -u GRPC_PROXY -u grpc_proxy'

# go_ CLIENT WAY RUNS ANSWER CMD…: the client's three exchanges, by that way. RUNS is a command that
# succeeds in the bottle where the client is there, ANSWER what it says of one that is allowed.
go_() {
	client=$1 way=$2 runs=$3 answer=$4
	shift 4
	[ "$way" = proxy ] && said="by proxy variable" prefix= || { said=transparently prefix=$no_proxy; }
	case_ "$client, $said: an exchange, a secret that is refused, a host that is refused"
	sh_ "$s" "export NODE_PATH=/usr/share/nodejs; cd '$at' && { $runs || exit 77; } && $prefix $* $way '$token'"
	[ "$status" -ne 77 ] || skip_ "this box lacks it: $runs"
	grep -q "^ok: .*$answer" "$out" || bad "not answered"
	! grep -q '^issuer: ' "$out" || grep -q "^issuer: .*Bottle CA $s" "$out" || bad "another issuer"
	# Most show the answer's body, WebSocket the close frame's reason, gRPC its status.
	grep -qE '^secret: .*blocked: .* secret' "$out" || bad "the refusal is not shown"
	grep -qE '^other: .*[a-z]' "$out" && ! grep -qE '^other: .*hello' "$out" || bad "the other host is not refused"
	# It was opened, and came the way that is meant: by CONNECT, or to what the gate's resolver said.
	[ "$way" = proxy ] && asked='.method == "CONNECT"' || asked='.event == "dns"'
	wait_for 5 has_events "[.[] | select($its) | .id] as \$ids
		| any(.[]; .event == \"request\" and .verdict == \"allow\" and $its)
		and any(.[]; .verdict == \"block\" and .pattern == \"GitHub Token\" and IN(.id; \$ids[]))
		and any(.[]; .verdict == \"block\" and .host == \"$client.$way.evil.test\" and $asked)" ||
		bad "the events are others: $(events_ "$s" | grep -F -e "$client/$way" -e "$client.$way")"
}
its='((.path // "") | test("/(ws/)?" + $c + "[/.]" + $w))'
has_events() { events_ "$s" | jq -es --arg c "$client" --arg w "$way" "$1"; }
both_() {
	name=$1
	shift
	for w in proxy direct; do
		go_ "$name" $w "$@"
	done
}
hello='hello from api.good.test'

both_ curl-http1.1 true "$hello.*HTTP/1.1" sh tools.sh curl-http1.1
both_ curl-http2 true "$hello.*HTTP/2" sh tools.sh curl-http2
both_ openssl true "$hello" sh tools.sh openssl
both_ git true 'hello from the repository' sh tools.sh git
both_ urllib true "$hello" python3 web.py urllib
for name in requests websockets grpc; do
	both_ $name "python3 -c 'import $name'" "$hello" python3 web.py $name
done
both_ httpx "python3 -c 'import httpx, h2'" "HTTP/2 $hello" python3 web.py httpx
both_ https 'node -e "require(\"https-proxy-agent\")"' "$hello" node web.js https
go_ fetch direct 'node -e fetch' "$hello" node web.js fetch
both_ undici 'node -e "require(\"undici\")"' "$hello" node web.js undici
both_ ws 'node -e "require(\"ws\"); require(\"https-proxy-agent\")"' "$hello" node web.js ws
both_ fetch24 "test -x $node24" "$hello" "./$node24" web.js fetch24
both_ https24 "test -x $node24" "$hello" "./$node24" web.js https24
both_ java "test -x '$java' -a -f Web.class" "HTTP_2 200 $hello" "'$java'" -cp . Web
both_ go 'test -x web' "HTTP/2.0 200 $hello" ./web

rm -rf "$at"
case_ "curl speaks plain HTTP through the gate"
sh_ "$s" 'curl -sS http://api.good.test/'
expect_status 0
expect_out "hello from api.good.test"

case_ "a name under a wildcard is allowed, its apex is not"
sh_ "$s" 'curl -sS https://a.wild.test/'
expect_out "hello from a.wild.test"
sh_ "$s" 'curl -sS https://wild.test/'
expect_status 56

case_ "openssl verifies the leaf, which the bottle's own CA signed"
sh_ "$s" 'openssl s_client -proxy bottle-gate:8888 -connect api.good.test:443 -servername api.good.test -verify_return_error -brief </dev/null 2>&1'
expect_out "Verification: OK"
sh_ "$s" 'openssl s_client -proxy bottle-gate:8888 -connect api.good.test:443 -servername api.good.test </dev/null 2>/dev/null | openssl x509 -noout -issuer'
expect_out "Bottle CA $s"

case_ "a passthrough host shows its own certificate"
sh_ "$s" 'openssl s_client -proxy bottle-gate:8888 -connect pass.test:443 -servername pass.test </dev/null 2>/dev/null | openssl x509 -noout -issuer'
expect_out "Upstream Test Root"

case_ "the CA is where the contract says, in the bundle and in the hash folder (T14: without its key)"
sh_ "$s" "openssl verify -CAfile /etc/ssl/certs/ca-certificates.crt $ca_file"
expect_out OK
sh_ "$s" "openssl verify -no-CAfile -CApath /etc/ssl/certs $ca_file"
expect_out OK
[ "$IT_BACKEND" = docker ] && ours=/usr/local || ours=/usr/local/share/ca-certificates # else the host's own programs
sh_ "$s" "ours=$ours"'; grep -rl "PRIVATE KEY" /etc $ours /run /tmp /root /home 2>/dev/null | grep -v snakeoil; find / -xdev -name "*ca-key*" 2>/dev/null'
refuse_out key
refuse_out /

case_ "a certificate that is expired, of another name, self-signed or of an unknown root is 502 (T09)"
for n in expired wrong self other; do
	sh_ "$s" "curl -sS -o /tmp/o -w '%{http_code}' https://$n.bad.test/; cat /tmp/o"
	expect_out 502
done

exec 3>&-
down_ "$s"
case_ "stop leaves nothing"
expect_nothing_left "$s"
done_
