"""G: HTTP/2 to the upstream, gRPC, and clients that people use."""
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import h2wire
from h2wire import DATA, END_HEADERS, GOAWAY, HEADERS, RST
from harness import TOKEN, Gate, free_port, want, want_status

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = r"""
const http = require('http'), tls = require('tls'), http2 = require('http2'), fs = require('fs');
const [proxy, host, port, ca] = process.argv.slice(1);
http.request({port: proxy, method: 'CONNECT', path: `${host}:${port}`}).on('connect', (r, socket) => {
  const t = tls.connect({socket, servername: host, ca: fs.readFileSync(ca), ALPNProtocols: ['h2']});
  const c = http2.connect(`https://${host}:${port}`, {createConnection: () => t});
  const paths = ['/a', '/b', '/?k=' + process.env.TOKEN];
  let left = paths.length;
  paths.forEach((p) => {
    const s = c.request({':path': p});
    let got = '';
    s.on('response', (h) => { got = p.slice(0, 2) + ' ' + h[':status'] + ' '; });
    s.on('data', (d) => { got += d; });
    s.on('end', () => { console.log(got.trim()); if (--left === 0) c.close(); });
    s.end();
  });
}).end();
"""


def debian_python():
    """The one that has the distribution's packages."""
    for p in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([p, "-c", "import grpc"], stderr=subprocess.DEVNULL).returncode == 0:
            return p
    raise AssertionError("no python3 with grpc (package python3-grpcio)")


def stored(text):
    """65535 bytes of raw deflate: text, compressed, and a filler."""
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    said = z.compress(text * 3) + z.flush(zlib.Z_SYNC_FLUSH)
    n = 65535 - len(said) - 5
    return said + struct.pack("<BHH", 1, n, n ^ 0xffff) + b"f" * n


class World:
    def __init__(self, w):
        def up(name="good", **kw):
            return h2wire.Upstream(w.pki.path(name + ".pem"), w.pki.path(name + "-key.pem"), **kw)
        self.up, self.bad, self.old = up(), up("wrong"), up(alpn=["http/1.1"])
        self.gate = Gate(w.bottle, w.pki, w, ["api.good.test:%d" % p for p in (
            self.up.port, self.bad.port, self.old.port, w.tls.port)])
        self.api = "api.good.test:%d" % self.up.port


def until(fact):
    end = time.time() + 10
    while not fact():
        want(time.time() < end, "waited in vain")
        time.sleep(0.02)


def listens(host, port):
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False


def reloads(gate):
    return [e for e in gate.events() if e["event"] == "config_reload"]


def shared(s, w, g):
    def one_connection():
        with h2wire.dial(g.gate, g.api) as c, h2wire.dial(g.gate, g.api) as d:
            ids = [c.head(g.api, "/n%d" % i) for i in range(20)]
            for i, n in enumerate(ids):
                got = c.answer(n)
                want(got[0] == 200 and got[2] == b"GET /n%d 0\n" % i, got)
            want(d.get(g.api, "/d")[0] == 200)
            n = d.head(g.api, "/post", "POST", end=False)
            d.body(n, b"p" * 100000)
            want(d.answer(n)[2] == b"POST /post 100000\n")
            want(d.get(g.api, "/h", "HEAD")[2] == b"")
        want(len(g.up.conns) == 1, "%d upstream connections" % len(g.up.conns))
    s.case("G the requests of several clients share one upstream connection", one_connection)

    def clean():
        with h2wire.dial(g.gate, g.api) as c:
            want(c.get(g.api, "/clean", extra=[("te", "trailers"), ("x-forwarded-for", "1.2.3.4"),
                                               ("via", "x"), ("x-own", "1")])[0] == 200)
        f = [dict(f) for f, _ in g.up.requests if dict(f)[":path"] == "/clean"][0]
        want(f.get("te") == "trailers" and f.get("x-own") == "1", f)
        want(f[":authority"] == g.api and f[":scheme"] == "https", f)
        want("x-forwarded-for" not in f and "via" not in f and "host" not in f, f)
    s.case("G a head is written anew, with TE only where the client had it", clean)

    def never_left():
        with h2wire.dial(g.gate, g.api) as c:
            n = c.head(g.api, "/s", "POST", end=False)
            c.body(n, TOKEN.encode())
            want(c.answer(n)[0] == 403)
            want(c.get(g.api, "/?k=" + TOKEN)[0] == 403)
            want(c.get("evil.test")[0] == 403)
        want(not g.up.saw(TOKEN.encode()) and not g.up.saw(b"evil"))
    s.case("G a secret does not leave by HTTP/2 either", never_left)

    def other_client():
        got = g.gate.https(g.api, b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % g.api.encode())
        want_status(got, 502)  # this upstream speaks nothing else
    s.case("G HTTP/2 is not offered for a client of HTTP/1.1", other_client)

    def no_choice():
        api = "api.good.test:%d" % w.tls.port
        before = w.tls.accepted
        for _ in range(2):
            with h2wire.dial(g.gate, api) as c:
                ids = [c.head(api, "/q%d" % i) for i in range(4)]
                want([c.answer(n)[0] for n in ids] == [200] * 4)
        want(w.tls.accepted - before <= 6, "%d connections" % (w.tls.accepted - before))
    s.case("G an upstream without HTTP/2 is spoken to by HTTP/1.1, and kept", no_choice)

    def wrong_name():
        api = "api.good.test:%d" % g.bad.port
        with h2wire.dial(g.gate, api) as c:
            ids = [c.head(api, "/w%d" % i) for i in range(3)]
            for n in ids:
                got = c.answer(n)
                want(got[0] == 502 and got[2] == b"upstream error\n", got)
        want(not g.bad.requests)
    s.case("G a certificate for another name is 502 for all who waited for it", wrong_name)


