"""PL: like pipelock, or better: its behaviours that the gate shows as well, and those where it does better,
by their numbers in docs/reference/pipelock-compatibility.md. Those that a row of the corpus shows too stand
with it, in other files."""
import base64
import json
import os
import socket
import ssl
import subprocess
import time

from d_rows import FORM, JSON, request
from harness import ESTABLISHED, TOKEN, Upstream, free_port, recv_answer, want, want_status
from resolver import Resolver

KEY = TOKEN.encode()
SECRET = b"blocked: request body contains secret: GitHub Token\n"


def text_of(got):
    return got.split(b"\r\n\r\n", 1)[1]


def hosts(s, w):
    up = w.tls

    def denied():
        dns = Resolver({})
        g = w.open(["api.good.test"], gate={"resolvers": [dns.addr]})
        got = g.connect("evil.test:443")
        want_status(got, 403)
        want(text_of(got) == b"CONNECT blocked: domain not in allowlist: evil.test\n", got)
        want(b"\r\nContent-Type: text/plain" in got, got)
        g.wait_event("blocked", scanner="allowlist", host="evil.test", method="CONNECT")
        want(dns.asked == [], dns.asked)
    s.case("C02 a host that is not allowed: 403 with pipelock's words, and nobody is asked for its address",
           denied)

    def allowed():
        for name, port, code in (("API.Good.TEST.", up.port, 200), ("a.b.wild.test", up.port, 200),
                                 ("wild.test", up.port, 403), ("api.good.test", 8443, 403)):
            want_status(w.unpooled.connect("%s:%d" % (name, port)), code)
    s.case("C03 case, a dot and any depth pass; apex and another port do not (ADR 0006)", allowed)

    def passed():
        names = ["sub.wild.test:%d" % up.port, "wild.test:%d" % up.port]
        g = w.open(names, passthrough=["*.wild.test"], resolve={"wild.test": ["127.0.0.1"],
                                                               "sub.wild.test": ["127.0.0.1"]})
        for name, root, other in ((names[0], "up-ca.pem", "ca.pem"), (names[1], "ca.pem", "up-ca.pem")):
            g.tls(name, ctx=ssl.create_default_context(cafile=w.pki.path(root))).close()
            try:
                g.tls(name, ctx=ssl.create_default_context(cafile=w.pki.path(other))).close()
            except ssl.SSLError:
                continue
            raise AssertionError("%s under %s" % (name, other))
    s.case("C04 passthrough *.x: below x with the upstream's own certificate, x itself with the gate's", passed)

    def spelled():
        g = w.open(["127.0.0.1:%d" % up.port], ssrf=False)
        got = g.connect("127.0.0.1:%d" % up.port)
        want_status(got, 403)
        want(b"SSRF blocked: 127.0.0.1 " in got, got)
        for name in ("0x7f000001", "2130706433"):
            g.denies(up, b"CONNECT %s:%d HTTP/1.1\r\nHost: x.test\r\n\r\n" % (name.encode(), up.port), 400)
    s.case("C05 an allowed loopback address is 403 SSRF; other spellings of it are 400", spelled)

    def inside():
        name = "in.good.test:%d" % up.port
        g = w.open([name], ssrf=False, resolve={"in.good.test": ["172.18.0.5"]})
        got = g.connect(name)
        want_status(got, 403)
        want(text_of(got) == b"CONNECT blocked: SSRF blocked: in.good.test resolves to internal IP 172.18.0.5\n",
             got)
        for opened, code in (("127.0.0.1/32", 200), ("127.0.0.2/32", 403)):
            g = w.open([name], open=[opened], resolve={"in.good.test": ["127.0.0.1"]})
            want_status(g.connect(name), code)
    s.case("C06 an allowed name at an internal address: 403, and 200 where ip_allowlist has the address", inside)


