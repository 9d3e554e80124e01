"""HTTP/2 by hand: frames as bytes, so that a test can send what no library would."""
import socket
import ssl
import struct
import sys
import threading

try:
    import hpack
except ImportError:  # another python3 than the distribution's, which has the package
    sys.path.append("/usr/lib/python3/dist-packages")
    import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONT = range(10)
END_STREAM, END_HEADERS, ACK = 1, 4, 1
CALM = 11


def frame(kind, flags, stream, body=b""):
    return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body


def block(fields):
    """Literal fields without indexing and without Huffman: any byte can be sent."""
    def text(s):
        s = s if isinstance(s, bytes) else s.encode()
        n = len(s)
        if n < 127:
            return bytes([n]) + s
        n, out = n - 127, b"\x7f"
        while n >= 128:
            out += bytes([n & 127 | 128])
            n >>= 7
        return out + bytes([n]) + s
    return b"".join(b"\0" + text(k) + text(v) for k, v in fields)


class Closed(Exception):
    pass


class H2:
    """A client. answers: by stream (status, fields, body, trailers, reset code)."""

    def __init__(self, sock, settings=b""):
        self.s = sock
        self.s.settimeout(10)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buf, self.decoder, self.streams, self.next = b"", hpack.Decoder(), {}, 1
        self.decoder.max_header_list_size = 1 << 20
        self.goaway, self.settings = None, {}
        self.pings, self.deaf = 0, False  # deaf: answers none of them
        self.given, self.opened = {}, {}  # bytes sent, window updates, by stream
        self.greet(settings)

    def greet(self, settings):
        self.s.sendall(PREFACE + frame(SETTINGS, 0, 0, settings))

    def send(self, kind, flags, stream, body=b""):
        self.s.sendall(frame(kind, flags, stream, body))

    def head(self, authority, path="/", method="GET", scheme="https", extra=(), end=True):
        n, self.next = self.next, self.next + 2
        fields = [(":method", method), (":scheme", scheme), (":authority", authority),
                  (":path", path)] + list(extra)
        self.fields(n, [f for f in fields if f[1] is not None], end)
        return n

    def fields(self, n, fields, end=True):
        raw = block(fields)
        first, rest = raw[:16384], raw[16384:]
        flags = END_STREAM if end else 0
        self.send(HEADERS, flags | (0 if rest else END_HEADERS), n, first)
        while rest:
            part, rest = rest[:16384], rest[16384:]
            self.send(CONT, 0 if rest else END_HEADERS, n, part)
        self.next = max(self.next, n + 2)

    def body(self, n, data, end=True):
        """As far as the windows allow; the rest when they do. Not further than the answer."""
        while True:
            part = data[:min(16384, self.window(n), self.window(0))]
            data = data[len(part):]
            self.given[n] = self.given.get(n, 0) + len(part)
            self.given[0] = self.given.get(0, 0) + len(part)
            if part or not data:
                self.send(DATA, END_STREAM if end and not data else 0, n, part)
            if not data:
                return
            while not self.window(n) or not self.window(0):
                if self.stream(n)["end"] or self.stream(n)["reset"] is not None:
                    return
                self.recv()

    def window(self, n):
        first = self.settings.get(4, 65535) if n else 65535
        return first + self.opened.get(n, 0) - self.given.get(n, 0)

    def get(self, *a, **kw):
        return self.answer(self.head(*a, **kw))

    def stream(self, n):
        return self.streams.setdefault(n, {"heads": [], "body": b"", "end": False, "reset": None})

    def recv(self):
        """One frame, taken note of."""
        while len(self.buf) < 9 or len(self.buf) < 9 + int.from_bytes(self.buf[:3], "big"):
            try:
                more = self.s.recv(65536)
            except (ConnectionError, ssl.SSLError):
                more = b""
            if not more:
                raise Closed()
            self.buf += more
        n = int.from_bytes(self.buf[:3], "big")
        kind, flags = self.buf[3], self.buf[4]
        sid = int.from_bytes(self.buf[5:9], "big")
        body, self.buf = self.buf[9:9 + n], self.buf[9 + n:]
        self.note(kind, flags, sid, body)
        return kind, flags, sid, body

    def note(self, kind, flags, sid, body):
        if kind == SETTINGS and not flags & ACK:
            for i in range(0, len(body), 6):
                k, v = struct.unpack(">HI", body[i:i + 6])
                self.settings[k] = v
            self.send(SETTINGS, ACK, 0)
        elif kind == WINDOW:
            self.opened[sid] = self.opened.get(sid, 0) + struct.unpack(">I", body)[0]
        elif kind == PING and not flags & ACK:
            self.pings += 1
            if not self.deaf:
                self.send(PING, ACK, 0, body)
        elif kind == GOAWAY:
            self.goaway = struct.unpack(">I", body[4:8])[0]
        elif kind == RST:
            self.stream(sid)["reset"] = struct.unpack(">I", body)[0]
        elif kind == HEADERS:
            self.stream(sid)["heads"].append(self.decoder.decode(body))
        elif kind == DATA:
            self.stream(sid)["body"] += body
            if body:
                self.send(WINDOW, 0, 0, struct.pack(">I", len(body)))
                if not flags & END_STREAM:
                    self.send(WINDOW, 0, sid, struct.pack(">I", len(body)))
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            self.stream(sid)["end"] = True

    def answer(self, n):
        """(status, first head as a dict, body, last head as a dict), or ("reset", code)."""
        st = self.stream(n)
        while not st["end"] and st["reset"] is None:
            self.recv()
        if not st["end"]:
            return ("reset", st["reset"], b"", {})
        heads = [dict(h) for h in st["heads"]]
        final = [h for h in heads if not h.get(":status", "2").startswith("1")]
        return (int(final[0][":status"]), final[0], st["body"], final[-1])

    def until_closed(self):
        """The code of the GOAWAY before the end, None without one."""
        try:
            while True:
                self.recv()
        except Closed:
            return self.goaway

    def ping(self):
        """Everything sent so far was looked at."""
        self.send(PING, 0, 0, b"pingpong")
        while True:
            kind, flags, _, body = self.recv()
            if kind == PING and flags & ACK and body == b"pingpong":
                return

    def close(self):
        self.s.close()

    def __enter__(self):
        return self

    def __exit__(self, *a):
        self.close()


