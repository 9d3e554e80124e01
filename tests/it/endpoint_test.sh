# Where the engine is: DOCKER_HOST by unix, tcp, tcp with TLS; the docker CLI's contexts.
# shellcheck disable=SC2034
. "${0%/*}/lib.sh"
only_ docker "no Engine is asked"

site_ ''
socket=${DOCKER_HOST#unix://}
tls=$IT_WORK/tls
mkdir -p "$tls"
(
	cd "$tls" || exit 1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=engine-ca \
		-keyout ca-key.pem -out ca.pem
	for n in server client; do
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$n" -keyout $n-key.pem -out $n.csr
		echo 'subjectAltName=IP:127.0.0.1' >san
		openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile san -out $n.pem
	done
	mv client.pem cert.pem
	mv client-key.pem key.pem
) >"$IT_WORK/tls.log" 2>&1

# front_ [plain]: the engine's socket by TCP, at $port, until the end.
fronts=
front_() {
	: >"$IT_WORK/port"
	python3 "${0%/*}/tlsfront.py" "$socket" "$tls" "$@" >"$IT_WORK/port" &
	fronts="$fronts $!"
	LIMIT=10 wait_for 10 test -s "$IT_WORK/port"
	port=$(cat "$IT_WORK/port")
}
trap 'kill $fronts 2>/dev/null' EXIT

# by_ VAR=VALUE… -- CMD…: with no other word on where the engine is.
by_() { run_ env -u DOCKER_HOST -u DOCKER_CONTEXT "$@"; }

front_ plain
plain=$port
front_
secure=$port

case_ "a whole run goes by tcp"
s=$(slug_ tcp)
by_ DOCKER_HOST="tcp://127.0.0.1:$plain" "$site_run" "$s" root --cwd none -- sh -c 'exit 5'
expect_status 5
expect_nothing_left "$s"

case_ "a folder of this host cannot be bound on an engine elsewhere: that is said, and nothing is left"
by_ DOCKER_HOST="tcp://127.0.0.1:$plain" "$site_run" "$s" root -- true
expect_status 125
expect_err 'use --cwd copy or none'
expect_nothing_left "$s"

case_ "a whole run goes by tcp with TLS and a client certificate, pipes and all"
s=$(slug_ tls)
off || { echo 'echo out; exit 6' | env DOCKER_HOST="tcp://127.0.0.1:$secure" DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$tls" \
	timeout -k 5 60 "$site_run" "$s" root --cwd none -- sh >"$out" 2>"$err"; status=$?; }
expect_status 6
expect_out out
expect_nothing_left "$s"

case_ "an engine whose certificate is signed by somebody else is refused"
mkdir -p "$IT_WORK/other"
cp "$tls"/cert.pem "$tls"/key.pem "$IT_WORK/other"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other \
	-keyout "$IT_WORK/other/x.pem" -out "$IT_WORK/other/ca.pem" 2>/dev/null
by_ DOCKER_HOST="tcp://127.0.0.1:$secure" DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$IT_WORK/other" "$BOTTLE" list
expect_status 125
expect_err certificate

case_ "the docker CLI's current context says where the engine is"
mkdir -p "$HOME/.docker"
run_ env -u DOCKER_HOST docker context create it-unix --docker "host=unix://$socket"
expect_status 0
run_ env -u DOCKER_HOST docker context create it-tls \
	--docker "host=tcp://127.0.0.1:$secure,ca=$tls/ca.pem,cert=$tls/cert.pem,key=$tls/key.pem"
expect_status 0
off || { env -u DOCKER_HOST docker context use it-unix >/dev/null 2>&1; }
s=$(slug_ context)
by_ "$site_run" "$s" root -- sh -c 'exit 8'
expect_status 8
by_ DOCKER_CONTEXT=it-tls "$BOTTLE" doctor
expect_out 127.0.0.1
expect_nothing_left "$s"

case_ "a context that is not there is one line"
by_ DOCKER_CONTEXT=nowhere "$BOTTLE" list
expect_status 125
expect_err nowhere
expect "one line" [ "$(wc -l <"$err")" -eq 1 ]

case_ "ssh is not spoken, and the line says what to do instead"
by_ DOCKER_HOST=ssh://host "$BOTTLE" list
expect_status 125
expect_err 'ssh -L'

done_
