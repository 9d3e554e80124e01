"""D11: a host that echoes the credential of its route: what comes back has stars in its place, wherever it
stands, however it is written and cut. P07: a redirect is the agent's to follow, and takes nothing along."""
import base64
import gzip
import json
import socket

import h2wire
from harness import recv_answer, status, want, want_status
from route_rows import KEY, MARK, OTHER, RECORDS, Asker, named, routes, shut
from wsclient import PING, TEXT, Client, Server, frame

BASIC = base64.b64encode(b"x-access-token:" + KEY)


def answer(w, path, raw):
    def say(c, head, body):
        for part in raw if isinstance(raw, list) else [raw]:
            c.sendall(part)
        c.unwrap()  # the end, and not a connection that broke
        return False
    w.tls.answers[path] = say


def whole(body, more=b""):
    return b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (more, len(body), body)


def ask(a, host, path, method=b"GET", fields=b""):
    return a.g.https(a.name(host).decode(), b"%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n"
                     % (method, path, a.name(host), fields))


def until_end(a, host, path, version=b"1.1"):
    """All that comes until the end of the connection."""
    with a.g.tls(a.name(host).decode()) as s:
        s.sendall(b"GET %s HTTP/%s\r\nHost: %s\r\nConnection: close\r\n\r\n" % (path, version, a.name(host)))
        s.settimeout(5)
        got = b""
        while True:
            more = s.recv(65536)
            if not more:
                return got
            got += more


def dechunk(body):
    out = b""
    while True:
        size, body = body.split(b"\r\n", 1)
        n = int(size, 16)
        if n == 0:
            return out, body
        out, body = out + body[:n], body[n + 2:]


SPELLED = {
    "as it is": KEY, "in capitals": KEY.upper(), "in Basic": None,
    "percent-encoded": b"".join(b"%%%02X" % c for c in KEY),
    "in JSON": b"".join(b"\\u%04x" % c for c in KEY), "in HTML": b"".join(b"&#%d;" % c for c in KEY),
}


