"""J: HTTP/2 where it goes wrong: refused in the middle of an upload, refused by the upstream, silent."""
import shutil
import struct
import subprocess
import time

import h2wire
from g_rows import until
from h2wire import GOAWAY, RST
from harness import TOKEN, Gate, want

MIB = 1 << 20
NODE = r"""
const http = require('http'), tls = require('tls'), http2 = require('http2'), fs = require('fs');
const [proxy, host, port, ca] = process.argv.slice(1);
http.request({port: proxy, method: 'CONNECT', path: `${host}:${port}`}).on('connect', (r, socket) => {
  const t = tls.connect({socket, servername: host, ca: fs.readFileSync(ca), ALPNProtocols: ['h2']});
  const c = http2.connect(`https://${host}:${port}`, {createConnection: () => t});
  const s = c.request({':path': '/node', ':method': 'POST'});
  let got = '';
  s.on('response', (h) => { got = h[':status'] + ' '; });
  s.on('data', (d) => { got += d; });
  s.on('error', (e) => { console.log('error ' + e.message); process.exit(1); });
  s.on('end', () => { console.log(got.trim()); process.exit(0); });
  s.write(Buffer.alloc(3 << 20, 'node '));
}).end();
"""


def refusals(s, w, up, gate):
    """The client is in the middle of its upload, and has to read the answer all the same."""
    api = "api.good.test:%d" % up.port
    big = b"hello world, it is a fine day; " * 150000
    secret = big[:3 * MIB] + b" " + TOKEN.encode() + b" " + big[3 * MIB:]
    streaming = Gate(w.bottle, w.pki, w, [api], max_body=MIB, gate={"stream_bodies": True})

    # sentence, gate, body, path, what curl shows
    rows = [("a body that is too large", gate, big, "/up", b"blocked: request body exceeds"),
            ("a secret in the middle of a streamed body", streaming, secret, "/up", b"GitHub Token"),
            ("a secret in the URL", gate, big, "/up?k=" + TOKEN, b"DLP match")]
    for sentence, g, body, path, says in rows:
        def check(g=g, body=body, path=path, says=says):
            for announced in (True, False):
                got = g.curl_upload(api, path, body, announced)
                want(says in got and got.endswith(b" 2 403"), got)
        s.case("J01 curl --http2 shows the refusal of an upload: " + sentence, check)

    def node():
        out = subprocess.run(["node", "-e", NODE, str(gate.port), "api.good.test", str(up.port),
                              w.pki.path("ca.pem")], timeout=30, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT).stdout
        want(out.startswith(b"403 blocked: request body exceeds"), out)
    if shutil.which("node"):
        s.case("J01 so does node's http2", node)

    def bounded():
        with h2wire.dial(gate, api) as c:
            n = c.head(api, "/up?k=" + TOKEN, "POST", end=False)
            while not c.stream(n)["end"]:
                c.recv()
            want(c.stream(n)["reset"] is None, "reset before it could be read")
            try:
                while c.stream(n)["reset"] is None and c.given.get(n, 0) < 8 * MIB:
                    c.body(n, b"z" * 16384, end=False)
                    while c.window(n) < 16384 and c.stream(n)["reset"] is None:
                        c.recv()
                    c.ping()
            except h2wire.Closed:
                raise AssertionError("the connection ended")
            want(c.stream(n)["reset"] == 0, "not NO_ERROR: %s" % c.stream(n)["reset"])
            want(c.given[n] <= 2 * MIB, "%d bytes were taken" % c.given[n])
            want(c.get(api)[0] == 200)
    s.case("J01 who sends on may for a bounded while, then the stream ends with NO_ERROR", bounded)

    def politely():
        with h2wire.dial(gate, api) as c:
            n = c.head(api, "/up?k=" + TOKEN, "POST", end=False)
            while not c.stream(n)["end"]:
                c.recv()
            c.body(n, b"z" * 200000)
            want(c.get(api)[0] == 200)
            want(c.stream(n)["reset"] is None, "reset")
    s.case("J01 who ends its request soon is not reset at all", politely)
    return streaming


