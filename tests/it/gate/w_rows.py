"""W: WebSocket: the handshake, frames that are none, secrets in messages, real clients."""
import json
import os
import shutil
import subprocess

from harness import TOKEN, status, want, want_status
from wsclient import BINARY, CLOSE, KEY, PING, PONG, TEXT, Client, Server, accept, frame, handshake

T = TOKEN.encode()
HERE = os.path.dirname(os.path.abspath(__file__))
# sentence, frames, close code
BROKEN = [
    ("a frame without a mask", frame(TEXT, b"hi", None), 1002),
    ("a reserved bit", frame(0xC1, b"hi"), 1002),
    ("an opcode nobody knows", frame(0x83, b"hi"), 1002),
    ("a control frame over 125 bytes", frame(PING, b"x" * 126), 1002),
    ("a control frame in parts", frame(0x09, b"x"), 1002),
    ("a length that is too long", b"\x81\xfe\x00\x02\x00\x00\x00\x00hi", 1002),
    ("a length of 64 bits", b"\x82\xff\xff" + b"\0" * 11, 1002),
    ("a continuation of nothing", frame(0x80, b"hi"), 1002),
    ("a message inside of another", frame(0x01, b"a") + frame(TEXT, b"b"), 1002),
    ("a close with half a code", frame(CLOSE, b"\x03"), 1002),
    ("a close with code 1005", frame(CLOSE, b"\x03\xed"), 1002),
]
# sentence, frames: blocked
SECRETS = [
    ("in a text", frame(TEXT, b"my key is " + T)),
    ("in a binary message", frame(BINARY, b"\0\1\2" + T + b"\xff")),
    ("over three fragments", frame(0x01, T[:11]) + frame(0x00, T[11:20]) + frame(0x80, T[20:])),
    ("over fragments with a ping between", frame(0x02, T[:20]) + frame(PING, b"x")
     + frame(0x80, T[20:])),
    ("in a JSON string, escaped", frame(TEXT, json.dumps({"a": {"b": "x\\" + TOKEN}}).replace(
        "ghp_", "\\u0067hp_").encode())),
    ("over two members of a JSON object", frame(TEXT, json.dumps(
        {"a": TOKEN[:20], "b": TOKEN[20:]}).encode())),
    ("in what looks like JSON and is none", frame(TEXT, b'{"a": ' + T)),
    ("in a ping", frame(PING, T)),
    ("in the reason of a close", frame(CLOSE, b"\x03\xe8" + T)),
]
# sentence, messages before, the one that is blocked
SPLIT = [
    ("over two messages", [frame(TEXT, T[:17])], frame(TEXT, T[17:])),
    ("typed letter by letter", [frame(TEXT, bytes([b])) for b in T[:39]], frame(TEXT, T[39:])),
    ("over a text and a binary message", [frame(TEXT, b"x" * 2000 + T[:30])],
     frame(BINARY, T[30:] + b"y" * 5000)),
    ("over two pings", [frame(PING, T[:25])], frame(PING, T[25:])),
]


