"""What clients do: each op is a connection or a few, good-natured or not, and writes in the book what
became of every request."""
import os
import random
import socket
import ssl
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "it", "gate"))
import h2wire  # noqa: E402
import wsclient  # noqa: E402
from harness import TOKEN  # noqa: E402
from wire import LIMIT, Wire, abort, request  # noqa: E402

SECRET = TOKEN.encode()
GOOD = ("ok", "ok", "ok", "ok", "big", "none", "chunked", "sse", "hint", "close", "unannounced")
BAD = ("eof", "cut", "rst", "rstmid", "badchunk", "flood", "bighead", "garbage", "two")
STREAMED = 300000  # bytes of a body that goes on in pieces


class Client:
    def __init__(self, world, seed):
        self.w, self.book, self.rng = world, world.book, random.Random(seed)

    def pick(self):
        return self.rng.choice(BAD if self.rng.random() < 0.25 else GOOD)

    def dial(self, port=None):
        return socket.create_connection(("127.0.0.1", port or self.w.port), timeout=LIMIT)

    def tunnel(self, host, port):
        """A Wire after CONNECT; None: refused, or the gate had no way."""
        wire = Wire(self.dial())
        wire.send(b"CONNECT %s:%d HTTP/1.1\r\nHost: %s:%d\r\n\r\n" % (host.encode(), port, host.encode(), port))
        if b"200" in (wire.until(b"\r\n\r\n") or b"")[:13]:
            return wire
        self.book.count("connect refused")
        wire.close()
        return None

    def tls(self, host=None, up="tls", ctx=None):
        host = host or "api.good.test"
        wire = self.tunnel(host, self.w.ups[up])
        if not wire:
            return None, ""
        return self.wrap(wire, host, ctx), "%s:%d" % (host, self.w.ups[up])

    def wrap(self, wire, host, ctx=None):
        try:
            return Wire((ctx or self.w.ctx).wrap_socket(wire.s, server_hostname=host))
        except socket.timeout:
            raise
        except OSError:  # a reload took the host away in between
            self.book.count("handshake cut")
            wire.close()
            return None

    def row(self, wire, host, before="", n=None):
        """Requests one after the other; before: of the path."""
        for _ in range(n or self.rng.randint(1, 8)):
            if not self.one(wire, host, before):
                break
        wire.close()

    def one(self, wire, host, before="", way=None):
        secret = self.rng.random() < 0.15
        way = way or self.pick()
        n = self.book.new(way, secret)
        path, body, extra, method = "%s/%s/%d" % (before, way, n), b"", b"", "GET"
        if secret or self.rng.random() < 0.4:
            method, body = "POST", self.text(secret)
            if secret and self.rng.random() < 0.3:
                body, extra = b"{}", b"X-Note: %s\r\n" % SECRET
        elif self.rng.random() < 0.1:
            method = "HEAD"
        wire.send(request(method, path, host, body, extra, chunked=bool(body) and self.rng.random() < 0.4))
        how, status, stays = wire.answer(head=method == "HEAD")
        self.book.end(n, how, status)
        return stays and how != "cut"

    def text(self, secret):
        fill = b"Here is main.c; the loop over rows[i] is slow. " * self.rng.randint(1, 300)
        return b'{"role":"user","content":"%s%s"}' % (fill, b" key " + SECRET if secret else b"")

    # ---- ops

    def op_tls(self):
        wire, host = self.tls()
        if wire:
            self.row(wire, host)

    def op_plain(self):
        host = "plain.good.test:%d" % self.w.ups["plain"]
        self.row(Wire(self.dial()), host, "http://" + host)

    def op_transparent_http(self):
        self.row(Wire(self.dial(self.w.http_port)), "plain.good.test:%d" % self.w.ups["plain"])

    def op_transparent_tls(self):
        if "sni" in self.w.ups:
            wire = self.wrap(Wire(self.dial(self.w.tls_port)), "t.wild.test")
            if wire:
                self.row(wire, "t.wild.test")

    def op_toggled(self):
        wire, host = self.tls("m.good.test")
        if wire:
            self.row(wire, host, n=20)

    def op_slow_tls(self):
        wire, host = self.tls(up="slow")
        if wire:
            self.row(wire, host, n=2)

    def op_refused(self):
        n = self.book.new("refused")
        host = "n%d.nope.test:443" % n
        wire = Wire(self.dial())
        wire.send(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (host.encode(), host.encode()))
        how, status, _ = wire.answer()
        self.book.end(n, how, status)
        wire.close()

    def op_no_upstream(self):
        n = self.book.new("dead")
        host = "plain.good.test:%d" % self.w.dead
        wire = Wire(self.dial())
        wire.send(request("GET", "http://%s/dead/%d" % (host, n), host))
        how, status, _ = wire.answer()
        self.book.end(n, how, status)
        wire.close()

    def op_pipelined(self):
        host = "plain.good.test:%d" % self.w.ups["plain"]
        ns = [self.book.new("ok") for _ in range(self.rng.randint(2, 8))]
        wire = Wire(self.dial())
        wire.send(b"".join(request("GET", "http://%s/ok/%d" % (host, n), host) for n in ns))
        if self.rng.random() < 0.3:
            wire.s.shutdown(socket.SHUT_WR)  # and the answers come all the same
        for n in ns:
            how, status, _ = wire.answer()
            self.book.end(n, how, status)
        wire.close()

    def op_upload(self):
        secret, early = self.rng.random() < 0.2, self.rng.random() < 0.2
        wire, host = self.tls()
        if not wire:
            return
        n = self.book.new("early" if early else "upload", False)  # its head may leave before the end
        body = b"the loop over rows is slow, " * (STREAMED // 28) + (SECRET if secret else b"") + b" end"
        wire.send(request("POST", "/%s/%d" % ("early" if early else "ok", n), host, body,
                          chunked=self.rng.random() < 0.5))
        how, status, _ = wire.answer()
        self.book.end(n, how, status)
        if secret and not early and how == "up":
            self.book.strange("a secret in pieces was let through: %d" % n)
        wire.close()

    def op_slow_reader(self):
        host = "plain.good.test:%d" % self.w.ups["plain"]
        n = self.book.new("big")
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(LIMIT)
        s.connect(("127.0.0.1", self.w.port))
        wire = Wire(s)
        wire.send(request("GET", "http://%s/big/%d" % (host, n), host))
        for _ in range(20):
            time.sleep(0.02)
            wire.take(wire.s.recv(2000))
        how, status, _ = wire.answer()
        self.book.end(n, how, status)
        wire.close()

    def op_stall(self):
        """The client has no patience, or the gate ends it: idle_timeout_seconds."""
        wire, host = self.tls()
        if not wire:
            return
        way = self.rng.choice(("stall", "stallmid"))
        n = self.book.new(way)
        wire.send(request("GET", "/%s/%d" % (way, n), host))
        if way == "stall":
            wire.s.settimeout(self.rng.random())
            try:
                wire.answer()
            except socket.timeout:
                pass
            self.book.end(n, "left")
            abort(wire.s)
            return
        how, status, _ = wire.answer()
        self.book.end(n, how, status)
        wire.close()

    def op_leaves(self):
        """Somewhere in the middle: of a head, a body, an answer."""
        wire, host = self.tls() if self.rng.random() < 0.5 else (None, "")
        before = ""
        if not wire:
            host = "plain.good.test:%d" % self.w.ups["plain"]
            wire, before = Wire(self.dial()), "http://" + host
        n = self.book.new("left")
        way = self.rng.choice(("big", "sse", "ok"))
        raw = request(self.rng.choice(("GET", "POST")), "%s/%s/%d" % (before, way, n), host,
                      self.text(False) if self.rng.random() < 0.5 else b"")
        where = self.rng.random()
        wire.send(raw[:int(len(raw) * where * 1.5)])
        if where > 0.7 and self.rng.random() < 0.7:
            wire.more()
        self.book.end(n, "left")
        if self.rng.random() < 0.6:
            abort(wire.s)
        else:
            wire.close()

    def op_noise(self):
        s = self.dial(self.rng.choice((self.w.port, self.w.tls_port, self.w.http_port)))
        s.sendall(self.rng.choice((b"", b"\x16\x03\x01\x02\x00\x01", b"\x00" * 50, b"GET", b"PRI * HTTP/2.0\r\n\r\nSM",
                                   b"CONNECT api.good.test:443 HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n\r\n")))
        if self.rng.random() < 0.5:
            abort(s)
        else:
            s.close()

    def op_sni(self):
        wire = self.tunnel("api.good.test", self.w.ups["tls"])
        if wire and self.wrap(wire, "m.good.test"):
            self.book.strange("another server name than the tunnel's was served")

    def op_passthrough(self):
        wire, host = self.tls("pass.test", ctx=self.w.ctx_up)
        if not wire:
            return
        self.thrice(wire, host, "a tunnel broke")

    def op_forward(self):
        wire = Wire(self.dial(self.w.forward_port))
        self.thrice(wire, "x", "a forward broke")

    def thrice(self, wire, host, wrong):
        """Nothing but its idle time may end it, which a machine with much to do may let pass."""
        for _ in range(3):
            began = time.time()
            wire.send(request("GET", "/ok/0", host))
            if wire.answer()[:2] != ("up", 200):
                if time.time() < began + 2:
                    self.book.strange(wrong)
                break
        wire.close()

    def op_websocket(self):
        wire, host = self.tls()
        if not wire:
            return
        n = self.book.new("ws")
        try:
            ws = wsclient.Client(wire.s, b"/ws/%d" % n, host.encode())
        except OSError:
            ws = None
        if not ws or not ws.open:
            self.book.end(n, "cut" if ws else "none")
            wire.close()
            return
        self.book.end(n, "up", 101)
        wire.s.settimeout(LIMIT)
        secret = self.rng.random() < 0.2
        try:
            self.talk(ws, secret)
        except (EOFError, ConnectionError, ssl.SSLError):
            self.book.count("websocket cut")
        if self.rng.random() < 0.3:
            abort(wire.s)
        else:
            wire.close()

    def talk(self, ws, secret):
        for i in range(self.rng.randint(1, 10)):
            text = b"message %d " % i * self.rng.randint(1, 500)
            if self.rng.random() < 0.3:
                ws.send(wsclient.frame(0x01, text[:9]), wsclient.frame(wsclient.PING, b"p"),
                        wsclient.frame(0x80, text[9:]))
            else:
                ws.send(wsclient.frame(wsclient.TEXT, text))
            first = b""
            while first != text:
                kind, first, _ = ws.frame()
                if kind == wsclient.CLOSE:
                    return
        ws.send(wsclient.frame(wsclient.TEXT, SECRET) if secret else
                wsclient.frame(wsclient.CLOSE, b"\x03\xe8"))
        code, _ = ws.closed()
        if code != (1008 if secret else 1000) and code != 1001:
            self.book.strange("websocket closed with %d" % code)

    def op_h2(self):
        wire, host = self.tls(up=self.rng.choice(("h2", "h2", "tls")), ctx=self.w.ctx_h2)
        if not wire:
            return
        ns, h = {}, None
        try:
            h = h2wire.H2(wire.s)
            wire.s.settimeout(LIMIT)
            for _ in range(self.rng.randint(1, 12)):
                self.stream(h, host, ns)
            if self.rng.random() < 0.1:
                for n in ns.values():
                    self.book.end(n, "left")
                abort(wire.s)
                return
            while any(not self.over(h.stream(sid)) for sid in ns):
                h.recv()
        except (h2wire.Closed, ConnectionError, ssl.SSLError, BrokenPipeError):
            self.book.count("h2 cut")
        for sid, n in ns.items():
            self.book.end(n, *self.outcome(h.stream(sid)))
        wire.close()

    def stream(self, h, host, ns):
        secret = self.rng.random() < 0.15
        way = self.rng.choice(("ok", "ok", "big", "cut", "rst", "rstmid", "garbage", "grpc", "close",
                               "unannounced"))
        n = self.book.new("h2 " + way, secret)
        body = self.text(secret) if secret or self.rng.random() < 0.3 else b""
        extra = []
        if way == "grpc":
            body = b"\0" + struct.pack(">I", len(body)) + body
            extra = [("content-type", "application/grpc"), ("te", "trailers")]
        sid = h.next
        ns[sid] = n
        h.head(host, "/%s/%d" % (way, n), "POST" if body else "GET", extra=extra, end=not body)
        if body:
            h.body(sid, body)
        if self.rng.random() < 0.05:
            h.send(h2wire.RST, 0, sid, struct.pack(">I", 8))
            h.stream(sid)["reset"] = -1

    def over(self, st):
        return st["end"] or st["reset"] is not None

    def outcome(self, st):
        heads = [dict(f) for f in st["heads"]]
        final = [f for f in heads if ":status" in f and not f[":status"].startswith("1")]
        if st["reset"] == -1 and not st["end"]:
            return "left", 0
        if not final:
            return "none", 0
        if not st["end"]:
            return "cut", int(final[0][":status"])
        return "up" if "x-up" in final[0] else "gate", int(final[0][":status"])

    def op_nginx(self):
        if self.w.nginx:
            wire = self.tunnel("api.good.test", self.w.nginx)
            wire = wire and self.wrap(wire, "api.good.test")
            for _ in range(5 if wire else 0):
                n = self.book.new("nginx")
                wire.send(request("GET", "/nginx/%d" % n, "api.good.test:%d" % self.w.nginx))
                how, status, stays = wire.answer()
                self.book.end(n, how, status)
                if not stays:
                    break
            if wire:
                wire.close()

    def op_dns(self):
        label = self.rng.choice(("api.good.test", "nope.test"))
        q = struct.pack(">HHHHHH", self.rng.randrange(65536), 0x100, 1, 0, 0, 0) + b"".join(
            bytes([len(p)]) + p.encode() for p in label.split(".")) + b"\0\0\1\0\1"
        if self.rng.random() < 0.5:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(LIMIT)
            s.sendto(q, ("127.0.0.1", self.w.dns_port))
            got = s.recv(4096)
            s.close()
        else:
            wire = Wire(self.dial(self.w.dns_port))
            wire.send(struct.pack(">H", len(q)) + q)
            while len(wire.buf) < 4 and wire.more():
                pass
            got = wire.buf[2:]
            wire.close()
        if got[:2] != q[:2] or (got[3] & 15) != (0 if label == "api.good.test" else 3):
            self.book.strange("DNS for %s: %r" % (label, got[:12]))


OPS = [n for n in dir(Client) if n.startswith("op_")]
OFTEN = ["op_tls", "op_plain", "op_h2", "op_pipelined"] * 3


def run(world, seed):
    """One client until the world stops."""
    me = Client(world, seed)
    while not world.stopping.is_set():
        op = me.rng.choice(OPS + OFTEN)
        me.book.count(op)
        try:
            getattr(me, op)()
        except socket.timeout:
            me.book.hung(op)
        except OSError as e:
            me.book.count("%s: %s" % (op, type(e).__name__))
        world.stopping.wait(me.rng.random() * world.pause)
