"""One connection of a client, and the book of what became of every request."""
import os
import re
import select
import socket
import ssl
import struct
import threading
import time

LIMIT = float(os.environ.get("SOAK_LIMIT", "20"))  # seconds in which everything ends
WAIT = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Book:
    """By number: what was asked and what became of it. "up" and "gate": a whole answer of status;
    "cut": a part of one; "none": not a byte; "left": the client went away first."""

    def __init__(self):
        self.lock, self.n, self.asked, self.ended = threading.Lock(), 0, {}, {}
        self.stuck, self.odd, self.counts = [], [], {}

    def new(self, op, secret=False):
        with self.lock:
            self.n += 1
            self.asked[self.n] = (op, secret)
            return self.n

    def end(self, n, how, status=0):
        with self.lock:
            self.ended[n] = (how, status)

    def count(self, what, n=1):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + n

    def hung(self, what):
        with self.lock:
            self.stuck.append(what)

    def strange(self, what):
        with self.lock:
            self.odd.append(what)


def abort(s):
    """Close with a reset."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


class Wire:
    def __init__(self, sock):
        sock.settimeout(LIMIT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.s, self.buf, self.eof = sock, b"", False

    def send(self, raw):
        """All of it, listening meanwhile: in one thread, for TLS is not for two."""
        left, end = memoryview(raw), time.time() + LIMIT
        self.s.setblocking(False)
        while left:
            if time.time() > end:
                raise socket.timeout("sending")
            try:
                self.take(self.s.recv(65536))
                if self.eof:
                    break
            except WAIT:
                pass
            except OSError:
                self.eof = True
                break
            try:
                left = left[self.s.send(left[:65536]):]
            except WAIT:
                select.select([self.s], [self.s], [], 0.05)
            except OSError:
                break
        self.s.settimeout(LIMIT)

    def take(self, got):
        self.buf += got
        self.eof = self.eof or not got

    def more(self):
        """False: there is no more; a timeout is the caller's."""
        if self.eof:
            return False
        try:
            self.take(self.s.recv(65536))
        except socket.timeout:
            raise
        except OSError:
            self.eof = True
        return not self.eof

    def until(self, mark):
        while mark not in self.buf:
            if not self.more():
                return None
        got, self.buf = self.buf.split(mark, 1)
        return got

    def drop(self, n):
        while len(self.buf) < n:
            n -= len(self.buf)
            self.buf = b""
            if not self.more():
                return False
        self.buf = self.buf[n:]
        return True

    def chunks(self):
        while True:
            size = self.until(b"\r\n")
            if size is None:
                return False
            if int(size, 16) == 0:
                while True:
                    line = self.until(b"\r\n")
                    if not line:
                        return line is not None
            if not self.drop(int(size, 16) + 2):
                return False

    def answer(self, head=False):
        """(how, status, stays open)"""
        while True:
            if not self.buf and not self.more():
                return "none", 0, False
            text = self.until(b"\r\n\r\n")
            if text is None:
                return "cut", 0, False
            status = int(text[9:12])
            if status >= 200 or status == 101:
                break
        fields = text.lower()
        who = "up" if b"\r\nx-up: 1" in fields else "gate"
        n = re.search(rb"\r\ncontent-length: *(\d+)", fields)
        stays = b"\r\nconnection: close" not in fields
        if status == 101 or head:
            whole = True
        elif b"\r\ntransfer-encoding: chunked" in fields:
            whole = self.chunks()
        elif n:
            whole = self.drop(int(n.group(1)))
        else:
            while self.more():
                self.buf = b""
            whole = stays = False  # with TLS as without, nobody can tell
            who = "cut"
        return (who if whole else "cut"), status, stays and not self.eof

    def close(self):
        self.s.close()


def request(method, path, host, body=b"", extra=b"", chunked=False):
    framing = b""
    if chunked:
        framing = b"Transfer-Encoding: chunked\r\n"
        pieces = [body[i:i + 7000] for i in range(0, len(body), 7000)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
    elif body or method == "POST":
        framing = b"Content-Length: %d\r\n" % len(body)
    return b"%s %s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n" % (method.encode(), path.encode(), host.encode(),
                                                        framing, extra) + body
