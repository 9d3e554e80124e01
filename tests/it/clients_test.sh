# Real clients through the gate: each trusts the leaf it is shown, none is told not to look.
. "${0%/*}/lib.sh"

site_ ''
s=$(slug_ clients)
case_ "a bottle comes up in the background and says its name"
off || up_ "$s" root
status=$?
expect_status 0
expect_out "$s"
expect_err "bottle: mitm ca fingerprint: sha256:"

case_ "curl gets the upstream's own body"
sh_ "$s" 'curl -sS https://api.good.test/'
expect_status 0
expect_out "hello from api.good.test"

case_ "curl speaks plain HTTP through the gate"
sh_ "$s" 'curl -sS http://api.good.test/'
expect_status 0
expect_out "hello from api.good.test"

case_ "a name under a wildcard is allowed, its apex is not"
sh_ "$s" 'curl -sS https://a.wild.test/'
expect_out "hello from a.wild.test"
sh_ "$s" 'curl -sS https://wild.test/'
expect_status 56

case_ "node's https goes through CONNECT and trusts the leaf"
sh_ "$s" 'cat >/tmp/c.js <<"JS"
const http = require("http"), tls = require("tls"), u = new URL(process.env.HTTPS_PROXY);
http.request({ host: u.hostname, port: u.port, method: "CONNECT", path: "api.good.test:443" })
  .on("connect", (res, sock) => {
    if (res.statusCode !== 200) throw new Error("CONNECT " + res.statusCode);
    require("https").get({ host: "api.good.test", path: "/", agent: false,
      createConnection: () => tls.connect({ socket: sock, servername: "api.good.test" }) },
      r => r.on("data", d => process.stdout.write(d)));
  }).end();
JS
node /tmp/c.js'
expect_status 0
expect_out "hello from api.good.test"

case_ "node's fetch uses the proxy of its environment"
sh_ "$s" 'node -e "process.exit(+process.versions.node.split(\".\")[0] >= 24 ? 0 : 1)"'
if [ "$status" -ne 0 ]; then
	# Older ones have no NODE_USE_ENV_PROXY: their fetch asks the resolver, which is the gate.
	sh_ "$s" 'node -e "fetch(\"https://api.good.test/\").then(r => r.text()).then(t => process.stdout.write(t))"'
else
	sh_ "$s" 'NODE_USE_ENV_PROXY=1 node -e "fetch(\"https://api.good.test/\").then(r => r.text()).then(t => process.stdout.write(t))"'
fi
expect_status 0
expect_out "hello from api.good.test"

case_ "python's urllib trusts the leaf"
sh_ "$s" 'python3 -c "import urllib.request as u; print(u.urlopen(\"https://api.good.test/\").read().decode())"'
expect_status 0
expect_out "hello from api.good.test"

case_ "python's requests trusts the leaf"
sh_ "$s" 'python3 -c "import requests"'
[ "$IT_BACKEND$status" != native1 ] || skip_ "backend native: this host has no python3-requests"
sh_ "$s" 'python3 -c "import requests; print(requests.get(\"https://api.good.test/\").text)"'
expect_status 0
expect_out "hello from api.good.test"

case_ "git clones"
sh_ "$s" 'rm -rf /tmp/app && git clone -q https://git.good.test/app.git /tmp/app && cat /tmp/app/README'
expect_status 0
expect_out "hello from the repository"

case_ "openssl verifies the leaf, which the bottle's own CA signed"
sh_ "$s" 'openssl s_client -proxy bottle-gate:8888 -connect api.good.test:443 -servername api.good.test -verify_return_error -brief </dev/null 2>&1'
expect_out "Verification: OK"
sh_ "$s" 'openssl s_client -proxy bottle-gate:8888 -connect api.good.test:443 -servername api.good.test </dev/null 2>/dev/null | openssl x509 -noout -issuer'
expect_out "Bottle CA $s"

case_ "a passthrough host shows its own certificate"
sh_ "$s" 'openssl s_client -proxy bottle-gate:8888 -connect pass.test:443 -servername pass.test </dev/null 2>/dev/null | openssl x509 -noout -issuer'
expect_out "Upstream Test Root"

case_ "a program that ignores the proxy variables is caught by the gate's own resolver"
sh_ "$s" "curl -sS --noproxy '*' https://api.good.test/"
expect_status 0
expect_out "hello from api.good.test"

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

down_ "$s"
case_ "stop leaves nothing"
expect_nothing_left "$s"
done_
