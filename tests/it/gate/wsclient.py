"""Both ends of a WebSocket (RFC 6455), by hand: every byte is the test's."""
import base64
import hashlib
import queue
import re

from harness import recv_answer

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
MASK = b"\x11\x22\x33\x44"
TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A


def accept(key):
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def frame(first, payload, mask=MASK):
    n = len(payload)
    size = bytes([n]) if n < 126 else b"\x7e" + n.to_bytes(2, "big") if n < 65536 else \
        b"\x7f" + n.to_bytes(8, "big")
    if not mask:
        return bytes([first]) + size + payload
    key = (mask * (n // 4 + 1))[:n]
    hidden = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(n, "big")
    return bytes([first]) + bytes([size[0] | 0x80]) + size[1:] + mask + hidden


class Reader:
    """Frames out of a socket: (first byte, payload unmasked, was it masked)."""

    def __init__(self, sock, rest=b""):
        self.sock, self.buf = sock, rest

    def take(self, n):
        while len(self.buf) < n:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError
            self.buf += more
        got, self.buf = self.buf[:n], self.buf[n:]
        return got

    def frame(self):
        first, size = self.take(2)
        n = size & 0x7f
        if n > 125:
            n = int.from_bytes(self.take(2 if n == 126 else 8), "big")
        mask = self.take(4) if size & 0x80 else b""
        payload = self.take(n)
        if mask:
            payload = bytes(b ^ mask[i & 3] for i, b in enumerate(payload))
        return first, payload, bool(mask)

    def send(self, *frames):
        self.sock.sendall(b"".join(frames))

    def closed(self):
        """(code, reason) of the close frame, everything before it thrown away."""
        while True:
            first, payload, _ = self.frame()
            if first == CLOSE:
                return int.from_bytes(payload[:2], "big"), payload[2:].decode()


class Server:
    """A path of an upstream that speaks WebSocket: what it got is in `got`, in order; it echoes
    messages, answers ping with pong and close with close (or `last`), and ends in ("end",)."""

    def __init__(self, up, path, accept=accept, extra=b"", echo=True, begin=b"", last=None):
        self.got, self.head = queue.Queue(), None
        self.accept, self.extra, self.echo, self.begin, self.last = \
            accept, extra, echo, begin, last
        up.answers[path] = self

    def __call__(self, c, head, body):
        self.head = head
        key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", head)
        c.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  b"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n%s"
                  % (self.accept(key.group(1) if key else b""), self.extra, self.begin))
        r = Reader(c, body)
        try:
            while True:
                f = r.frame()
                self.got.put(f)
                if f[0] == CLOSE:
                    c.sendall(frame(CLOSE, f[1], None) if self.last is None else self.last)
                    break
                if self.echo:
                    c.sendall(frame(PONG if f[0] == PING else f[0], f[1], None))
        except (EOFError, OSError):
            pass
        self.got.put(("end",))
        return False

    def next(self):
        return self.got.get(timeout=5)


def handshake(path, host, extra=b"", key=KEY, version=b"13", upgrade=b"websocket"):
    return (b"GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: %s\r\nConnection: keep-alive, Upgrade\r\n"
            b"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: %s\r\n%s\r\n"
            % (path, host, upgrade, key, version, extra))


class Client(Reader):
    """An open WebSocket over s, or the answer that was none in `answer`."""

    def __init__(self, s, path, host, **kw):
        super().__init__(s)
        s.settimeout(5)
        s.sendall(handshake(path, host, **kw))
        self.answer = b""
        while b"\r\n\r\n" not in self.answer:
            more = s.recv(1)
            if not more:
                break
            self.answer += more
        self.open = self.answer.startswith(b"HTTP/1.1 101 ")
        if not self.open:
            self.answer += recv_answer(s, 0.2)