class Upstream:
    """A server. Answers what `answers` has for a path, called with (connection, stream, fields,
    body); else an echo of method and path."""

    def __init__(self, cert, key, alpn=("h2",)):
        self.ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ctx.load_cert_chain(cert, key)
        self.ctx.set_alpn_protocols(list(alpn))
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.sock.getsockname()[1]
        self.requests, self.answers, self.conns = [], {}, []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            c, _ = self.sock.accept()
            threading.Thread(target=self._serve, args=(c,), daemon=True).start()

    def _serve(self, c):
        try:
            with ServerConn(self.ctx.wrap_socket(c, server_side=True), self) as conn:
                self.conns.append(conn)
                while True:
                    conn.recv()
        except (OSError, Closed):
            pass

    def answer(self, conn, sid, fields, body):
        f = dict(fields)
        self.requests.append((fields, body))
        way = self.answers.get(f[":path"])
        if way:
            way(conn, sid, fields, body)
            return
        text = ("%s %s %d\n" % (f[":method"], f[":path"], len(body))).encode()
        head = f[":method"] == "HEAD"
        conn.respond(sid, [(":status", "200"), ("content-length", str(len(text)))],
                     b"" if head else text)

    def saw(self, text):
        return any(text in b or any(text.decode() in k + v for k, v in f) for f, b in self.requests)


class ServerConn(H2):
    def __init__(self, sock, upstream):
        self.upstream, self.greeted = upstream, False
        H2.__init__(self, sock)

    def greet(self, settings):
        self.s.settimeout(20)
        self.send(SETTINGS, 0, 0, settings)

    def recv(self):
        while not self.greeted:
            more = self.s.recv(65536)
            if not more:
                raise Closed()
            self.buf += more
            if not (self.buf + PREFACE[len(self.buf):]).startswith(PREFACE):
                raise Closed()
            if len(self.buf) >= len(PREFACE):
                self.buf, self.greeted = self.buf[len(PREFACE):], True
        kind, flags, sid, body = got = H2.recv(self)
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            st = self.stream(sid)
            self.upstream.answer(self, sid, st["heads"][0], st["body"])
        return got

    def respond(self, sid, fields, body=b"", trailers=()):
        raw = block(fields)
        self.send(HEADERS, END_HEADERS | (0 if body or trailers else END_STREAM), sid, raw)
        if body:
            self.send(DATA, 0 if trailers else END_STREAM, sid, body)
        if trailers:
            self.send(HEADERS, END_HEADERS | END_STREAM, sid, block(trailers))


def dial(gate, authority, settings=b"", alpn=("h2", "http/1.1")):
    ctx = ssl.create_default_context(cafile=gate.pki.path("ca.pem"))
    ctx.set_alpn_protocols(list(alpn))
    s = gate.tls(authority, ctx=ctx)
    if s.selected_alpn_protocol() != "h2":
        raise AssertionError("ALPN: %s" % s.selected_alpn_protocol())
    return H2(s, settings)
