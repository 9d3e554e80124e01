"""H2: streams of one connection, each judged as a request of its own."""
import ssl
import struct
import threading

import h2wire
from h2wire import (CALM, CONT, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PRIORITY, RST,
                    SETTINGS, WINDOW)
from harness import TOKEN, recv_answer, want, want_status

PROTOCOL_ERROR, CANCEL = 1, 8


def chunks(trailers=b""):
    return (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n"
            b"5\r\nhello\r\n6\r\n world\r\n0\r\n" + trailers + b"\r\n")


def flooded(s, w, name, flood):
    """Whatever `flood` sends for nothing ends the connection, with a word to the operator."""
    def case():
        with h2wire.dial(w.gate, w.api) as c:
            want(c.get(w.api)[0] == 200)
            before = len([e for e in w.gate.events() if e.get("rule") == "http2"])
            try:
                flood(c)
            except OSError:
                pass
            code = c.until_closed()
            want(code in (None, CALM), "GOAWAY %s" % code)
        w.gate.wait_event("blocked", rule="http2", scanner="limit")
        got = [e for e in w.gate.events() if e.get("rule") == "http2"]
        want(len(got) > before, got[-3:])
        with h2wire.dial(w.gate, w.api) as c:
            want(c.get(w.api)[0] == 200)
    s.case("H2 %s ends the connection, and others are served" % name, case)


def malformed(s, w, name, fields, end=True):
    """A head that no server may take: its stream alone ends, nothing of it leaves."""
    def case():
        with h2wire.dial(w.gate, w.api) as c:
            n = len(w.tls.requests)
            sid = c.next
            c.fields(sid, fields(w.api), end)
            got = c.answer(sid)
            want(got[0] in ("reset", 400), got)
            want(len(w.tls.requests) == n, w.tls.requests[n:])
            want(c.get(w.api)[0] == 200, "the next stream")
    s.case("H2 a head with %s is refused alone" % name, case)


def heads(s, w):
    def pseudo(api, path="/x"):
        return [(":method", "GET"), (":scheme", "https"), (":authority", api), (":path", path)]
    malformed(s, w, "no path", lambda a: pseudo(a)[:3])
    malformed(s, w, "no method", lambda a: pseudo(a)[1:])
    malformed(s, w, "two methods", lambda a: pseudo(a) + [(":method", "GET")])
    malformed(s, w, "an unknown pseudo field", lambda a: pseudo(a) + [(":x", "1")])
    malformed(s, w, "a protocol for GET", lambda a: pseudo(a) + [(":protocol", "websocket")])
    malformed(s, w, "a pseudo field behind others",
              lambda a: pseudo(a)[:3] + [("x", "1")] + pseudo(a)[3:])
    malformed(s, w, "a name in upper case", lambda a: pseudo(a) + [("X-Up", "1")])
    malformed(s, w, "a field of the hop", lambda a: pseudo(a) + [("connection", "close")])
    malformed(s, w, "transfer-encoding", lambda a: pseudo(a) + [("transfer-encoding", "chunked")])
    malformed(s, w, "TE other than trailers", lambda a: pseudo(a) + [("te", "gzip")])
    malformed(s, w, "a line break in a value",
              lambda a: pseudo(a) + [("x", b"1\r\nX-Evil: 2")])
    malformed(s, w, "a NUL in a value", lambda a: pseudo(a) + [("x", b"1\0")])
    malformed(s, w, "a blank in a name", lambda a: pseudo(a) + [("x y", "1")])
    malformed(s, w, "a blank in the path", lambda a: pseudo(a, "/a b"))
    malformed(s, w, "a line break in the path",
              lambda a: pseudo(a, b"/ HTTP/1.1\r\nHost: evil.test\r\n\r\nGET /"))
    malformed(s, w, "a path without slash", lambda a: pseudo(a, "evil"))
    malformed(s, w, "two hosts", lambda a: pseudo(a) + [("host", a), ("host", a)])
    malformed(s, w, "two lengths",
              lambda a: pseudo(a) + [("content-length", "0"), ("content-length", "0")])
    malformed(s, w, "userinfo in the authority", lambda a: pseudo("x@" + a))
    malformed(s, w, "a length and no body", lambda a: pseudo(a) + [("content-length", "5")])

    def short_body():
        with h2wire.dial(w.gate, w.api) as c:
            n = c.head(w.api, "/h2short", "POST", extra=[("content-length", "10")], end=False)
            c.body(n, b"abc")
            want(c.answer(n)[0] == "reset")
            want(not w.tls.saw(b"/h2short"))
    s.case("H2 a body of another length than announced is reset and never leaves", short_body)

    def too_long():
        with h2wire.dial(w.gate, w.api) as c:
            got = c.get(w.api, extra=[("x-%d" % i, "v" * 4000) for i in range(20)])
            want(got[0] == 431, got)
            got = c.get(w.api, extra=[("x-%d" % i, "v") for i in range(400)])
            want(got[0] in (431, 400), got)
            want(c.settings.get(6), "no SETTINGS_MAX_HEADER_LIST_SIZE")
            want(c.get(w.api)[0] == 200)
    s.case("H2 a head beyond the limits is 431 and the connection goes on", too_long)