def bodies(s, w, a):
    for name, text in SPELLED.items():
        def masked(text=text):
            host, text = ("a.wild.test", BASIC) if text is None else ("api.good.test", text)
            body = b'{"a": "Bearer %s"}' % text
            answer(w, "/v1/echo", whole(body))
            got = ask(a, host, b"/v1/echo")
            want_status(got, 200)
            shown = got.split(b"\r\n\r\n", 1)[1]
            left = text.rstrip(b"=") if text is BASIC else text
            want(shown == body.replace(left, b"*" * len(left)), shown)
        s.case("D11 the credential in a body, %s, is masked" % name, masked)

    def everywhere():
        head = (b"HTTP/1.1 200 OK %s\r\nX-Echo: Bearer %s\r\nLocation: https://e.test/?t=%s\r\nSet-Cookie: s=1\r\n"
                b"X-%s: 1\r\nContent-Length: 2\r\n\r\nok" % (KEY, KEY, KEY, KEY))
        early = b"HTTP/1.1 103 Early Hints\r\nLink: <%s>\r\n\r\n" % KEY
        answer(w, "/v1/head", early + head)
        told = len([e for e in a.g.events() if e["event"] == "redacted"])
        got = until_end(a, "api.good.test", b"/v1/head")
        want(KEY not in got and got.count(b"*" * len(KEY)) == 5, got)
        want(b"ookie" not in got, got)
        for method in (b"HEAD", b"GET"):
            answer(w, "/v1/err", b"HTTP/1.1 500 No\r\nX-Echo: %s\r\nContent-Length: 0\r\n\r\n" % OTHER)
            got = ask(a, "m.good.test", b"/v1/err", method)
            want(status(got) == 500 and OTHER not in got, got)
        ev = a.g.wait_event("redacted", path="/v1/head")
        want(ev["verdict"] == "warn" and ev["route"] == 1 and ev["rule"] == "gate.routes[1]", ev)
        a.g.wait_event("redacted", path="/v1/err", method="GET")
        want(len([e for e in a.g.events() if e["event"] == "redacted"]) == told + 3, "told more than once")
    s.case("D11 and in the status line, every field, early hints and errors; cookies stay here", everywhere)

    def cut():
        body = b"see " + KEY[:9] + KEY + b"; " + KEY[:-1]
        want_body = b"see " + KEY[:9] + b"*" * len(KEY) + b"; " + KEY[:-1]
        pieces = [body[i:i + 1] for i in range(len(body))]
        head = b"HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n"
        last = b"0\r\nX-T: %s\r\n\r\n" % KEY
        answer(w, "/v1/chunks", [head + b"".join(b"1;x=%s\r\n%s\r\n" % (KEY, p) for p in pieces) + last])
        answer(w, "/v1/slow", [head] + [b"1\r\n%s\r\n" % p for p in pieces] + [last])
        for path in (b"/v1/chunks", b"/v1/slow"):
            got = until_end(a, "api.good.test", path)
            shown, trailers = dechunk(got.split(b"\r\n\r\n", 1)[1])
            want(shown == want_body, got)
            want(trailers == b"X-T: %s\r\n\r\n" % (b"*" * len(KEY)), trailers)
            got = until_end(a, "api.good.test", path, b"1.0")
            want(got.endswith(b"\r\n\r\n" + want_body), got)
        answer(w, "/v1/length", [whole(body)[:-len(body)]] + pieces)
        answer(w, "/v1/close", [b"HTTP/1.1 200 OK\r\n\r\n"] + pieces)
        for path in (b"/v1/length", b"/v1/close"):
            got = until_end(a, "api.good.test", path)
            want(got.endswith(b"\r\n\r\n" + want_body), got)
    s.case("D11 wherever it is cut, and in trailers", cut)

    def blind():
        """What waits for the next piece tells nothing of the credential, or one could be guessed letter by letter."""
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        sizes = set()
        for guess in (KEY[:8], KEY[:12], b"q" * 8, KEY[1:9], b"b" * 12):
            n = len(guess)
            answer(w, "/v1/guess", head + b"%x\r\n%s\r\n1\r\n.\r\n1\r\n\n\r\n0\r\n\r\n" % (n, guess))
            got = until_end(a, "api.good.test", b"/v1/guess").split(b"\r\n\r\n", 1)[1]
            want(dechunk(got)[0] == guess + b".\n", got)
            sizes.add(tuple(len(l) - n for l in got.replace(guess, b"?" * n).split(b"\r\n")[1:2]))
        want(len(sizes) == 1, sizes)
    s.case("D11 and what is kept back of an answer does not depend on the credential", blind)

    def large():
        body = (b"x" * 65521 + KEY) * 16
        answer(w, "/v1/large", whole(body))
        got = until_end(a, "api.good.test", b"/v1/large").split(b"\r\n\r\n", 1)[1]
        want(got == body.replace(KEY, b"*" * len(KEY)), len(got))
    s.case("D11 of a large body as of a small one", large)

    def by_h2():
        answer(w, "/v1/h2", b"HTTP/1.1 200 OK\r\nX-E: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
               % KEY + b"5\r\nhello\r\n0\r\nX-T: %s\r\n\r\n" % KEY)
        answer(w, "/v1/h2body", whole(b"<" + KEY + b">"))
        with h2wire.dial(a.g, a.name("api.good.test").decode()) as c:
            for path in ("/v1/h2", "/v1/h2body"):
                got = c.get(a.name("api.good.test").decode(), path)
                want(got[0] == 200 and KEY not in repr(got).encode(), got)
                want("*" * len(KEY) in repr(got), got)
    s.case("D11 by HTTP/2", by_h2)


