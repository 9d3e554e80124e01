#!/usr/bin/env python3
"""upstreams.py PKI-DIR ADDRESS - upstreams of all manners, good and bad, until standard input ends.

First a line with their ports as JSON; at the end one with what they saw: the numbers of the requests
(the last part of a path), and how often a secret came."""
import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "it", "gate"))
import h2wire  # noqa: E402
import wsclient  # noqa: E402
from harness import TOKEN  # noqa: E402

SECRET = TOKEN.encode()
seen, secrets, lock = set(), [], threading.Lock()


def note(path):
    m = re.search(rb"/(\d+)$", path)
    if m:
        with lock:
            seen.add(int(m.group(1)))


class Watched:
    """A socket all of whose incoming bytes are looked at."""

    def __init__(self, sock):
        self.sock, self.tail = sock, b""

    def recv(self, n):
        got = self.sock.recv(n)
        if SECRET in self.tail + got:
            secrets.append(time.time())
        self.tail = (self.tail + got)[-len(SECRET):]
        return got

    def __getattr__(self, name):
        return getattr(self.sock, name)


def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def answer(c, body, extra=b"", status=b"200 OK"):
    c.sendall(b"HTTP/1.1 %s\r\nX-Up: 1\r\nContent-Length: %d\r\n%s\r\n" % (status, len(body), extra) + body)
    return True


def chunks(c, pause, n):
    c.sendall(b"HTTP/1.1 200 OK\r\nX-Up: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(n):
        c.sendall(b"9\r\ndata: x\n\n\r\n")
        time.sleep(pause)
    c.sendall(b"0\r\nX-Sum: 1\r\n\r\n")
    return True


def eof(c):
    c.sendall(b"HTTP/1.1 200 OK\r\nX-Up: 1\r\n\r\n" + b"until the end " * 50)
    return False


def part(c, then):
    c.sendall(b"HTTP/1.1 200 OK\r\nX-Up: 1\r\nContent-Length: 1000\r\n\r\npart")
    return then(c)


def stall(c):
    c.settimeout(12)
    try:
        c.recv(1)
    except OSError:
        pass
    return False


def raw(text):
    def say(c):
        c.sendall(text)
        return False
    return say


def closing(c):
    answer(c, b"bye", b"Connection: close\r\n")
    return False


def unannounced(c):
    answer(c, b"bye")
    return False


HEAD = b"HTTP/1.1 200 OK\r\nX-Up: 1\r\n"
WAYS = {
    b"ok": lambda c: answer(c, b"ok"), b"big": lambda c: answer(c, b"b" * 300000),
    b"none": lambda c: answer(c, b"", status=b"404 Not Found"), b"grpc": lambda c: chunks(c, 0, 3),
    b"chunked": lambda c: chunks(c, 0, 30), b"sse": lambda c: chunks(c, 0.01, 20), b"eof": eof,
    b"cut": lambda c: part(c, lambda c: False), b"rstmid": lambda c: part(c, reset),
    b"stallmid": lambda c: part(c, stall), b"rst": reset, b"stall": stall, b"close": closing,
    b"unannounced": unannounced,
    b"badchunk": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"),
    b"flood": raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 200),
    b"hint": lambda c: c.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n") or answer(c, b"ok"),
    b"bighead": raw(HEAD + b"X-Pad: " + b"p" * 200000), b"garbage": raw(b"\x00\x01 no HTTP at all\r\n\r\n"),
    b"two": raw(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
}


class Reader:
    def __init__(self, sock):
        self.sock, self.buf = sock, b""

    def fill(self):
        more = self.sock.recv(65536)
        if not more:
            raise EOFError
        self.buf += more

    def until(self, mark):
        while mark not in self.buf:
            self.fill()
        got, self.buf = self.buf.split(mark, 1)
        return got

    def drop(self, n):
        while len(self.buf) < n:
            n -= len(self.buf)
            self.buf = b""
            self.fill()
        self.buf = self.buf[n:]

    def body(self, head):
        m = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if m:
            self.drop(int(m.group(1)))
        elif re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
            n = 1
            while n:
                n = int(self.until(b"\r\n"), 16)
                self.drop(n + 2)


def websocket(r, head):
    key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", head)
    r.sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   b"X-Up: 1\r\nSec-WebSocket-Accept: %s\r\n\r\n" % wsclient.accept(key.group(1)))
    ws = wsclient.Reader(r.sock, r.buf)
    while True:
        first, payload, _ = ws.frame()
        if SECRET in payload:
            secrets.append(time.time())
        r.sock.sendall(wsclient.frame(first, payload, None))
        if first == wsclient.CLOSE:
            return False


