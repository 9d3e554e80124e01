"""M of D03: kinds of credentials, as codings, in every place that a request has, through the gate. All kinds
and codings are in tests/unit/test_scan_matrix.c, whose table stands in docs/reference/scanning.md."""
import base64
import codecs
import gzip
import json
import struct

import h2wire
from d_rows import FORM, JSON, request
from harness import TOKEN, status, want
from wsclient import BINARY, TEXT, Client, Server, frame

# Made up, and put together here: the tree holds none.
KINDS = {
    "GitHub Token": TOKEN,
    "Anthropic API Key": "sk-" + "ant-api03-" + "7Kq2Zx9Vb4Nm1Rt6Yw3Hs8Jd5Lf0Pg" * 3,
    "AWS Access ID": "AK" + "IAQ7ZX2VB9NM4RT1YW",
    "Slack Token": "xo" + "xb-123456789012-7Kq2Zx9Vb4Nm1Rt6Yw3Hs8Jd",
}


def each(form):
    return lambda k: "".join(form % c for c in k).encode()



CODINGS = {
    "plain": lambda k: k,
    "base64": base64.b64encode,
    "base64 without padding": lambda k: base64.b64encode(k).rstrip(b"="),
    "base64url": lambda k: base64.urlsafe_b64encode(k),
    "base64 twice": lambda k: base64.b64encode(base64.b64encode(k)),
    "base32": base64.b32encode,
    "hex": lambda k: k.hex().encode(),
    "capital hex": lambda k: k.hex().upper().encode(),
    "hex with colons": lambda k: k.hex(":").encode(),
    "hex escapes": each("\\x%02x"),
    "unicode escapes": each("\\u%04x"),
    "percent": each("%%%02x"),
    "percent twice": each("%%25%02x"),
    "percent three times": each("%%2525%02x"),
    "zero-width spaces": lambda k: "\u200b".join(k.decode()).encode(),
    "full-width": lambda k: "".join(chr(c + 0xfee0) for c in k).encode(),
    "UTF-16": lambda k: k.decode().encode("utf-16-le"),
    "base64 of UTF-16": lambda k: base64.b64encode(k.decode().encode("utf-16-le")),
    "base64 of UTF-16, big-endian": lambda k: base64.urlsafe_b64encode(k.decode().encode("utf-16-be")),
    "base64 of UTF-16, marked": lambda k: base64.b64encode(k.decode().encode("utf-16")),
    "base32 of UTF-16": lambda k: base64.b32encode(k.decode().encode("utf-16-le")),
    "hex of UTF-16": lambda k: k.decode().encode("utf-16-be").hex().encode(),
    "percent of UTF-16": lambda k: b"".join(b"%%%02x%%00" % c for c in k),
    "HTML entities": each("&#%d;"),
    "hex entities": each("&#x%x;"),
    "line breaks": lambda k: b"\r\n".join(k[i:i + 9] for i in range(0, len(k), 9)),
}
NOT_IN_HEAD = ("UTF-16", "line breaks")  # what has NUL or a line break in it is no field
BASIC = ("zero-width spaces", "full-width")  # docs/reference/scanning.md, "Misses"


def quote(raw):
    """As a string of JSON, whatever it is."""
    text = raw.decode("latin-1") if any(c > 127 for c in raw) and b"\0" in raw else raw.decode("utf-8")
    return json.dumps(text, ensure_ascii=False).encode()


def escape(raw):
    """As browsers write it in a URL or form."""
    return b"".join(bytes([c]) if c < 128 and chr(c).isalnum() or c in b"-._~" else b"%%%02X" % c for c in raw)


def part(head, body):
    return dict(fields=b"Content-Type: multipart/form-data; boundary=q\r\n",
                body=b"--q\r\n" + head + b"\r\n\r\n" + body + b"\r\n--q--\r\n")


def printable(raw):
    return b"=\r\n".join(codecs.encode(raw[i:i + 20], "quopri").replace(b"\n", b"=0A") for i in range(0, len(raw), 20))