def run(s, w):
    gate, up, tls = w.gate, w.plain, w.tls
    host = b"plain.good.test:%d" % up.port
    secure = b"api.good.test:%d" % tls.port

    def opened(g, path, **kw):
        """(client, server) over an intercepted tunnel."""
        server = Server(tls, path.decode(), **kw)
        c = Client(g.tls(secure.decode()), path, secure)
        want(c.open, c.answer)
        return c, server

    def plain(path, **kw):
        return Client(gate.dial(), b"http://" + host + path, host, **kw)

    def echo():
        c, server = opened(gate, b"/ws")
        for first, payload in ((TEXT, b"hello"), (BINARY, bytes(range(256)) * 3), (TEXT, b""),
                               (BINARY, b"z" * 300000), (PING, b"p")):
            c.send(frame(first, payload))
            want(server.next() == (first, payload, True), (first, len(payload)))
            want(c.frame() == (PONG if first == PING else first, payload, False), first)
        c.send(frame(CLOSE, b"\x03\xe8bye"))
        want(server.next() == (CLOSE, b"\x03\xe8bye", True))
        want(c.closed() == (1000, "bye"))
        want(c.sock.recv(1) == b"", "not closed")
        ev = gate.wait_event("ws_close", host="api.good.test")
        want(ev["verdict"] == "allow" and ev["bytes_out"] > 300000 and ev["bytes_in"] > 300000, ev)
        ev = gate.wait_event("request", path="/ws")
        want(ev["status"] == 101 and ev["method"] == "GET", ev)
    s.case("messages go out, masked anew, and come back", echo)

    def fragments():
        c, server = opened(gate, b"/fragments")
        c.send(frame(0x01, b"one "), frame(PING, b"beat"), frame(0x00, b""), frame(0x80, b"two"))
        want(server.next() == (PING, b"beat", True))
        want(server.next() == (TEXT, b"one two", True))
        want(c.frame()[0] == PONG)
    s.case("fragments arrive as one message, control frames before it", fragments)

    def drip():
        c, server = opened(gate, b"/drip")
        for b in frame(TEXT, b"slowly") + frame(TEXT, b"x" * 200):
            c.send(bytes([b]))
        want(server.next()[1] == b"slowly" and len(server.next()[1]) == 200)
    s.case("a message comes in one byte at a time", drip)

    def in_clear():
        server = Server(up, "/clear")
        c = plain(b"/clear")
        want(c.open, c.answer)
        c.send(frame(TEXT, b"hi"))
        want(server.next() == (TEXT, b"hi", True))
        want(c.frame() == (TEXT, b"hi", False))
        c.send(frame(TEXT, T))
        want(c.closed()[0] == 1008)
    s.case("ws: in absolute form is judged alike", in_clear)

    def head():
        server = Server(tls, "/head")
        c = Client(gate.tls(secure.decode()), b"/head", secure, extra=(
            b"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: chat\r\n"
            b"Origin: https://api.good.test\r\nX-Kept: yes\r\n"))
        want(c.open and b"xtensions" not in c.answer, c.answer)
        want(b"Sec-WebSocket-Accept: " + accept(KEY) in c.answer, c.answer)
        seen = server.head.lower()
        want(seen.count(b"upgrade: websocket") == 1 and seen.count(b"connection: upgrade") == 1
             and b"extensions" not in seen and b"keep-alive" not in seen, seen)
        want(b"sec-websocket-protocol: chat" in seen and b"x-kept: yes" in seen, seen)
    s.case("D06 compression is not offered on, the rest of the handshake is", head)

    for i, (sentence, raw, code) in enumerate(BROKEN):
        def check(i=i, raw=raw, code=code):
            c, server = opened(gate, b"/b%d" % i)
            c.send(raw, frame(TEXT, b"after"))
            want(c.closed()[0] == code)
            got = server.next()
            want(got[0] == CLOSE and got[1][:2] == b"\x03\xe9", got)
            want(server.next() == ("end",))
            gate.wait_event("blocked", scanner="parser", rule="websocket")
        s.case("%s closes with %d" % (sentence, code), check)

    for i, (sentence, raw) in enumerate(SECRETS):
        def check(i=i, raw=raw):
            c, server = opened(gate, b"/s%d" % i)
            c.send(raw, frame(TEXT, b"after"))
            code, reason = c.closed()
            want(code == 1008 and reason == "blocked: message contains secret: GitHub Token",
                 (code, reason))
            got = [server.next()]
            while got[-1] != ("end",):
                got.append(server.next())
            want([f[0] for f in got[:-1] if f[0] != PING or f[1] != b"x"] == [CLOSE], got)
            gate.wait_event("blocked", scanner="ws_dlp", pattern="GitHub Token",
                            host="api.good.test")
            want(T not in gate.text())
        s.case("D06 a secret %s is blocked" % sentence, check)

    for i, (sentence, before, last) in enumerate(SPLIT):
        def check(i=i, before=before, last=last):
            c, server = opened(gate, b"/t%d" % i)
            for raw in before:
                c.send(raw)
                want(server.next()[0] == raw[0])
            c.send(last)
            want(c.closed()[0] == 1008)
            want(server.next()[0] == CLOSE)
        s.case("D06 a secret %s is blocked" % sentence, check)

    def numbers():
        c, server = opened(gate, b"/numbers")
        for text in (b"4111", b"1111", b"1111", b"1111", b"078-05", b"-1120"):
            c.send(frame(TEXT, text))
            want(server.next()[1] == text)
    s.case("digits of several messages are no card's number", numbers)

    def warned():
        c, server = opened(w.warn, b"/warned")
        c.send(frame(TEXT, T))
        c.send(frame(TEXT, b"next"))
        want(server.next()[1] == T and server.next()[1] == b"next")
        c.sock.close()
        w.warn.wait_event("ws_close")
        evs = [e for e in w.warn.events() if e.get("scanner") == "ws_dlp"]
        want([e["event"] for e in evs] == ["anomaly"] and evs[0]["verdict"] == "warn", evs)
    s.case("with action warn it goes on, with one event", warned)

    def too_big():
        c, server = opened(w.small, b"/big")
        c.send(frame(BINARY, b"a" * (1 << 20)))
        want(len(server.next()[1]) == 1 << 20)
        c.send(frame(0x02, b"a" * (1 << 20)), frame(0x80, b"b"))
        want(c.closed()[0] == 1009)
        want(server.next()[0] == CLOSE)
        w.small.wait_event("blocked", scanner="ws_dlp",
                           rule="request_body_scanning.max_body_bytes")
    s.case("a message over max_body_bytes closes with 1009", too_big)

    def between():
        c, server = opened(gate, b"/between", begin=b"\x82\x7e\x01\x00" + b"d" * 100,
                           last=b"d" * 156 + frame(TEXT, b"more", None))
        want(c.take(104)[4:] == b"d" * 100)
        c.send(frame(TEXT, T))
        want(server.next()[0] == CLOSE)
        want(c.take(156) == b"d" * 156)
        want(c.frame()[0] == CLOSE)
        want(c.sock.recv(1) == b"")
    s.case("a close is never put into the middle of the server's frame", between)

    def tail():
        c, _server = opened(gate, b"/tail", begin=frame(TEXT, b"welcome", None))
        want(c.frame() == (TEXT, b"welcome", False))
    s.case("bytes behind the upstream's 101 are its first frames", tail)

    def early():
        server = Server(up, "/early")
        with gate.dial() as raw:
            raw.settimeout(5)
            raw.sendall(handshake(b"http://" + host + b"/early", host) + frame(TEXT, T))
            want(server.next()[0] == CLOSE)
    s.case("frames sent before the 101 are judged as well", early)

    # sentence, what differs in the request: no upgrade is asked of the upstream
    for i, (sentence, kw) in enumerate([
            ("another version", {"version": b"12"}), ("a short key", {"key": b"abc="}),
            ("h2c", {"upgrade": b"h2c"}), ("two protocols", {"upgrade": b"websocket, h2c"}),
            ("a second key", {"extra": b"Sec-WebSocket-Key: " + KEY + b"\r\n"})]):
        def check(i=i, kw=kw):
            c = plain(b"/none%d" % i, **kw)
            want(status(c.answer) == 200, c.answer)
            seen = up.requests[-1].lower()
            want(b"/none%d" % i in seen and b"upgrade" not in seen, seen)
            gate.wait_event("upgrade_stripped")
        s.case("F18 %s is no WebSocket handshake: stripped and told" % sentence, check)

    # sentence, what the upstream answers: 502
    for i, (sentence, kw) in enumerate([
            ("a wrong Sec-WebSocket-Accept", {"accept": lambda key: accept(b"x")}),
            ("an extension", {"extra": b"Sec-WebSocket-Extensions: permessage-deflate\r\n"}),
            ("two answers to the key", {"extra": b"Sec-WebSocket-Accept: x\r\n"})]):
        def check(i=i, kw=kw):
            Server(up, "/no%d" % i, **kw)
            want_status(plain(b"/no%d" % i).answer, 502)
        s.case("F16 101 with %s: 502" % sentence, check)

    def refused_by_upstream():
        up.answers["/plain426"] = b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno"
        c = plain(b"/plain426")
        want(status(c.answer) == 426 and c.answer.endswith(b"no"), c.answer)
    s.case("an upstream that does not want to is passed on", refused_by_upstream)

    def head_secret():
        n = len(tls.requests)
        c = Client(gate.tls(secure.decode()), b"/hs", secure,
                   extra=b"Sec-WebSocket-Protocol: bearer." + T + b"\r\n")
        want(status(c.answer) == 403 and len(tls.requests) == n, c.answer)
    s.case("a secret in the handshake is refused like in any request", head_secret)

    def other_host():
        c = Client(gate.tls(secure.decode()), b"/oh", b"m.good.test:%d" % tls.port)
        want_status(c.answer, 403)
    s.case("a handshake for another host than the tunnel's: 403", other_host)

    def reload_ends():
        g = w.open(["api.good.test:%d" % tls.port])
        c, server = opened(g, b"/reload")
        g.settings["allow"] = ["m.good.test"]
        g.write()
        want(server.next() == ("end",))
        want(c.sock.recv(1) == b"")
    s.case("a reload that takes the host away ends its WebSockets", reload_ends)

    def client(name, argv):
        def check():
            Server(tls, "/real")
            done = subprocess.run(argv + ["127.0.0.1", str(gate.port), secure.decode(),
                                          gate.pki.path("ca.pem"), TOKEN], timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env=dict(os.environ, NODE_PATH="/usr/share/nodejs"))
            want(done.returncode == 0 and b"echo ok\nblocked 1008\n" in done.stdout, done.stdout)
        s.case("%s: an echo, then 1008 for a secret" % name, check)

    node = shutil.which("node")
    if node and os.path.isdir("/usr/share/nodejs/ws"):
        client("node ws", [node, os.path.join(HERE, "client_ws.js")])
    if node and os.path.isdir("/usr/share/nodejs/undici"):
        client("node undici", [node, os.path.join(HERE, "client_undici.js")])
    probe = ["/usr/bin/python3", "-c", "import websockets"]
    if os.path.exists(probe[0]) and subprocess.run(probe, stderr=subprocess.DEVNULL).returncode == 0:
        client("python3-websockets", [probe[0], os.path.join(HERE, "client_websockets.py")])