def troubles(s, w, g):
    def trailers():
        def way(conn, sid, fields, body):
            conn.send(HEADERS, END_HEADERS, sid, h2wire.block([(":status", "103"), ("a", "1")]))
            conn.respond(sid, [(":status", "200")], b"data", [("grpc-status", "0"), ("x-t", "v")])
        g.up.answers["/trailers"] = way
        with h2wire.dial(g.gate, g.api) as c:
            got = c.get(g.api, "/trailers")
            want(got[2] == b"data" and got[3].get("x-t") == "v", got)
    s.case("G trailers come over from one end to the other", trailers)

    def reset():
        def way(conn, sid, fields, body):
            conn.send(HEADERS, END_HEADERS, sid, h2wire.block([(":status", "200")]))
            conn.send(DATA, 0, sid, b"half")
            conn.send(RST, 0, sid, struct.pack(">I", 2))
        g.up.answers["/reset"] = way
        with h2wire.dial(g.gate, g.api) as c:
            want(c.get(g.api, "/reset")[0] == "reset")
            want(c.get(g.api, "/on")[0] == 200)
    s.case("G an answer that the upstream resets is reset, and others go on", reset)

    def refusing():
        def way(conn, sid, fields, body):
            conn.send(RST, 0, sid, struct.pack(">I", 7))
        g.up.answers["/refusing"] = way
        with h2wire.dial(g.gate, g.api) as c:
            want(c.get(g.api, "/refusing")[0] == 502)
    s.case("G a stream that the upstream refuses is 502", refusing)

    def goaway():
        def way(conn, sid, fields, body):
            conn.send(GOAWAY, 0, 0, struct.pack(">II", sid, 0))
            conn.respond(sid, [(":status", "200")], b"last")
        g.up.answers["/last"] = way
        with h2wire.dial(g.gate, g.api) as c:
            n = len(g.up.conns)
            want(c.get(g.api, "/last")[2] == b"last")
            want(c.get(g.api, "/next")[0] == 200)
            want(len(g.up.conns) == n + 1, g.up.conns)
    s.case("G after GOAWAY the next request goes by a new connection", goaway)

    def dies():
        def way(conn, sid, fields, body):
            conn.s.close()
        g.up.answers["/dies"] = way
        with h2wire.dial(g.gate, g.api) as c:
            other = c.head(g.api, "/other", "POST", end=False)
            want(c.get(g.api, "/dies")[0] == 502)
            c.body(other, b"x")
            want(c.answer(other)[0] == 200)
    s.case("G an upstream connection that dies is 502 for what it carried alone", dies)

    def long_head():
        def way(conn, sid, fields, body):
            raw = h2wire.block([(":status", "200")] + [("x%d" % i, "v" * 8000) for i in range(12)])
            conn.send(HEADERS, 0, sid, raw[:16000])
            for at in range(16000, len(raw), 16000):
                last = at + 16000 >= len(raw)
                conn.send(h2wire.CONT, END_HEADERS if last else 0, sid, raw[at:at + 16000])
        g.up.answers["/long"] = way
        with h2wire.dial(g.gate, g.api) as c:
            got = c.get(g.api, "/long")
            want(got[0] == 502, got)
            want(c.get(g.api, "/on")[0] == 200)
    s.case("G an answer's head beyond the limit is 502", long_head)

    def large():
        def way(conn, sid, fields, body):
            conn.send(HEADERS, END_HEADERS, sid, h2wire.block([(":status", "200")]))
            for i in range(10):  # within the first window
                conn.send(DATA, 0, sid, b"%d" % i * 5000)
            conn.send(DATA, h2wire.END_STREAM, sid, b"")
        g.up.answers["/large"] = way
        with h2wire.dial(g.gate, g.api) as c:
            got = c.get(g.api, "/large")
            want(got[2] == b"".join(b"%d" % i * 5000 for i in range(10)), len(got[2]))
    s.case("G a body in many frames is one body", large)

    def reloaded():
        with h2wire.dial(g.gate, g.api) as c:
            want(c.get(g.api, "/before")[0] == 200)
            n = len(g.up.conns)
            g.gate.settings["allow"] = g.gate.settings["allow"] + ["new.test"]
            seen = len(reloads(g.gate))
            g.gate.write()
            until(lambda: len(reloads(g.gate)) > seen)
            want(c.get(g.api, "/after")[0] == 200)
            want(len(g.up.conns) == n + 1, "the connection of the old policy was used")
    s.case("G after a reload no request goes by a connection from before", reloaded)