def one(r):
    head = r.until(b"\r\n\r\n")
    path = head.split(b" ")[1]
    note(path)
    way = path.split(b"/")[1]
    if way == b"ws":
        return websocket(r, head)
    if way == b"early":
        answer(r.sock, b"too much", b"Connection: close\r\n", b"413 Content Too Large")
        return stall(r.sock)
    r.body(head)
    return WAYS[way](r.sock)


def http1(sock):
    r = Reader(Watched(sock))
    while one(r):
        pass


class Http2:
    """What h2wire.ServerConn asks of an upstream."""

    def answer(self, conn, sid, fields, body):
        f = dict(fields)
        path = f[":path"].encode()
        note(path)
        if SECRET in body or any(TOKEN in v for v in f.values()):
            secrets.append(time.time())
        way = path.split(b"/")[1]
        conn.streams.pop(sid, None)
        fields = [(":status", "200"), ("x-up", "1")]
        if way in (b"cut", b"rstmid"):
            conn.send(h2wire.HEADERS, h2wire.END_HEADERS, sid, h2wire.block(fields))
            conn.send(h2wire.DATA, 0, sid, b"part")
            conn.send(h2wire.RST, 0, sid, struct.pack(">I", 2))
        elif way == b"rst":
            conn.send(h2wire.RST, 0, sid, struct.pack(">I", 7))
        elif way == b"garbage":
            conn.send(h2wire.DATA, 0, sid + 1000, b"out of the blue")
        elif way == b"grpc":
            conn.respond(sid, fields + [("content-type", "application/grpc")], b"\0\0\0\0\2ok",
                         [("grpc-status", "0")])
        else:
            conn.respond(sid, fields, b"b" * 15000 if way == b"big" else b"ok")
        if way in (b"close", b"unannounced"):
            conn.send(h2wire.GOAWAY, 0, 0, struct.pack(">II", sid, 0))
            raise h2wire.Closed()


def http2(sock):
    with h2wire.ServerConn(Watched(sock), Http2()) as conn:
        while True:
            conn.recv()


class Up:
    def __init__(self, ctx=None, slow=0.0, at=("127.0.0.1", 0)):
        self.ctx, self.slow = ctx, slow
        self.sock = socket.create_server(at, backlog=256)
        threading.Thread(target=self.accept, daemon=True).start()

    def port(self):
        return self.sock.getsockname()[1]

    def accept(self):
        while True:
            c, _ = self.sock.accept()
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        try:
            with c:
                c.settimeout(60)
                time.sleep(self.slow)
                c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if not self.ctx:
                    http1(c)
                    return
                with self.ctx.wrap_socket(c, server_side=True) as t:
                    (http2 if t.selected_alpn_protocol() == "h2" else http1)(t)
        except (OSError, EOFError, ValueError, h2wire.Closed):
            pass


def main():
    pki = sys.argv[1]

    def context(*alpn):
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ctx.load_cert_chain(os.path.join(pki, "good.pem"), os.path.join(pki, "good-key.pem"))
        ctx.set_alpn_protocols(list(alpn))
        return ctx
    ups = {"h2": Up(context("h2", "http/1.1")), "tls": Up(context("http/1.1")),
           "slow": Up(context("http/1.1"), slow=1.0), "plain": Up()}
    try:  # where transparent TLS leads to, whatever was asked for
        ups["sni"] = Up(context("http/1.1"), at=(sys.argv[2], 443))
    except PermissionError:
        pass
    print(json.dumps({k: u.port() for k, u in ups.items()}), flush=True)
    sys.stdin.read()
    with lock:
        print(json.dumps({"seen": sorted(seen), "secrets": len(secrets)}), flush=True)
    os._exit(0)  # threads may be in the middle of anything


if __name__ == "__main__":
    main()
