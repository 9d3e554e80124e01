"""L: WebSocket by HTTP/2 (RFC 8441): the same judgement, another envelope."""
import shutil
import subprocess

import h2wire
from h2wire import DATA, END_STREAM
from harness import TOKEN, want
from w_rows import BROKEN, SECRETS, SPLIT
from wsclient import BINARY, CLOSE, PING, PONG, TEXT, Reader, Server, frame

T = TOKEN.encode()
NODE = r"""
const http = require('http'), tls = require('tls'), http2 = require('http2'), fs = require('fs');
const [proxy, host, port, ca] = process.argv.slice(1);
http.request({port: proxy, method: 'CONNECT', path: `${host}:${port}`}).on('connect', (r, socket) => {
  const t = tls.connect({socket, servername: host, ca: fs.readFileSync(ca), ALPNProtocols: ['h2']});
  const c = http2.connect(`https://${host}:${port}`, {createConnection: () => t});
  c.on('remoteSettings', (s) => {
    if (!s.enableConnectProtocol) { console.log('no extended CONNECT'); process.exit(1); }
    const q = c.request({':method': 'CONNECT', ':protocol': 'websocket', ':path': '/node-ws',
                         'sec-websocket-version': '13'});
    let got = Buffer.alloc(0);
    q.on('response', (h) => { console.log(h[':status']); q.write(Buffer.from('8182000000006869', 'hex')); });
    q.on('data', (d) => {
      got = Buffer.concat([got, d]);
      if (got.length >= 4) { console.log(got.slice(2).toString()); c.destroy(); process.exit(0); }
    });
    q.on('error', (e) => { console.log('error ' + e.message); process.exit(1); });
  });
}).end();
"""


class Socket:
    """A stream as a socket: what wsclient reads from and writes to."""

    def __init__(self, c, n):
        self.c, self.n, self.taken = c, n, 0

    def sendall(self, data):
        self.c.body(self.n, data, end=False)

    def recv(self, size):
        st = self.c.stream(self.n)
        while len(st["body"]) == self.taken and not st["end"] and st["reset"] is None:
            self.c.recv()
        part = st["body"][self.taken:self.taken + size]
        self.taken += len(part)
        return part


def ask(c, authority, path, extra=(), method="CONNECT", protocol="websocket", early=b""):
    n = c.next
    c.fields(n, [f for f in [(":method", method), (":protocol", protocol), (":scheme", "https"),
                             (":authority", authority), (":path", path),
                             ("sec-websocket-version", "13")] if f[1] is not None] + list(extra),
             end=False)
    if early:
        c.body(n, early, end=False)
    st = c.stream(n)
    while not st["heads"] and st["reset"] is None:
        c.recv()
    return n, dict(st["heads"][0])[":status"] if st["heads"] else None


class Open(Reader):
    def __init__(self, w, path, **kw):
        self.server = Server(w.tls, path, **kw)
        self.c = h2wire.dial(w.gate, w.ws_api)
        self.n, status = ask(self.c, w.ws_api, path)
        want(status == "200", status)
        Reader.__init__(self, Socket(self.c, self.n))

    def __enter__(self):
        return self

    def __exit__(self, *a):
        self.c.close()


def opened(s, w):
    def echo():
        with Open(w, "/l-echo", extra=b"Sec-WebSocket-Protocol: chat\r\n") as ws:
            want(ws.c.settings.get(8) == 1, ws.c.settings)
            for first, payload in ((TEXT, b"hello"), (BINARY, bytes(range(256)) * 3), (TEXT, b""),
                                   (BINARY, b"z" * 300000), (PING, b"p")):
                ws.send(frame(first, payload))
                want(ws.server.next() == (first, payload, True), (first, len(payload)))
                want(ws.frame() == (PONG if first == PING else first, payload, False), first)
            want(ws.c.get(w.ws_api, "/beside")[0] == 200, "another stream")
            ws.send(frame(CLOSE, b"\x03\xe8bye"))
            want(ws.closed() == (1000, "bye"))
            st = ws.c.stream(ws.n)
            while not st["end"] and st["reset"] is None:
                ws.c.recv()
            want(st["end"], "reset: %s" % st["reset"])
            head = dict(st["heads"][0])
            want(head.get("sec-websocket-protocol") == "chat", head)
            want("sec-websocket-accept" not in head and "upgrade" not in head, head)
        seen = ws.server.head
        want(seen.startswith(b"GET /l-echo HTTP/1.1\r\n") and b"Upgrade: websocket" in seen, seen)
        want(b"protocol" not in seen.lower(), seen)
        ev = w.gate.wait_event("request", path="/l-echo")
        want(ev["status"] == 101 and ev["method"] == "GET", ev)
        want(w.gate.wait_event("ws_close", id=ev["id"])["bytes_out"] > 300000)
    s.case("L01 a WebSocket is opened by extended CONNECT, beside other streams", echo)

    def early():
        server = Server(w.tls, "/l-early")
        with h2wire.dial(w.gate, w.ws_api) as c:
            hello = frame(TEXT, b"GET / HTTP/1.1\r\n\r\n")
            n, status = ask(c, w.ws_api, "/l-early", extra=[("sec-websocket-key", "x")], early=hello)
            want(status == "200", status)
            want(server.next() == (TEXT, b"GET / HTTP/1.1\r\n\r\n", True))
            want(Reader(Socket(c, n)).frame()[1] == b"GET / HTTP/1.1\r\n\r\n")
    s.case("L01 what the client says before the answer is a message, not a request", early)

    def drip():
        with Open(w, "/l-drip") as ws:
            for b in frame(TEXT, b"slowly") + frame(TEXT, b"x" * 200):
                ws.send(bytes([b]))
            want(ws.server.next()[1] == b"slowly" and len(ws.server.next()[1]) == 200)
            ws.c.send(DATA, END_STREAM, ws.n)
            want(ws.server.next() == ("end",))
    s.case("L01 one byte in a frame of HTTP/2 each, and then the client's end", drip)

    def goes():
        with Open(w, "/l-goes", last=frame(CLOSE, b"\x03\xe9", None)) as ws:
            ws.send(frame(CLOSE, b"\x03\xe8"))
            want(ws.closed()[0] == 1001)
    s.case("L01 the server's own close comes over", goes)


