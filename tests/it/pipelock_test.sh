# Engine pipelock: the real image cannot be had here, so a stand-in checks what it is given.
. "${0%/*}/lib.sh"
only_ docker "there is no engine pipelock"

stand_in="bottle-test-pipelock:$IT_RUN"
cat >"$IT_WORK/pipelock" <<'PY'
#!/usr/bin/python3
import http.server, os, sys, urllib.request
if sys.argv[1] == "healthcheck":
    sys.exit(0 if urllib.request.urlopen("http://" + sys.argv[3] + "/health").status == 200 else 1)
assert sys.argv[1:] == ["run", "--config", "/etc/pipelock.yaml", "--listen", "0.0.0.0:8888"], sys.argv
for f in ("/etc/pipelock.yaml", "/etc/pipelock-ca.pem", "/etc/pipelock-ca-key.pem"):
    assert os.stat(f).st_mode & 0o777 == 0o600, f
config = open("/etc/pipelock.yaml", "rb").read()
key = open("/etc/pipelock-ca-key.pem").read()
assert key.startswith("-----BEGIN EC PRIVATE KEY-----"), "the key is not SEC1"
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(config if self.path.endswith("/config") else b'{"status":"healthy"}')
http.server.ThreadingHTTPServer(("0.0.0.0", 8888), Handler).serve_forever()
PY
chmod 755 "$IT_WORK/pipelock"
docker create --name "bottle-test-pipelock-$IT_RUN" bottle-test-agent:latest true >/dev/null
docker cp "$IT_WORK/pipelock" "bottle-test-pipelock-$IT_RUN:/pipelock" >/dev/null
# image_of_ ENTRYPOINT: the stand-in's image, from that container. Not commit: see engine.sh.
image_of_() {
	docker export "bottle-test-pipelock-$IT_RUN" | docker import --change "ENTRYPOINT $1" - "$stand_in" >/dev/null
	docker rm "bottle-test-pipelock-$IT_RUN" >/dev/null
}
image_of_ '["/pipelock"]'
trap 'docker rmi "$stand_in" >/dev/null 2>&1' EXIT
export BOTTLE_PIPELOCK_IMAGE="$stand_in"

site_ ''
echo '-- no rule of this site' >"$site/policy.lua"
s=$(slug_ pl)

case_ "with a stand-in for its image: files before the start, readiness by /health, one sidecar"
run_ "$site_run" "$s" root --engine pipelock --cwd none -- sh -c 'curl -sS http://bottle-gate:8888/config; curl -sS http://bottle-gate:8888/health'
expect_status 0
expect_out '"status":"healthy"'
expect_out "api_allowlist:"
expect_out "ca_cert: /etc/pipelock-ca.pem"
expect_out "ca_key: /etc/pipelock-ca-key.pem"
expect_out "mode: strict"
refuse_out "gate:"
refuse_out "seed_phrase_detection"
expect_nothing_left "$s"

case_ "with a stand-in that ends at once: its last words, and nothing left"
docker create --name "bottle-test-pipelock-$IT_RUN" bottle-test-agent:latest true >/dev/null
image_of_ '["sh","-c","echo cannot go on >&2; exit 3"]'
run_ "$site_run" "$s" root --engine pipelock --cwd none -- true
expect_status 125
expect_err "did not become ready: cannot go on"
expect_nothing_left "$s"
done_