def bodies(s, w):
    ways = ((w.tls, b"api.good.test:%d" % w.tls.port, b""), (w.plain, b"plain.good.test:%d" % w.plain.port, b"http"))

    def ask(gate, way, **kw):
        _, host, scheme = way
        raw = request(host, scheme=scheme, **kw)
        return gate.say(raw, timeout=20) if scheme else gate.https(host.decode(), raw, timeout=20)

    def blocked():
        for way in ways:
            before = len(way[0].requests)
            for kw in (dict(body=b"my " + KEY, fields=b"Content-Type: text/plain\r\n"),):
                got = ask(w.gate, way, **kw)
                want_status(got, 403)
                want(text_of(got) == SECRET and b"\r\nContent-Type: text/plain" in got, got)
            want(len(way[0].requests) == before, "the upstream saw it")
    s.case("C10 a token in a body, by HTTPS and in clear: 403 with pipelock's words, nothing upstream", blocked)

    def extracted():
        for kw in (dict(fields=JSON, body=json.dumps({"d": base64.b64encode(KEY).decode()}).encode()),
                   dict(fields=FORM, body=b"a=1&k=" + KEY.hex().encode()),
                   dict(fields=JSON, body=json.dumps({TOKEN: 1}).encode()),
                   dict(fields=JSON, body=json.dumps({"a": TOKEN[:20], "b": TOKEN[20:]}).encode())):
            got = ask(w.gate, ways[0], **kw)
            want_status(got, 403)
            want(text_of(got) == SECRET, got)
    s.case("C11 base64 in JSON, hexadecimal in a form, a key, halves in two strings: the same", extracted)

    def limit():
        size = 5 << 20
        for n, code in ((size, 200), (size + 1, 403)):
            got = ask(w.gate, ways[1], body=b"a" * n, fields=b"Content-Type: text/plain\r\n")
            want_status(got, code)
        want(text_of(got) == b"blocked: request body exceeds max_body_bytes (5242880)\n", got)
        got = ask(w.gate, ways[1], body=b'{"a":', fields=JSON)
        want_status(got, 403)
        want(text_of(got) == b"blocked: invalid JSON body\n", got)
    s.case("C14 5 MiB pass, a byte more does not; JSON has to be JSON", limit)

    def headers():
        for value in (b"Bearer " + KEY, b"Basic " + base64.b64encode(b"x:" + KEY)):
            got = ask(w.gate, ways[0], fields=b"Authorization: " + value + b"\r\n", method=b"GET")
            want_status(got, 403)
            want(text_of(got) == b"blocked: request header contains secret\n", got)
    s.case("C15 a token in Authorization, plain or Basic: 403 that names nothing", headers)

    def coded():
        got = ask(w.warn, ways[1], fields=b"Content-Encoding: gzip\r\n", body=b"no gzip")
        want_status(got, 403)
        got = ask(w.warn, ways[1], fields=b"Content-Encoding: x-odd\r\n", body=b"clean")
        want_status(got, 403)
    s.case("C13 what cannot be unpacked is refused with action warn as well", coded)