def authority(s, w):
    def t07():
        with h2wire.dial(w.gate, w.api) as c:
            n = len(w.tls.requests)
            slow = c.head(w.api, "/slow", "POST", end=False)
            for sid in (c.head("evil.test"), c.head("m.good.test:%d" % w.tls.port),
                        c.head("api.good.test:1"), c.head("api.good.test"),
                        c.head(w.api, extra=[("host", "evil.test")]),
                        c.head("evil.test", extra=[("host", w.api)]),
                        c.head(None, extra=[("host", "evil.test")]),
                        c.head(w.api, scheme="http")):
                got = c.answer(sid)
                want(got[0] == 403 and got[2] == b"authority mismatch: blocked\n", (sid, got))
                want(got[1]["x-bottle-reason"].startswith("tls_authority_mismatch"), got)
            want(len(w.tls.requests) == n, w.tls.requests[n:])
            c.body(slow, b"x" * 10)
            want(c.answer(slow)[0] == 200, "the other stream")
            want(c.get(w.api, extra=[("host", w.api)])[0] == 200)
            want(c.get(None, extra=[("host", w.api)])[0] == 200)
            want(c.get(w.api.upper())[0] == 200)
        w.gate.wait_event("blocked", scanner="tls_authority_mismatch")
    s.case("T07 another :authority, host, port or scheme ends that stream alone", t07)

    def alpn():
        ctx = ssl.create_default_context(cafile=w.pki.path("ca.pem"))
        ctx.set_alpn_protocols(["http/1.1"])
        with w.gate.tls(w.api, ctx=ctx) as t:
            want(t.selected_alpn_protocol() == "http/1.1")
            t.sendall(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % w.api.encode())
            want_status(recv_answer(t), 200)
        h2wire.dial(w.gate, w.api, alpn=["h2"]).close()
    s.case("T10 a client is spoken to in what it offers: h2 alone, or http/1.1 alone", alpn)

    def switched_off():
        ctx = ssl.create_default_context(cafile=w.pki.path("ca.pem"))
        ctx.set_alpn_protocols(["h2", "http/1.1"])
        gate = w.open([w.api], gate={"http2": False})
        with gate.tls(w.api, ctx=ctx) as t:
            want(t.selected_alpn_protocol() == "http/1.1")
            t.sendall(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % w.api.encode())
            want_status(recv_answer(t), 200)
    s.case("H2 is not offered where gate.http2 is false", switched_off)

    def h2c():
        for raw in (b"GET / HTTP/1.1\r\nHost: %s\r\n", b"GET http://%s/ HTTP/1.1\r\nHost: %s\r\n"):
            host = w.api.encode() if raw.count(b"%s") == 1 else w.plain_api.encode()
            raw = raw.replace(b"%s", host) + (
                b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n")
            got = (w.gate.https(w.api, raw) if host == w.api.encode() else w.gate.say(raw))
            want_status(got, 200)
        for up in (w.tls, w.plain):
            want(not up.saw(b"Upgrade: h2c") and not up.saw(b"HTTP2-Settings"), up.requests[-1])
        w.gate.wait_event("upgrade_stripped")
        want_status(w.gate.say(h2wire.PREFACE), 400)
    s.case("F18 an upgrade to h2c is not made, and prior knowledge is 400", h2c)


def secrets(s, w):
    def everywhere():
        with h2wire.dial(w.gate, w.api) as c:
            n = len(w.tls.requests)
            other = c.head(w.api, "/other", "POST", end=False)
            c.body(other, b"y" * 100, end=False)
            body = c.head(w.api, "/body", "POST", end=False)
            c.body(body, b"a=" + TOKEN[:10].encode(), end=False)
            c.body(body, TOKEN[10:].encode())
            half = len(TOKEN) // 2
            found = {
                "body_dlp": body,
                "header_dlp": c.head(w.api, extra=[("x-key", TOKEN)]),
                "core_dlp": c.head(w.api, "/?k=" + TOKEN),
            }
            for scanner, sid in found.items():
                got = c.answer(sid)
                want(got[0] == 403, (scanner, got))
                want(got[1]["x-bottle-reason"].startswith(scanner + ";"), got)
                want(got[2].startswith(b"blocked: "), got)
            got = c.get(w.api, extra=[("cookie", "a=" + TOKEN[:half]), ("cookie", "b=1")])
            want(got[0] == 200, got)
            got = c.get(w.api, extra=[("cookie", "b=1"), ("cookie", "a=" + TOKEN)])
            want(got[0] == 403, got)
            got = c.get(w.api, "/?k=" + TOKEN, extra=[("accept", "application/json")])
            want(b'"scanner":"core_dlp"' in got[2], got)
            c.body(other, b"z")
            want(c.answer(other)[2] == b"POST /other 101\n")
            seen = w.tls.requests[n:]
            want(not any(TOKEN.encode() in r for r in seen), seen)
    s.case("H2 a secret in body, header, path or cookie is 403 on its stream, others go on",
           everywhere)

    def crumbs():
        with h2wire.dial(w.gate, w.api) as c:
            c.get(w.api, "/crumbs", extra=[("cookie", "a=1"), ("cookie", "b=2")])
            want(w.tls.saw(b"cookie: a=1; b=2\r\n"), w.tls.requests[-1])
    s.case("H2 cookies in pieces are one field for whoever reads them", crumbs)

    def too_large():
        with h2wire.dial(w.small, w.api) as c:
            n = c.head(w.api, "/h2big", "POST", extra=[("content-length", str(2 << 20))], end=False)
            got = c.answer(n)
            want(got[0] == 403 and b"max_body_bytes" in got[2], got)
            n = c.head(w.api, "/h2big", "POST", end=False)
            c.body(n, b"b" * ((1 << 20) + 20000))
            got = c.answer(n)
            want(got[0] == 403 and b"max_body_bytes" in got[2], got)
            want(c.get(w.api)[0] == 200)
            want(not w.tls.saw(b"/h2big"))
    s.case("H2 a body beyond max_body_bytes is 403, announced or not", too_large)


def answers(s, w):
    def forms():
        w.tls.answers["/204"] = b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n"
        w.tls.answers["/304"] = b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"
        def to_the_end(conn, head, body):
            conn.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end")
            conn.unwrap()
            return False
        w.tls.answers["/eof"] = to_the_end
        w.tls.answers["/chunks"] = chunks(b"X-Sum: 42\r\n")
        w.tls.answers["/early"] = (b"HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n"
                                   b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        with h2wire.dial(w.gate, w.api) as c:
            got = c.get(w.api, "/204")
            want(got[0] == 204, got)
            got = c.get(w.api, "/304")
            want(got[0] == 304, got)
            got = c.get(w.api, "/eof")
            want(got[2] == b"to the end", got)
            got = c.get(w.api, "/chunks")
            want(got[2] == b"hello world" and got[3].get("x-sum") == "42", got)
            want("transfer-encoding" not in got[1] and "connection" not in got[1], got)
            got = c.get(w.api, "/early")
            want(got[2] == b"ok", got)
            got = c.get(w.api, "/h", "HEAD")
            want(got[0] == 200 and got[2] == b"", got)
            n = c.head(w.api, "/expect", "POST", extra=[("expect", "100-continue")], end=False)
            while not c.stream(n)["heads"]:
                c.recv()
            want(dict(c.stream(n)["heads"][0])[":status"] == "100", c.stream(n))
            c.body(n, b"now")
            got = c.answer(n)
            want(got[2] == b"POST /expect 3\n", got)
    s.case("H2 HEAD, 204, 304, chunks with trailers, an endless body, 1xx come over right", forms)

    def cut():
        w.tls.answers["/cut"] = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"
        w.tls.answers["/nonsense"] = b"HTTP/9 yes\r\n\r\n"
        with h2wire.dial(w.gate, w.api) as c:
            want(c.get(w.api, "/cut")[0] == "reset")
            want(c.get(w.api, "/nonsense")[0] == 502)
            want(c.get(w.api)[0] == 200)
    s.case("H2 an answer that was cut short is reset, never a whole one", cut)

    def at_once():
        go = threading.Event()

        def slowly(conn, head, body):
            conn.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            go.wait(10)
            conn.sendall(b"6\r\nsecond\r\n0\r\n\r\n")
            return False
        w.tls.answers["/events"] = slowly
        with h2wire.dial(w.gate, w.api) as c:
            n = c.head(w.api, "/events")
            while c.stream(n)["body"] != b"first":
                c.recv()
            want(c.get(w.api, "/beside")[0] == 200)
            go.set()
            want(c.answer(n)[2] == b"firstsecond")
    s.case("H2 what the upstream sends is handed on at once, beside other streams", at_once)

    def window():
        w.tls.answers["/wide"] = b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"w" * 300000
        with h2wire.dial(w.gate, w.api, settings=struct.pack(">HI", 4, 1000)) as c:
            n = c.head(w.api, "/wide")
            while len(c.stream(n)["body"]) < 1000:
                kind, _, sid, body = c.recv()
                want(kind != DATA or len(body) <= 1000, len(body))
            got = c.answer(n)
            want(got[2] == b"w" * 300000, len(got[2]))
    s.case("H2 no more is sent than the client's window allows", window)

    def hundred():
        with h2wire.dial(w.gate, w.api) as c:
            c.ping()
            want(c.settings[3] == 100, c.settings)
            ids = [c.head(w.api, "/n%d" % i, "POST", end=False) for i in range(100)]
            for i, n in enumerate(ids):
                c.body(n, b"%d" % i)
            for i, n in enumerate(ids):
                want(c.answer(n)[2] == b"POST /n%d %d\n" % (i, len(str(i))), i)
            ids = [c.head(w.api, "/h2m%d" % i, "POST", end=False) for i in range(101)]
            want(c.until_closed() == PROTOCOL_ERROR, c.goaway)
        want(not w.tls.saw(b"/h2m"))
    s.case("H2 a hundred streams at once, one more is against the protocol", hundred)

    def reset_one():
        with h2wire.dial(w.gate, w.api) as c:
            n = c.head(w.api, "/h2gone", "POST", end=False)
            c.body(n, b"half", end=False)
            c.send(RST, 0, n, struct.pack(">I", CANCEL))
            want(c.get(w.api)[0] == 200)
            want(not w.tls.saw(b"/h2gone"))
    s.case("H2 a request that is cancelled never leaves", reset_one)

    def early():
        with h2wire.dial(w.gate, w.api) as c:
            n = c.head(w.api, "/?k=" + TOKEN, "POST", end=False)
            got = c.answer(n)
            want(got[0] == 403, got)
            while c.stream(n)["reset"] is None:
                c.recv()
            want(c.stream(n)["reset"] == 0, "an answer before the body ends with NO_ERROR")
    s.case("H2 a refusal does not wait for the body", early)


def floods(s, w):
    def resets(c):
        for _ in range(1000):
            n = c.head(w.api, "/reset")
            c.send(RST, 0, n, struct.pack(">I", CANCEL))
    flooded(s, w, "rapid reset (CVE-2023-44487)", resets)

    def made_resets(c):
        for _ in range(1000):
            n = c.head(w.api, "/made", "POST", end=False)
            c.send(WINDOW, 0, n, struct.pack(">I", 0x7fffffff))
    flooded(s, w, "making the gate reset streams (CVE-2025-8671)", made_resets)

    def many(kind, flags, stream, body, count=40000):
        def flood(c):
            c.s.sendall(h2wire.frame(kind, flags, stream, body) * count)
        return flood
    flooded(s, w, "a flood of PING", many(PING, 0, 0, b"12345678"))
    flooded(s, w, "a flood of SETTINGS", many(SETTINGS, 0, 0, b""))
    flooded(s, w, "a flood of PRIORITY", many(PRIORITY, 0, 3, b"\0\0\0\0\1"))
    flooded(s, w, "a flood of unknown frames", many(77, 0, 0, b""))

    def empty(c):
        n = c.head(w.api, "/empty", "POST", end=False)
        c.s.sendall(h2wire.frame(DATA, 0, n) * 40000)
    flooded(s, w, "a flood of empty DATA", empty)

    def continuation():
        with h2wire.dial(w.gate, w.api) as c:
            n = c.next
            try:
                c.send(HEADERS, END_STREAM, n, h2wire.block([(":method", "GET")]))
                for _ in range(2000):
                    c.send(CONT, 0, n, h2wire.block([("x", "y" * 1000)]))
            except OSError:
                pass
            c.until_closed()
        with h2wire.dial(w.gate, w.api) as c:
            want(c.get(w.api)[0] == 200)
    s.case("H2 a head that never ends (CONTINUATION) ends the connection", continuation)

    def garbage():
        before = len(w.tls.requests)
        for raw in (b"\0" * 100, b"GET / HTTP/1.1\r\n\r\n", h2wire.frame(DATA, 0, 0, b"x"),
                    h2wire.frame(HEADERS, END_HEADERS | END_STREAM, 2, b"\x82"),
                    h2wire.frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xff\xff\xff\xff\xff"),
                    h2wire.frame(DATA, 0, 1, b"z" * 20000)):
            with h2wire.dial(w.gate, w.api) as c:
                c.s.sendall(raw)
                c.until_closed()
        want(len(w.tls.requests) == before)
    s.case("H2 frames that mean nothing end the connection", garbage)


def run(s, w):
    w.api = "api.good.test:%d" % w.tls.port
    w.plain_api = "plain.good.test:%d" % w.plain.port
    authority(s, w)
    heads(s, w)
    secrets(s, w)
    answers(s, w)
    floods(s, w)
