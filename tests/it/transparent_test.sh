# Programs that know nothing of proxies reach what is allowed, opened and looked at, and nothing else.
. "${0%/*}/lib.sh"

# A static program: no preloaded library, no variable and no trust store has a say in it.
busybox=$(command -v busybox || :)
site_ 'policy.rule("mounts", { id = "it/static", run = function(_, mounts)
  if "'"$busybox"'" ~= "" then mounts:set("/opt/busybox", { type = "bind", source = "'"$busybox"'", read_only = true }) end
end })'
s=$(slug_ plain)
up_ "$s" root || echo "# the bottle did not come up: $(cat "$err")"
got() { grep -qE -- "^$1 $2" "$out" || bad "want '$1 $2', have '$(grep -- "^$1 " "$out" | head -1)'"; }

case_ "node's https, which reads no proxy variable, is answered under the bottle's CA"
in_ "$s" node -e 'require("https").get("https://api.good.test/", r => {
	console.log(r.socket.getPeerCertificate().issuer.CN); r.pipe(process.stdout); })'
expect_status 0
expect_out "Bottle CA $s"
expect_out "hello from api.good.test"
expect_event "$s" '.host == "api.good.test" and .verdict == "allow"'

case_ "node's https to a host that is not allowed finds no address"
in_ "$s" node -e 'require("https").get("https://evil.test/").on("error", e => { console.log(e.code); process.exit(3); })'
expect_status 3
expect_out ENOTFOUND

case_ "a TLS client of plain sockets reaches what is allowed, under the bottle's CA, and no other name, address or port"
in_ "$s" python3 -c "$(cat "${0%/*}/plain_tls.py")"
expect_status 0
got allowed "200 Bottle CA $s"
got passed connected
for t in resolve-evil address port-22 port-25 port-853 port-8443; do got "$t" none; done
for t in sni-evil sni-none; do got "$t" '(tls-refused|none|403|421)'; done
got host-evil '(403|421)'
got no-tls '(closed|none)'

case_ "a secret that it sends is refused before the upstream sees it"
before=$(up_requests)
sh_ "$s" "printf 'Zx9%s' KqW2vB7nM4tR8yU1pL5sD3fG6hJ0cAeTiOk | sed 's/^/key=ghp_/' | curl -sS --noproxy '*' -d @- https://api.good.test/post"
expect_out "blocked: request body contains secret: GitHub Token"
expect "no request upstream" [ "$(up_requests)" -eq "$before" ]

case_ "a static program goes the same way"
[ -n "$busybox" ] || skip_ "no busybox"
[ -z "$busybox" ] || ! ldd "$busybox" >/dev/null 2>&1 || skip_ "busybox is not static here"
sh_ "$s" 'env -u https_proxy -u HTTPS_PROXY -u http_proxy -u HTTP_PROXY /opt/busybox wget -q -O - https://api.good.test/'
expect_status 0
expect_out "hello from api.good.test"
sh_ "$s" 'env -u https_proxy -u HTTPS_PROXY -u http_proxy -u HTTP_PROXY /opt/busybox wget -q -T 5 -O - https://evil.test/'
expect "no way there" [ "$status" -ne 0 ]

down_ "$s"
case_ "nothing is left"
expect_nothing_left "$s"
done_