def shapes(s, w, a):
    def plainly():
        seen = a.get("api.good.test", b"/v1/plainly", 200,
                     fields=b"Accept-Encoding: gzip, br\r\nRange: bytes=0-4\r\nIf-Range: x\r\nTE: gzip\r\n"
                     b"Request-Range: bytes=0-4\r\nX-MS-Range: bytes=0-4\r\nX_Ms_Range: bytes=0-4\r\n"
                     b"Accept-Charset: utf-16\r\nGrpc-Accept-Encoding: gzip\r\nConnect-Accept-Encoding: gzip\r\n")
        want(named(seen, b"accept-encoding") == [b"identity"], seen)
        for name in (b"range", b"if-range", b"te", b"request-range", b"x-ms-range", b"accept-charset",
                     b"grpc-accept-encoding", b"connect-accept-encoding"):
            want(not named(seen, name), seen)
    s.case("D11 an answer is asked for uncoded and whole", plainly)

    def coded():
        for more in (b"Content-Encoding: gzip\r\n", b"Content-Encoding: identity\r\ncontent-encoding: br\r\n",
                     b"Content-Type: application/grpc\r\nGrpc-Encoding: gzip\r\n",
                     b"Content-Type: application/connect+json\r\nConnect-Content-Encoding: gzip\r\n"):
            answer(w, "/v1/coded", whole(gzip.compress(KEY), more))
            got = ask(a, "api.good.test", b"/v1/coded")
            want_status(got, 502)
            want(b"X-Bottle-Reason: route; gate.routes[1]" in got, got)
        answer(w, "/v1/coded", whole(b"fine", b"Content-Encoding: identity\r\nGrpc-Encoding: identity\r\n"))
        want(ask(a, "api.good.test", b"/v1/coded").endswith(b"fine"))
        answer(w, "/v1/coded", b"HTTP/1.1 304 No\r\nContent-Encoding: gzip\r\n\r\n")
        want_status(ask(a, "api.good.test", b"/v1/coded"), 304)
        for head in (b"206 Partial\r\nContent-Range: bytes 0-4/22", b"206 P\r\nContent-Type: multipart/byteranges; boundary=x"):
            answer(w, "/v1/coded", b"HTTP/1.1 %s\r\nContent-Length: 5\r\n\r\n%s" % (head, KEY[:5]))
            want_status(ask(a, "api.good.test", b"/v1/coded"), 502)
        for head in (b"206 Partial\r\nContent-Range: items 0-4/22", b"416 No\r\nContent-Range: bytes */22"):
            answer(w, "/v1/coded", b"HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\nok" % head)
            want_status(ask(a, "api.good.test", b"/v1/coded"), int(head[:3]))
    s.case("D11 one that is coded, or a slice, all the same is refused", coded)

    def foreign():
        """Spring's servers, for one, answer in the charset that Accept asks for."""
        for charset, code in (("utf-16", 502), ("UTF-16LE", 502), ("utf-32", 502), ("IBM500", 502), ("utf-7", 502),
                              ("utf-8", 200), ("ISO-8859-1", 200)):
            body = KEY.decode().encode(charset)
            for said in (b"text/plain;charset=%s", b"text/plain; x=y; Charset=\"%s\""):
                answer(w, "/v1/charset", whole(body, b"Content-Type: %s\r\n" % (said % charset.encode())))
                got = ask(a, "api.good.test", b"/v1/charset", fields=b"Accept: text/plain;charset=utf-16\r\n")
                want_status(got, code)
                want(body not in got, got)
    s.case("D11 so is one in a charset whose letters are not those of ASCII", foreign)

    def others():
        answer(w, "/open/x", whole(KEY))
        got = ask(a, "api.good.test", b"/open/x")
        want(got.endswith(b"*" * len(KEY)), got)
        answer(w, "/elsewhere", whole(b"12", b"Set-Cookie: a=b\r\nContent-Encoding: x\r\n"))
        got = ask(a, "pass.test", b"/elsewhere")
        want(b"Set-Cookie: a=b" in got and got.endswith(b"12"), got)
    s.case("D11 on the host's other routes as well; answers of other hosts are let alone", others)

    def trace():
        for method, code in ((b"TRACE", 405), (b"TRACK", 400)):
            want_status(ask(a, "m.good.test", b"/", method), code)
    s.case("D11 TRACE, which echoes by design, is not forwarded", trace)