def judged(s, w):
    for i, (sentence, frames) in enumerate(SECRETS):
        def check(i=i, frames=frames):
            with Open(w, "/l-secret%d" % i) as ws:
                ws.send(frames)
                code, reason = ws.closed()
                want(code == 1008 and "GitHub Token" in reason, (code, reason))
                while True:
                    got = ws.server.next()
                    want(len(got) == 1 or T not in got[1], "it has left")
                    if got[0] in ("end", CLOSE):
                        break
        s.case("L02 a secret %s: 1008" % sentence, check)
    for i, (sentence, before, last) in enumerate(SPLIT):
        def check(i=i, before=before, last=last):
            with Open(w, "/l-split%d" % i) as ws:
                ws.send(*before)
                ws.send(last)
                want(ws.closed()[0] == 1008)
        s.case("L02 a secret %s: 1008" % sentence, check)
    for i, (sentence, raw, code) in enumerate(BROKEN):
        def check(i=i, raw=raw, code=code):
            with Open(w, "/l-broken%d" % i) as ws:
                ws.send(raw)
                want(ws.closed()[0] == code)
        s.case("L02 %s: %d" % (sentence, code), check)


def refused(s, w):
    def handshake():
        before = len(w.tls.requests)  # others let it pass, with a warning
        with h2wire.dial(w.gate, w.ws_api) as c:
            for path, authority in (("/?k=" + TOKEN, w.ws_api), ("/", "evil.test")):
                n, _ = ask(c, authority, path)
                got = c.answer(n)
                want(got[0] == 403 and got[2].startswith((b"blocked: ", b"authority mismatch")), got)
            n, status = ask(c, w.ws_api, "/", extra=[("x-key", TOKEN)])
            want(status == "403" and b"header" in c.answer(n)[2])
            want(c.get(w.ws_api, "/on")[0] == 200)
        want(not any(T in r for r in w.tls.requests[before:]))
    s.case("L03 a handshake is judged like every request: 403", handshake)

    def protocols():
        with h2wire.dial(w.gate, w.ws_api) as c:
            for protocol in ("connect-udp", "WebSocket2", "h2c"):
                n, _ = ask(c, w.ws_api, "/", protocol=protocol)
                got = c.answer(n)
                want(got[0] == 405 and b"CONNECT is not for here" in got[2], got)
            n = c.next
            c.fields(n, [(":method", "CONNECT"), (":authority", w.ws_api)], end=False)
            want(c.answer(n)[0] == 405)
            want(c.get(w.ws_api, "/on")[0] == 200)
    s.case("L03 CONNECT for another protocol, or for none, is 405", protocols)

    def version():
        n = len(w.tls.requests)
        with h2wire.dial(w.gate, w.ws_api) as c:
            c.fields(c.next, [(":method", "CONNECT"), (":protocol", "websocket"),
                              (":scheme", "https"), (":authority", w.ws_api), (":path", "/l-ver"),
                              ("sec-websocket-version", "8")], end=False)
            want(c.answer(1)[0] == 400)
            want(c.get(w.ws_api, "/on")[0] == 200)
        want(not [r for r in w.tls.requests[n:] if b"/l-ver" in r])
    s.case("L03 a handshake that is none by the letter is 400", version)

    def no():
        w.tls.answers["/l-no"] = b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno"
        w.tls.answers["/l-200"] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        w.tls.answers["/l-bad"] = (b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                   b"Sec-WebSocket-Accept: no\r\n\r\n")
        with h2wire.dial(w.gate, w.ws_api) as c:
            n, status = ask(c, w.ws_api, "/l-no")
            want(status == "404" and c.answer(n)[2] == b"no")
            n, _ = ask(c, w.ws_api, "/l-200")
            want(c.answer(n)[0] == "reset")
            n, status = ask(c, w.ws_api, "/l-bad")
            want(status == "502", status)
            want(c.get(w.ws_api, "/on")[0] == 200)
    s.case("L03 the upstream's no comes over, what is neither yes nor no is reset", no)


def run(s, w):
    w.ws_api = "api.good.test:%d" % w.tls.port
    opened(s, w)
    judged(s, w)
    refused(s, w)

    def node():
        Server(w.tls, "/node-ws")
        out = subprocess.run(["node", "-e", NODE, str(w.gate.port), "api.good.test",
                              str(w.tls.port), w.pki.path("ca.pem")], timeout=30,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
        want(out == b"200\nhi\n", out)
    if shutil.which("node"):
        s.case("L04 node's http2 opens one", node)