def answers(s, w):
    up = w.tls
    host = "api.good.test:%d" % up.port

    def streamed():
        size = 6 << 20
        up.answers["/large"] = (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % size
                                + b"a" * size)
        got = w.gate.https(host, b"GET /large HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode(), timeout=20)
        want_status(got, 200)
        want(len(text_of(got)) == size, len(got))
        up.answers["/br"] = (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc")
        got = w.gate.https(host, b"GET /br HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode())
        want(b"ontent-Encoding: br\r\n" in got and text_of(got) == b"abc", got)
        bad = "api.good.test:%d" % w.bad["unknown"].port
        got = w.gate.https(bad, b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % bad.encode())
        want_status(got, 502)
        want(b"upstream error" in got, got)
    s.case("C19 answers of 6 MB and in br pass as they are; an untrusted certificate is 502 upstream error",
           streamed)

    def fields():
        got = w.gate.https(host, b"GET /fields HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip, br\r\n"
                           b"Upgrade: foo/2\r\nConnection: Upgrade\r\n\r\n" % host.encode())
        want_status(got, 200)
        seen = up.requests[-1]
        want(b"pgrade" not in seen and b"Accept-Encoding: gzip, br\r\n" in seen, seen)
    s.case("C25 Upgrade is not sent on (but for WebSocket, W); Accept-Encoding is, for answers are not looked at",
           fields)


def operation(s, w):
    up = w.tls
    host = "api.good.test:%d" % up.port

    def key_mode():
        path = w.pki.path("loose-key.pem")
        with open(w.pki.path("ca-key.pem"), "rb") as f, open(path, "wb") as t:
            t.write(f.read())
        conf = w.pki.path("loose-ca.yaml")
        with open(conf, "w") as f:
            f.write("mode: strict\napi_allowlist: [a.test]\ntls_interception: {enabled: true, ca_cert: ca.pem, "
                    "ca_key: loose-key.pem}\ngate: {listen: ['127.0.0.1:%d']}\n" % free_port())
        for mode, code in ((0o644, 1), (0o660, 1), (0o640, 0), (0o600, 0), (0o400, 0)):
            os.chmod(path, mode)
            out = subprocess.run([w.bottle, "gate", "--config", conf, "--check"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, timeout=20)
            want(out.returncode == code, (oct(mode), out))
            want(code == 0 or b"tls_interception: " in out.stderr and b"loose-key.pem" in out.stderr, out.stderr)
    s.case("C21 a CA key that others may touch: no start, and the message names it", key_mode)

    def unlimited():
        for g in (w.gate, w.open([host], gate={"requests_per_minute": 0})):
            for _ in range(70):
                want(g.connect(host) == ESTABLISHED)
    s.case("C22 C30 without a limit, or with 0, the 61st CONNECT of a minute is as good as any", unlimited)

    def charged():
        g = w.open([host], gate={"requests_per_minute": 3})
        with g.tls(host) as t:
            for _ in range(10):  # what goes on inside of a tunnel is not charged
                t.sendall(b"GET /charged HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode())
                want_status(recv_answer(t), 200)
        for code in (200, 200, 429):
            want_status(g.connect(host), code)
    s.case("C30 only CONNECT and absolute form are charged, not the requests of a tunnel", charged)

    def wider():
        g = w.open([host])
        g.settings["passthrough"] = ["api.good.test"]
        want(g.reload()["verdict"] == "allow")
        ctx = ssl.create_default_context(cafile=w.pki.path("up-ca.pem"))
        g.tls(host, ctx=ctx).close()
    s.case("C24 a passthrough host added while strict is taken: the file is the operator's", wider)

    def redacted():
        plain = b"plain.good.test:%d" % w.plain.port
        lax = w.open([plain.decode()], enforce=False)
        for g, event in ((w.gate, "blocked"), (lax, "anomaly")):
            before = len(g.events())
            g.say(request(plain, path=b"/x?k=" + KEY, method=b"GET", scheme=b"http"))
            end = time.time() + 5
            mine = []
            while not mine and time.time() < end:
                mine = [e for e in g.events()[before:] if e["event"] == event]
            want(mine and mine[0]["pattern"] == "GitHub Token", mine)
            want(mine[0]["path"] == "http://plain.good.test/[redacted]", mine[0])
            want(KEY not in g.text(), "the secret is in the log")
        want(w.plain.requests[-1].startswith(b"GET /x?k=" + KEY), "it was changed on the way")
    s.case("C26 a URL with a secret is logged as scheme://host/[redacted], refused or warned of", redacted)

    def keys():
        deep = b"[" * 60 + json.dumps(TOKEN).encode() + b"]" * 60
        for body in (b'{"a":"%s","a":"b"}' % KEY, b'{"a":"b","a":"%s"}' % KEY, deep):
            got = w.gate.https(host, request(host.encode(), fields=JSON, body=body))
            want_status(got, 403)
            want(text_of(got) == SECRET, got)
        got = w.gate.https(host, request(host.encode(), fields=JSON, body=b"[" * 99 + b'"%s"' % KEY + b"]" * 99))
        want_status(got, 403)
    s.case("C27 a token under a key that comes twice, or nested deep, is found; too deep is refused", keys)

    def one_line():
        g = w.open([host])
        want_status(g.https(host, b"GET /line?q=1 HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode()), 200)
        ev = g.wait_event("request", verdict="allow", host="api.good.test", method="GET", path="/line?q=1")
        want(ev["status"] == 200 and ev["bytes_in"] > 0 and "bytes_out" in ev, ev)
        want(len([e for e in g.events() if e["event"] == "request"]) == 1, g.text())
    s.case("C28 an allowed request of a tunnel is one event with status and sizes", one_line)

    timers(s, w)


def timers(s, w):
    def steady(c, _gaps=None):
        """A byte at a time, far longer than the idle timer; the longest it was silent."""
        longest = 0.0
        for _ in range(60):
            before = time.time()
            time.sleep(0.05)
            c.sendall(b"x")
            longest = max(longest, time.time() - before)
        return longest

    def one_way():
        up = Upstream()
        name = "plain.good.test:%d" % up.port
        for _ in range(4):  # a machine that stands still for as long proves nothing
            port = free_port()
            longest = []
            up.answers["/flow"] = lambda c, h, b, longest=longest: (longest.append(steady(c)), False)[1]
            g = w.open([name], gate={"forwards": [{"listen": "127.0.0.1:%d" % port, "host": "plain.good.test",
                                                   "port": up.port}]}, idle=2)
            with socket.create_connection(("127.0.0.1", port), timeout=20) as c:
                c.sendall(b"GET /flow HTTP/1.1\r\nHost: x\r\n\r\n")
                got = b""
                while True:
                    more = c.recv(4096)
                    if not more:
                        break
                    got += more
            if len(got) == 60 or not longest or longest[0] < 1:
                break
        want(len(got) == 60, (len(got), longest))
    s.case("C29 a stream whose client is silent goes on beyond idle_timeout_seconds: one timer for both ways",
           one_way)

    def idle():
        up = Upstream()
        name = "plain.good.test:%d" % up.port
        port = free_port()
        g = w.open([name], gate={"forwards": [{"listen": "127.0.0.1:%d" % port, "host": "plain.good.test",
                                               "port": up.port}]}, idle=1)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as c:
            want(c.recv(1) == b"", "still open")
        g.wait_event("tunnel_close", host="plain.good.test", timeout=10)
    s.case("C29 and one that is silent both ways ends", idle)


def run(s, w):
    hosts(s, w)
    bodies(s, w)
    answers(s, w)
    operation(s, w)