def sockets(s, w, a):
    def opened(path, **kw):
        server = Server(w.tls, path, **kw)
        c = Client(a.g.tls(a.name("api.good.test").decode()), path.encode(), a.name("api.good.test"))
        want(c.open, c.answer)
        return c, server

    def handshake():
        c, server = opened("/v1/ws", extra=b"X-E: %s\r\nSet-Cookie: a=b\r\n" % KEY)
        want(named(server.head, b"authorization") == [b"Bearer " + KEY], server.head)
        want(KEY not in c.answer and b"ookie" not in c.answer and b"*" * len(KEY) in c.answer, c.answer)
        c.send(frame(TEXT, b"hello"))
        want(c.frame()[1] == b"hello")
        c.send(frame(TEXT, MARK))
        want(c.closed()[0] == 1008)
    s.case("D13 a WebSocket's handshake has the credential; messages are judged as ever", handshake)

    def said():
        text = b"your key: " + KEY
        # Whole, in two fragments with a ping between, and byte by byte in messages of their own.
        begin = (frame(TEXT, text, None) + frame(0x01, text[:20], None) + frame(PING, b"", None)
                 + frame(0x80, text[20:], None) + b"".join(frame(TEXT, bytes([c]), None) for c in KEY))
        c, _ = opened("/v1/ws2", begin=begin)
        stars = b"your key: " + b"*" * len(KEY)
        want(c.frame()[1] == stars)
        parts = [c.frame(), c.frame(), c.frame()]
        want(parts[1][0] == PING, parts)
        want(len(parts[0][1]) == 20 and parts[0][1] + parts[2][1] == stars, parts)
        half = b"".join(c.frame()[1] for _ in KEY)
        want(half.endswith(b"*" * (len(KEY) // 2)) and KEY[:-4] not in half, half)
        c.send(frame(TEXT, b"more"))
        want(c.frame()[1] == b"more")
        a.g.wait_event("redacted", host="api.good.test", path=None)
    s.case("D11 in what a WebSocket's server says, too", said)


def upstream_h2(s, w):
    up = h2wire.Upstream(w.pki.path("good.pem"), w.pki.path("good-key.pem"))
    host = "api.good.test:%d" % up.port
    g = w.open([host], known=RECORDS, gate={"routes": [
        {"host": "api.good.test", "port": up.port, "auth": {
            "scheme": "header", "header": "X-Api-Key", "credential": "OTHER_KEY"}}]})

    def both():
        def echo(conn, sid, fields, body):
            got = dict(fields)["x-api-key"].encode()
            conn.respond(sid, [(":status", "200"), ("x-e", got.decode())], b"<%s>" % got, [("x-t", got.decode())])
        up.answers["/echo"] = echo
        with h2wire.dial(g, host) as c:
            for _ in range(3):
                got = c.get(host, "/echo", extra=[("x-api-key", "of-the-agent"), ("te", "trailers")])
                want(got[0] == 200 and OTHER not in repr(got).encode(), got)
                stars = "*" * len(OTHER)
                want(got[1]["x-e"] == stars and got[2] == b"<%s>" % stars.encode(), got)
                want(got[3].get("x-t") == stars, got)
                want([v for k, v in up.requests[-1][0] if k == "x-api-key"] == [OTHER.decode()] or
                     not up.requests, up.requests[-1:])
        want(not up.saw(b"of-the-agent"), up.requests)
    s.case("D11 D13 by HTTP/2 on both legs: injected once, masked in head, body and trailers", both)


def redirects(s, w, a):
    def given():
        to = a.name("m.good.test")
        answer(w, "/v1/moved", b"HTTP/1.1 307 Go\r\nLocation: https://%s/?k=%s\r\nContent-Length: 0\r\n\r\n"
               % (a.name("pass.test"), KEY))
        before = len(w.tls.requests)
        got = ask(a, "api.good.test", b"/v1/moved")
        want_status(got, 307)
        want(b"Location: https://%s/?k=%s\r\n" % (a.name("pass.test"), b"*" * len(KEY)) in got, got)
        want(len(w.tls.requests) == before + 1, "the gate followed")
        seen = a.get("pass.test", b"/landed", 200)
        want(not named(seen, b"authorization") and KEY not in seen and to, seen)
    s.case("P07 a redirect is given to the agent, and the credential does not follow it", given)


def reloads(s, w, allow):
    g = w.open(allow, known=RECORDS, gate={"routes": routes(w)[:1]})
    a = Asker(w, g)

    def put(these):
        g.settings["gate"] = {"routes": these}
        return g.reload()

    def swapped():
        a.get("m.good.test", b"/free", 200, fields=b"Authorization: Bearer mine\r\n")
        want(put(routes(w)[2:3])["verdict"] == "allow")
        want(named(a.get("m.good.test", b"/free", 200), b"x-api-key") == [OTHER])
        want(not named(a.get("api.good.test", b"/elsewhere", 200), b"authorization"))
        gone = dict(routes(w)[0], auth={"scheme": "bearer", "credential": "GONE"})
        ev = put([gone])
        want(ev["verdict"] == "block" and "no value for credential GONE" in ev["reason"], ev)
        want(named(a.get("m.good.test", b"/free", 200), b"x-api-key") == [OTHER], "the old ones are gone")
    s.case("R07 a reload swaps routes whole, with the values of the start, or says what is missing", swapped)

    def ends():
        want(put(routes(w)[:1])["verdict"] == "allow")
        Server(w.tls, "/v1/ws3")
        c = Client(g.tls(a.name("api.good.test").decode()), b"/v1/ws3", a.name("api.good.test"))
        want(c.open, c.answer)
        want(put(routes(w)[:1] + routes(w)[2:3])["verdict"] == "allow")
        c.send(frame(TEXT, b"still"))
        want(c.frame()[1] == b"still")
        want(put(routes(w)[2:3])["verdict"] == "allow")
        g.wait_event("blocked", scanner="route", host="api.good.test")
        try:
            want(c.frame() is None, "it goes on")
        except (EOFError, OSError):
            pass
    s.case("R07 a WebSocket that came by a route ends with it", ends)


def run(s, w):
    first = len(w.gates)
    allow = ["%s:%d" % (h, w.tls.port) for h in ("api.good.test", "m.good.test", "*.wild.test", "pass.test")]
    allow += ["plain.good.test:%d" % w.plain.port]
    admin = w.pki.path("echo.sock")
    a = Asker(w, w.open(allow, known=RECORDS, labels=["c"], gate={"routes": routes(w), "admin": admin}))
    bodies(s, w, a)
    shapes(s, w, a)
    sockets(s, w, a)
    redirects(s, w, a)
    upstream_h2(s, w)
    reloads(s, w, allow)

    def shown():
        with socket.socket(socket.AF_UNIX) as c:
            c.connect(admin)
            c.sendall(b"GET /routes HTTP/1.1\r\nHost: x\r\n\r\n")
            got = recv_answer(c)
        want_status(got, 200)
        listed = json.loads(got.partition(b"\r\n\r\n")[2])["routes"]
        want([(r["host"], r.get("credential")) for r in listed] ==
             [(r["host"], r.get("auth", {}).get("credential")) for r in routes(w)], got)
        want(not any(v in got for v in (KEY, OTHER, BASIC)), "a value is shown")
    s.case("D11 the admin socket lists the routes in force, and no value", shown)

    def silent():
        for g in w.gates:
            with open(g.err.name, "rb") as f:
                said = f.read() + g.text()
            want(not any(v in said for v in (KEY, OTHER, BASIC)), "a value was written")
    s.case("D11 no value stands in events or on standard error", silent)
    shut(s, w, first)