PLACES = {
    "path": lambda c: dict(path=b"/a/" + escape(c), method=b"GET"),
    "query": lambda c: dict(path=b"/a?page=2&q=" + escape(c), method=b"GET"),
    "header": lambda c: dict(fields=b"X-Note: " + c + b"\r\n", method=b"GET"),
    "cookie": lambda c: dict(fields=b"Cookie: a=1; b=" + c + b"\r\n", method=b"GET"),
    "Basic": lambda c: dict(fields=b"Authorization: Basic " + base64.b64encode(b"u:" + c) + b"\r\n", method=b"GET"),
    "text": lambda c: dict(fields=b"Content-Type: text/plain\r\n", body=b"see " + c),
    "no type": lambda c: dict(body=c),
    "JSON value": lambda c: dict(fields=JSON, body=b'{"a": [{"b": ' + quote(c) + b"}]}"),
    "JSON key": lambda c: dict(fields=JSON, body=b'{"a": {' + quote(c) + b": 1}}"),
    "form": lambda c: dict(fields=FORM, body=b"a=1&b=" + escape(c)),
    "multipart": lambda c: part(b"Content-Disposition: form-data; name=f", c),
    "multipart, a file": lambda c: part(b"Content-Disposition: form-data; name=f; filename=x\r\nContent-Type: "
                                        b"application/octet-stream", b"\0\1\2" + c),
    "base64 part": lambda c: part(b"Content-Transfer-Encoding: base64", base64.b64encode(c)),
    "quoted-printable part": lambda c: part(b"Content-Transfer-Encoding: quoted-printable", printable(c)),
    "gzip": lambda c: dict(fields=b"Content-Encoding: gzip\r\n", body=gzip.compress(c)),
    "binary": lambda c: dict(fields=b"Content-Type: application/octet-stream\r\n",
                             body=bytes(range(256)) + b"\0" + c + b"\0" + bytes(range(255, 0, -1))),
}
HEAD = ("header", "cookie")


def missed(place, coding):
    if place in HEAD and coding in NOT_IN_HEAD:
        return True
    return place == "Basic" and coding in BASIC


def run(s, w):
    host = b"plain.good.test:%d" % w.plain.port
    g = w.open([host.decode()], monitoring={"entropy_threshold": 8, "max_url_length": 0})

    for place, put in PLACES.items():
        def check(place=place, put=put):
            left, before = [], len(w.plain.requests)
            for coding, code in CODINGS.items():
                if missed(place, coding):
                    continue
                for kind, key in KINDS.items():
                    got = g.say(request(host, scheme=b"http", **put(code(key.encode()))))
                    if status(got) != 403:
                        left.append((coding, kind, status(got)))
            want(not left and len(w.plain.requests) == before, left)
        s.case("D03 %d kinds in %d codings in %s: 403" % (len(KINDS), len(CODINGS), place), check)

    messages(s, w)


def messages(s, w):
    """Places that are no request: messages of a WebSocket, and of gRPC on streams of a connection."""
    host = b"plain.good.test:%d" % w.plain.port
    api = "api.good.test:%d" % w.tls.port
    g = w.open([host.decode(), api])

    def socket():
        left = []
        server = Server(w.plain, "/matrix")
        for coding, code in CODINGS.items():
            for first in (TEXT, BINARY):
                if first == TEXT and coding == "UTF-16":
                    continue
                c = Client(g.dial(), b"http://" + host + b"/matrix", host)
                want(c.open, c.answer)
                c.send(frame(first, code(TOKEN.encode())))
                if c.closed()[0] != 1008:
                    left.append((coding, first))
                c.sock.close()
        want(not left, left)
        while not server.got.empty():
            want(server.got.get()[0] not in (TEXT, BINARY), "a message arrived")
    s.case("D03 %d codings in messages of a WebSocket: 1008" % len(CODINGS), socket)

    def hear(conn, _head, _body):
        """Until the gate ends it: an answer before the end of a call would be the answer."""
        while conn.recv(65536):
            pass
        return False
    w.tls.answers["/t.T/Hear"] = hear

    def grpc(later):
        left = []
        for coding, code in CODINGS.items():
            with h2wire.dial(g, api) as c:
                for kind, key in KINDS.items():
                    text = code(key.encode())
                    size = bytes([0x80 | len(text) & 127, len(text) >> 7]) if len(text) > 127 else bytes([len(text)])
                    inner = b"\x0a" + size + text
                    n = c.head(api, "/t.T/Hear", "POST", extra=[("content-type", "application/grpc"),
                                                             ("te", "trailers")], end=False)
                    if later:
                        c.body(n, b"\0\0\0\0\4\x0a\2hi", end=False)
                    c.body(n, b"\0" + struct.pack(">I", len(inner)) + inner, end=not later)
                    if c.answer(n)[1].get("grpc-status") != "7":  # PERMISSION_DENIED
                        left.append((coding, kind))
        want(not left, left)
    s.case("D03 %d kinds in %d codings in a message of gRPC: refused" % (len(KINDS), len(CODINGS)),
           lambda: grpc(False))
    s.case("D03 also in a later one of a call", lambda: grpc(True))