def again(s, up, gate):
    """What an upstream has not begun may be asked once more (RFC 9113 8.7)."""
    api = "api.good.test:%d" % up.port

    def once(how):
        seen = []

        def way(conn, sid, fields, body):
            seen.append(body)
            if len(seen) == 1:
                how(conn, sid)
            else:
                conn.respond(sid, [(":status", "200")], b"got %d" % len(body))
        return seen, way

    def refuse(conn, sid):
        conn.send(RST, 0, sid, struct.pack(">I", 7))

    def beyond(conn, sid):
        conn.send(GOAWAY, 0, 0, struct.pack(">II", sid - 2, 0))

    for name, how in (("REFUSED_STREAM", refuse), ("a GOAWAY that leaves it out", beyond)):
        def check(how=how):
            seen, up.answers["/again"] = once(how)
            with h2wire.dial(gate, api) as c:
                want(c.get(api, "/before")[0] == 200)
                n = c.head(api, "/again", "POST", end=False)
                c.body(n, b"p" * 50000)
                got = c.answer(n)
            want(got[0] == 200 and got[2] == b"got 50000", got)
            want(seen == [b"p" * 50000] * 2, [len(b) for b in seen])
        s.case("J02 a POST goes out once more after " + name, check)

    def no_more():
        seen = []

        def way(conn, sid, fields, body):
            seen.append(body)
            conn.send(RST, 0, sid, struct.pack(">I", 7))
        up.answers["/never"] = way
        with h2wire.dial(gate, api) as c:
            n = c.head(api, "/never", "POST", end=False)
            c.body(n, b"x")
            want(c.answer(n)[0] == 502)
        want(len(seen) == 2, seen)
    s.case("J02 but not twice", no_more)

    def other():
        seen, up.answers["/other"] = once(
            lambda conn, sid: conn.send(RST, 0, sid, struct.pack(">I", 2)))
        with h2wire.dial(gate, api) as c:
            n = c.head(api, "/other", "POST", end=False)
            c.body(n, b"x")
            want(c.answer(n)[0] == 502)
        want(len(seen) == 1, seen)
    s.case("J02 nor after any other reset", other)


def silence(s, w, up):
    """A connection that has been silent is asked before a request goes out by it."""
    api = "api.good.test:%d" % up.port
    gate = Gate(w.bottle, w.pki, w, [api], gate={"limits": {"upstream_silent_ms": 100}})

    def post(c, path):
        n = c.head(api, path, "POST", end=False)
        c.body(n, b"x")
        return c.answer(n)[0]

    def there():
        with h2wire.dial(gate, api) as c:
            want(post(c, "/there") == 200)
            conn, n = up.conns[-1], len(up.conns)
            until(lambda: post(c, "/there") == 200 and conn.pings or time.sleep(0.15))
            want(len(up.conns) == n, "a new connection")
    s.case("J03 a silent upstream is asked by PING, and serves on when it answers", there)

    def gone():
        with h2wire.dial(gate, api) as c:
            want(post(c, "/gone") == 200)
            conn, n = up.conns[-1], len(up.conns)
            conn.deaf, before = True, conn.pings
            until(lambda: post(c, "/gone") == 200 and conn.pings > before or time.sleep(0.15))
            want(len(up.conns) == n + 1, "%d new connections" % (len(up.conns) - n))
    s.case("J03 and when it does not, the request goes by a new one", gone)
    return gate


def run(s, w):
    up = h2wire.Upstream(w.pki.path("good.pem"), w.pki.path("good-key.pem"))
    gate = Gate(w.bottle, w.pki, w, ["api.good.test:%d" % up.port], max_body=MIB)
    gates = [gate, refusals(s, w, up, gate)]
    again(s, up, gate)
    gates.append(silence(s, w, up))

    def ended():
        for g in gates:
            rc, err = g.stop()
            want(rc == 0 and b"Sanitizer" not in err and b"runtime error" not in err, err[-2000:])
    s.case("J the gates end without a leak", ended)