def grpc(s, w, g):
    def library():
        python, peer = debian_python(), os.path.join(HERE, "grpc_peer.py")
        server = subprocess.Popen([python, peer, "serve", w.pki.path("good-key.pem"),
                                   w.pki.path("good.pem")], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        port = int(server.stdout.readline())
        # A dialogue may be silent between two messages for longer than a head may take.
        gate = Gate(w.bottle, w.pki, w, ["api.good.test:%d" % port],
                    gate={"limits": {"header_ms": 500}})
        env = dict(os.environ, https_proxy="http://127.0.0.1:%d" % gate.port, no_proxy="")
        try:
            out = subprocess.run([python, peer, "ask", "api.good.test:%d" % port,
                                  w.pki.path("ca.pem")], env=env, timeout=60,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()
        finally:
            server.stdin.close()
            server.wait()
            rc, err = gate.stop()
        for line in ("unary ('echo:hello', '5')", "again ('echo:hello', '5')",
                     "stream ['part 0 of x', 'part 1 of x', 'part 2 of x']",
                     "fail NOT_FOUND not here", "collect a|b", "large 300005",
                     "secret PERMISSION_DENIED blocked: request body contains secret: GitHub Token",
                     "gzip PERMISSION_DENIED blocked: gRPC messages are compressed",
                     "talk ['heard one', 'heard two', 'heard three']",
                     "slow talk ['heard one', 'heard two']", "many 200",
                     "great ['heard wwwwwwwwwwwwww', 'heard two']",
                     "cut ['heard one', 'heard enough']", "told ", "halves "):
            want(line in out, "%s in:\n%s" % (line, out))
        want("my key" not in out and "halves ['heard ghp" not in out, out)
        want(rc == 0 and b"Sanitizer" not in err, err[-2000:])
    s.case("G gRPC by its library: unary, server streaming, errors, a secret, compression",
           library)

    def opaque():
        def call(c, body, **fields):
            f = [("content-type", "application/grpc"), ("te", "trailers")] + list(fields.items())
            n = c.head(g.api, "/t.T/X", "POST", extra=f, end=False)
            c.body(n, body)
            return c.answer(n)
        with h2wire.dial(g.gate, g.api) as c:
            want(call(c, b"\0\0\0\0\2hi\0\0\0\0\0")[0] == 200)
            for body in (b"\1\0\0\0\2hi", b"\0\0\0\0\3hi", b"\0\0\0", b"\0\0\0\0\2hi\1\0\0\0\0"):
                got = call(c, body)
                want(got[0] == 200 and got[1]["grpc-status"] == "7" and got[2] == b"" and
                     "unscannable" in got[1]["x-bottle-reason"], got)
            f = {"grpc-encoding": "gzip"}
            want(call(c, b"\0\0\0\0\2hi", **f)[1]["grpc-status"] == "7")
            want(call(c, b"\0\0\0\0\2hi", **{"grpc-encoding": "identity"})[0] == 200)
            n = c.head(g.api, "/t.T/X", "POST", end=False,
                       extra=[("content-type", "application/grpc-web+proto")])
            c.body(n, b"\1\0\0\0\2hi")
            want(c.answer(n)[0] == 403, "grpc-web")
    s.case("G gRPC messages that cannot be looked into are refused", opaque)

    def begun(c, path):
        """A call that has sent one message, which has arrived upstream: (stream, what came)."""
        n = c.head(g.api, path, "POST", end=False, extra=[("content-type", "application/grpc")])
        c.body(n, b"\0\0\0\0\2hi", end=False)

        def there():
            return [st for conn in list(g.up.conns) for st in list(conn.streams.values())
                    if st["heads"] and dict(st["heads"][0])[":path"] == path and st["body"]]
        until(there)
        return n, there()[0]

    # sentence, what comes second, how the refusal reads
    for i, (sentence, second, says) in enumerate([
            ("compressed", b"\1\0\0\0\2hi", "compressed or malformed"),
            ("of more than max_body_bytes", b"\0\x7f\0\0\0", "message exceeds max_body_bytes"),
            ("with a secret", b"\0\0\0\0" + bytes([len(TOKEN)]) + TOKEN.encode(), "GitHub Token")]):
        def judged(i=i, second=second, says=says):
            with h2wire.dial(g.gate, g.api) as c:
                n, arrived = begun(c, "/t.T/Judged%d" % i)
                c.body(n, second, end=False)
                got = c.answer(n)
                want(got[1]["grpc-status"] == "7" and says in got[1]["grpc-message"], got)
                until(lambda: arrived["reset"] is not None)
                want(arrived["body"] == b"\0\0\0\0\2hi" and not arrived["end"], arrived)
                want(c.get(g.api, "/on")[0] == 200)
        s.case("G a later message of a call, %s: refused, and it never left" % sentence, judged)

    def half():
        with h2wire.dial(g.gate, g.api) as c:
            n, arrived = begun(c, "/t.T/Half")
            c.body(n, b"\0\0\0\0\3hi")
            got = c.answer(n)
            want(got[1]["grpc-status"] == "7" and "malformed" in got[1]["grpc-message"], got)
            until(lambda: arrived["reset"] is not None)
    s.case("G a call that ends inside a message is refused", half)

    # What a coding hides in bytes that also read as messages: an empty stored block of deflate is
    # the front of a message of 65535 bytes.
    for i, (sentence, fields, message, says) in enumerate([
            ("in a coding", [("content-encoding", "deflate")], stored(TOKEN.encode()),
             "GitHub Token"),
            ("of two types", [("content-type", "text/plain")], b"h" * 65535, "more than one")]):
        def other(i=i, fields=fields, message=message, says=says):
            path = "/t.T/Other%d" % i
            with h2wire.dial(g.gate, g.api) as c:
                n = c.head(g.api, path, "POST", end=False,
                           extra=[("content-type", "application/grpc")] + fields)
                c.body(n, b"\0\0\0\xff\xff" + message, end=False)
                c.ping()  # what came before it is read by now
                c.body(n, b"")
                got = c.answer(n)
                want(got[1].get("grpc-status") == "7" and says in got[1]["grpc-message"], got)
            want(not any(dict(st["heads"][0])[":path"] == path for conn in list(g.up.conns)
                         for st in list(conn.streams.values()) if st["heads"]))
        s.case("G messages that are something else %s are judged whole, at their end" % sentence,
               other)

    def streamed():
        gate = Gate(w.bottle, w.pki, w, [g.api], max_body=65536, gate={"stream_bodies": True})
        try:
            with h2wire.dial(gate, g.api) as c:
                for kind, code in (("application/grpc", "7"), ("text/plain", None)):
                    n = c.head(g.api, "/streamed", "POST", end=False, extra=[
                        ("content-type", kind), ("content-length", "100000")])
                    if not code:
                        c.body(n, b"s" * 100000)
                    got = c.answer(n)
                    want(got[0] == 200 and got[1].get("grpc-status") == code, (kind, got))
                want(got[2] == b"POST /streamed 100000\n", got)
                n = c.head(g.api, "/streamed", "POST", end=False)
                c.body(n, b"\n".join([b"t" * 99] * 1000) + b"\n" + TOKEN.encode() + b"\n" * 40000)
                got = c.answer(n)
                want(got[0] in (403, "reset"), got)
            want(not g.up.saw(TOKEN.encode()))
        finally:
            rc, err = gate.stop()
        want(rc == 0 and b"Sanitizer" not in err, err[-2000:])
    s.case("G streamed bodies: HTTP/2 on both legs, a secret stops one, gRPC is not streamed",
           streamed)


def clients(s, w, g):
    def curl():
        base = ["curl", "-sS", "--http2", "--max-time", "10", "-w", " %{http_version}\n",
                "-x", "http://127.0.0.1:%d" % g.gate.port, "--cacert", w.pki.path("ca.pem")]
        url = "https://" + g.api
        out = subprocess.run(base + [url + "/1", url + "/2"], stdout=subprocess.PIPE,
                             check=True).stdout
        want(out == b"GET /1 0\n 2\nGET /2 0\n 2\n", out)
        out = subprocess.run(base + ["-d", "my " + TOKEN, url], stdout=subprocess.PIPE,
                             check=True).stdout
        want(out == b"blocked: request body contains secret: GitHub Token\n 2\n", out)
        out = subprocess.run(base + ["-d", "@-", url], input=b"a" * 2000000,
                             stdout=subprocess.PIPE, check=True).stdout
        want(out == b"POST / 2000000\n 2\n", out)
    s.case("G real curl --http2 by proxy: two GETs, a refused POST, 2 MB", curl)

    def node():
        if not shutil.which("node"):
            return
        out = subprocess.run(["node", "-e", NODE, str(g.gate.port), "api.good.test",
                              str(g.up.port), w.pki.path("ca.pem")], timeout=30,
                             env=dict(os.environ, TOKEN=TOKEN), stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT).stdout.decode()
        for line in ("/a 200 GET /a 0", "/b 200 GET /b 0", "/? 403 blocked: core DLP match"):
            want(line in out, out)
    s.case("G real node http2 by CONNECT: three streams, one refused", node)


def transparent(s, w, g):
    """nginx at port 443 of an address of its own, which takes root; h2load is an agent."""
    if os.geteuid() != 0 or not shutil.which("nginx") or not shutil.which("h2load"):
        return
    at, home = "127.0.9.1", tempfile.mkdtemp(prefix="gate-nginx.")  # it takes what it writes to
    conf = os.path.join(home, "nginx.conf")
    with open(conf, "w") as f:
        f.write("daemon off; pid %s/nginx.pid; error_log stderr crit; events {}\n"
                "http { access_log off; client_body_temp_path %s; proxy_temp_path %s;\n"
                "fastcgi_temp_path %s; uwsgi_temp_path %s; scgi_temp_path %s;\n"
                "server { listen %s:443 ssl http2; ssl_certificate %s; ssl_certificate_key %s;\n"
                "location / { return 200 hello; } } }\n"
                % ((home,) * 6 + (at, w.pki.path("good.pem"), w.pki.path("good-key.pem"))))

    def real():
        port = free_port()
        nginx = subprocess.Popen(["nginx", "-p", home, "-c", conf])
        gate = Gate(w.bottle, w.pki, w, ["api.good.test"], resolve={"api.good.test": [at]},
                    gate={"transparent": {"tls": "127.0.0.1:%d" % port}})
        try:
            until(lambda: listens(at, 443))
            out = subprocess.run(["h2load", "-n", "300", "-c", "3", "-m", "10", "--connect-to",
                                  "127.0.0.1:%d" % port, "https://api.good.test/"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 timeout=60).stdout.decode()
            want("300 2xx" in out and "0 failed" in out, out)
            out = subprocess.run(["curl", "-sS", "--http2", "--cacert", w.pki.path("ca.pem"),
                                  "--connect-to", "::127.0.0.1:%d" % port, "-w", "%{http_version}",
                                  "https://api.good.test/"], stdout=subprocess.PIPE).stdout
            want(out == b"hello2", out)
        finally:
            nginx.terminate()
            nginx.wait()
            rc, err = gate.stop()
            shutil.rmtree(home)
        want(rc == 0 and b"Sanitizer" not in err, err[-2000:])
    s.case("G transparently: h2load and curl --http2 to nginx by HTTP/2", real)


def run(s, w):
    g = World(w)
    try:
        shared(s, w, g)
        troubles(s, w, g)
        grpc(s, w, g)
        clients(s, w, g)
        transparent(s, w, g)
    finally:
        rc, err = g.gate.stop()
    s.case("G the gate ends with 0 and nothing leaked",
           lambda: want(rc == 0 and b"Sanitizer" not in err and b"runtime error" not in err,
                        err[-3000:]))
