"""F: HTTP framing, in plain absolute form, where every byte is ours."""
from harness import TOKEN, recv_answer, status, want, want_status

HOST = b"plain.good.test:%d"


def post(fields, body=b""):
    return b"POST http://{h}/x HTTP/1.1\r\nHost: {h}\r\n" + fields + b"\r\n" + body


def chunked(body):
    return post(b"Transfer-Encoding: chunked\r\n", body)


def line(first, fields=b"Host: {h}\r\n"):
    return first + b"\r\n" + fields + b"\r\n"


END = b"0\r\n\r\n"
GET = b"GET http://{h}/x HTTP/1.1"
# id, sentence, bytes, status
ROWS = [
    ("F01", "length and chunked together", post(
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", END), 400),
    ("F02", "two lengths that agree", post(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc"), 400),
    ("F02", "two that differ", post(b"Content-Length: 3\r\nContent-Length: 4\r\n", b"abcd"), 400),
    ("F02", "a list of lengths", post(b"Content-Length: 3, 3\r\n", b"abc"), 400),
    ("F03", "a blank after the length is trimmed", post(b"Content-Length: 3 \r\n", b"abc"), 200),
    ("F08", "a trailer is dropped", chunked(b"3\r\nabc\r\n0\r\nHost: evil.test\r\n\r\n"), 200),
    ("F08", "Authorization in a trailer is too", chunked(
        b"3\r\nabc\r\n0\r\nAuthorization: Basic eDp5\r\n\r\n"), 200),
    ("F08", "a length in a trailer", chunked(b"3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n"), 400),
    ("F08", "a trailer ended by LF", chunked(b"3\r\nabc\r\n0\r\nX: y\n\r\n"), 400),
    ("F05", "a blank before the colon", post(b"Transfer-Encoding : chunked\r\n", END), 400),
    ("F05", "a blank before the name", post(b" Transfer-Encoding: chunked\r\n", END), 400),
    ("F07", "an extension with a lone LF", chunked(b"3;a\nb\r\nabc\r\n" + END), 400),
    ("F07", "with a lone CR", chunked(b"3;a\rb\r\nabc\r\n" + END), 400),
    ("F07", "with a NUL", chunked(b"3;a\0b\r\nabc\r\n" + END), 400),
    ("F07", "a size line ended by LF", chunked(b"3\nabc\r\n" + END), 400),
    ("F08", "no CR LF after the data", chunked(b"3\r\nabc" + END), 400),
    ("F09", "a header ended by LF", b"GET http://{h}/ HTTP/1.1\r\nHost: {h}\nX: y\r\n\r\n", 400),
    ("F09", "a CR inside a value", line(GET, b"Host: {h}\r\nX: a\rb\r\n"), 400),
    ("F09", "a NUL inside a value", line(GET, b"Host: {h}\r\nX: a\0b\r\n"), 400),
    ("F09", "a folded line", line(GET, b"Host: {h}\r\nX: a\r\n b\r\n"), 400),
    ("F09", "no colon", line(GET, b"Host: {h}\r\nX\r\n"), 400),
    ("F09", "a name that is no token", line(GET, b"Host: {h}\r\nX(a): b\r\n"), 400),
    ("F09", "an empty name", line(GET, b"Host: {h}\r\n: b\r\n"), 400),
    ("F09", "CR LF CR X", line(GET, b"Host: {h}\r\n\rX: y\r\n"), 400),
    ("F10", "two blanks", line(b"GET  http://{h}/ HTTP/1.1"), 400),
    ("F10", "a tab", line(b"GET\thttp://{h}/ HTTP/1.1"), 400),
    ("F10", "LF after the request line", b"GET http://{h}/ HTTP/1.1\nHost: {h}\r\n\r\n", 400),
    ("F10", "HTTP/1.10", line(b"GET http://{h}/ HTTP/1.10"), 400),
    ("F10", "HTTP/2.0", line(b"GET http://{h}/ HTTP/2.0"), 400),
    ("F10", "a lower-case method", line(b"get http://{h}/ HTTP/1.1"), 400),
    ("F10", "HTTP/0.9", b"GET http://{h}/\r\n\r\n", 400),
    ("F11", "a header of 100 KB", line(GET, b"Host: {h}\r\nX: " + b"a" * 100000 + b"\r\n"), 431),
    ("F11", "10,000 headers", line(GET, b"Host: {h}\r\n" + b"A: b\r\n" * 10000), 431),
    ("F11", "300 headers", line(GET, b"Host: {h}\r\n" + b"A: b\r\n" * 300), 431),
    ("F11", "a URL of 66 KB", line(b"GET http://{h}/" + b"a" * 66000 + b" HTTP/1.1"), 414),
    ("F11", "a URL of 62 KB", line(b"GET http://{h}/" + b"a" * 62000 + b" HTTP/1.1"), 414),
    ("F13", "a body in Content-Length: 0 is the next request", post(
        b"Content-Length: 0\r\n", b"garbage\r\n\r\n"), 200),
    ("F19", "TRACE", line(b"TRACE http://{h}/ HTTP/1.1"), 405),
    ("F19", "CONNECT in absolute form", line(b"CONNECT http://{h}/ HTTP/1.1"), 400),
    ("F20", "Host differs from the URI", line(GET, b"Host: other.test\r\n"), 400),
    ("F20", "two Host fields", line(GET, b"Host: {h}\r\nHost: {h}\r\n"), 400),
    ("F20", "no Host", line(GET, b"X: y\r\n"), 400),
    ("F21", "ftp", line(b"GET ftp://{h}/ HTTP/1.1"), 400),
    ("F21", "file", line(b"GET file:///etc/passwd HTTP/1.1"), 400),
    ("F21", "gopher", line(b"GET gopher://{h}/ HTTP/1.1"), 400),
    ("F21", "ws", line(b"GET ws://{h}/ HTTP/1.1"), 400),
    ("F23", "no authority", line(b"GET /x HTTP/1.1"), 400),
    ("F23", "*", line(b"GET * HTTP/1.1"), 400),
    ("F23", "OPTIONS *", line(b"OPTIONS * HTTP/1.1"), 400),
    ("F23", "/metrics is nobody's business", line(b"GET /metrics HTTP/1.1"), 400),
    ("P06", "a fragment", line(b"GET http://{h}/a#b HTTP/1.1"), 400),
]
ROWS += [("F03", "Content-Length %r" % v.decode(), post(b"Content-Length: " + v + b"\r\n", b"abc"), 400)
         for v in (b"+3", b"-1", b"0x3", b"1_0", b"18446744073709551616", b"")]
ROWS += [("F04", "Transfer-Encoding %r" % v, post(b"Transfer-Encoding: " + v + b"\r\n", END), 400)
         for v in (b"xchunked", b"identity, chunked", b"chunked, chunked", b",chunked", b"chunked;a",
                   b"Chunked\x0b", b"gzip", b"chunked\r\nTransfer-Encoding: chunked")]
ROWS += [("F06", "chunk size %r" % v, chunked(v + b"\r\nabc\r\n" + END), 400)
         for v in (b"0x3", b"+3", b" 3", b"3_0", b"00000000000000003", b"-3", b"")]

# what an upstream says, id, sentence, status the client gets
ANSWERS = [
    ("F16", "length and chunked together", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502),
    ("F16", "two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 502),
    ("F16", "a flood of 1xx", b"HTTP/1.1 103 Early\r\n\r\n" * 100 + b"HTTP/1.1 200 OK\r\n\r\n", 502),
    ("F16", "101 unasked", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nraw", 502),
    ("F16", "a head without end", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200000, 502),
    ("F16", "no HTTP", b"SSH-2.0-x\r\n\r\n", 502),
    ("F16", "a head cut short", b"HTTP/1.1 200 OK\r\nX", 502),
    ("F17", "204 with a body", b"HTTP/1.1 204 No Content\r\n\r\nsurprise", 204),
    ("F17", "304 with a length", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304),
    ("F16", "a few 1xx before the answer", b"HTTP/1.1 103 Early\r\n\r\n"
     b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200),
]


def run(s, w):
    gate, up, unpooled = w.gate, w.plain, w.unpooled
    host = HOST % up.port

    def say(raw, **kw):
        return gate.say(raw.replace(b"{h}", host), **kw)

    for row, sentence, raw, code in ROWS:
        def check(raw=raw, code=code):
            if code != 200:
                unpooled.denies(up, raw.replace(b"{h}", host), code)
                return
            want_status(say(raw), 200)
            want(b"evil.test" not in up.requests[-1] and b"uthorization" not in up.requests[-1],
                 up.requests[-1])
        s.case("%s %s: %d" % (row, sentence, code), check)

    for i, (row, sentence, raw, code) in enumerate(ANSWERS):
        def check(i=i, raw=raw, code=code):
            up.answers["/a%d" % i] = raw
            got = say(b"GET http://{h}/a%d HTTP/1.1\r\nHost: {h}\r\n\r\n" % i)
            want_status(got, code)
            want(b"surprise" not in got, got)
        s.case("%s upstream: %s: %d" % (row, sentence, code), check)

    def pipelined():
        with gate.dial() as c:
            c.sendall((b"GET http://{h}/1 HTTP/1.1\r\nHost: {h}\r\n\r\n"
                       b"GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n"
                       b"GET http://{h}/3 HTTP/1.1\r\nHost: {h}\r\n\r\n").replace(b"{h}", host))
            got = b""
            while got.count(b"HTTP/1.1 ") < 3:
                more = recv_answer(c, 1)
                want(more, got)
                got += more
        codes = [int(x[:3]) for x in got.split(b"HTTP/1.1 ")[1:]]
        want(codes == [200, 403, 200], codes)
        want(b"blocked: domain not in allowlist: evil.test" in got, got)
    s.case("F12 pipelined requests are judged one by one", pipelined)

    def get_body():
        inner = b"GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n"
        got = say(b"GET http://{h}/gb HTTP/1.1\r\nHost: {h}\r\nContent-Length: %d\r\n\r\n%s"
                  % (len(inner), inner))
        want_status(got, 200)
        want(got.count(b"HTTP/1.1 ") == 1, got)
        want(b"GET /gb %d" % len(inner) in got, got)
    s.case("F13 the body of a GET is a body", get_body)

    def chunked_becomes_length():
        want_status(say(chunked(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n")), 200)
        seen = up.requests[-1]
        want(seen.endswith(b"\r\n\r\nabcde") and b"Content-Length: 5\r\n" in seen
             and b"hunked" not in seen and b"X-T" not in seen, seen)
    s.case("F06 a chunked body goes on with its length, without trailers", chunked_becomes_length)

    def stripped():
        want_status(say(line(b"GET http://{h}/strip?q=1 HTTP/1.1", b"Host: {h}\r\n" + b"".join(
            n + b": v\r\n" for n in (
                b"X-Forwarded-For", b"X-Forwarded-Host", b"Via", b"Forwarded", b"X-Real-IP",
                b"X-Original-URL", b"X-Rewrite-URL", b"X-HTTP-Method-Override", b"Proxy-Connection",
                b"Proxy-Authorization", b"TE", b"Keep-Alive", b"X-Hop", b"X-Middleware-Subrequest"))
            + b"Connection: X-Hop\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA\r\nX-Kept: yes\r\n")), 200)
        seen = up.requests[-1].lower()
        want(seen.startswith(b"get /strip?q=1 http/1.1\r\nhost: " + host + b"\r\n"), seen)
        for gone in (b"x-forwarded", b"via:", b"forwarded", b"x-real", b"x-original", b"x-rewrite",
                     b"method-override", b"proxy-", b"upgrade", b"http2", b"x-hop", b"te:",
                     b"keep-alive", b"middleware"):
            want(gone not in seen, (gone, seen))
        want(b"x-kept: yes" in seen, seen)
        gate.wait_event("upgrade_stripped")
    s.case("F18 what belongs to the hop, and what only a proxy may claim, is not forwarded", stripped)

    def expect():
        with gate.dial() as c:
            c.sendall(post(b"Content-Length: 3\r\nExpect: 100-continue\r\n").replace(b"{h}", host))
            c.settimeout(3)
            want(c.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n")
            c.sendall(b"abc")
            want_status(recv_answer(c), 200)
        want(b"xpect" not in up.requests[-1], up.requests[-1])
    s.case("F15 an expectation is met by the gate itself", expect)

    def https_in_clear():
        p = w.tls.port
        got = gate.say(b"GET https://api.good.test:%d/y HTTP/1.1\r\nHost: api.good.test:%d\r\n\r\n"
                       % (p, p))
        want_status(got, 200)
        got = gate.say(b"POST https://api.good.test:%d/ HTTP/1.1\r\nHost: api.good.test:%d\r\n"
                       b"Content-Length: %d\r\n\r\n%s" % (p, p, len(TOKEN), TOKEN.encode()))
        want_status(got, 403)
    s.case("F22 https:// in clear gets the whole policy and TLS upstream", https_in_clear)

    def credentials():
        for name, code in (("evil.test:443", 403), ("api.good.test:%d" % w.tls.port, 200)):
            for value in (b"Basic eDp5", b"Basic " + b"YW5vdGhlcjpib3R0bGU=", b"Bearer x"):
                got = gate.say(b"CONNECT %s HTTP/1.1\r\nHost: x.test\r\nProxy-Authorization: %s\r\n\r\n"
                               % (name.encode(), value))
                want_status(got, code)
        want_status(say(line(GET, b"Host: {h}\r\nProxy-Authorization: Basic eDp5\r\n")), 200)
        want(b"roxy-" not in up.requests[-1] and b"eDp5" not in up.requests[-1], up.requests[-1])
    s.case("F24 a proxy credential opens nothing, and goes nowhere", credentials)

    def inner_trace():
        api = "api.good.test:%d" % w.tls.port
        before = len(w.tls.requests)
        want_status(gate.https(api, b"TRACE / HTTP/1.1\r\nHost: %s\r\n\r\n" % api.encode()), 405)
        want(len(w.tls.requests) == before, "the upstream saw it")
    s.case("F19 TRACE inside a tunnel: 405", inner_trace)

    def health():
        got = gate.say(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        want_status(got, 200)
        want(b'"status":"healthy"' in got and b'"dlp_patterns":48' in got, got)
    s.case("C23 GET /health answers on the proxy's port", health)

    def loop():
        got = gate.say(b"GET http://loop.test:%d/ HTTP/1.1\r\nHost: loop.test:%d\r\n\r\n"
                       % (gate.port, gate.port))
        want_status(got, 403)
    s.case("N11 the gate does not dial itself", loop)

    def ports():
        want_status(gate.connect("api.good.test:22"), 403)
        want_status(gate.connect("api.good.test:25"), 403)
        want_status(gate.connect("api.good.test:8443"), 403)
        for port in (22, 25, 80, 443):  # its entry has a port of its own
            unpooled.denies(w.tls, b"CONNECT m.good.test:%d HTTP/1.1\r\nHost: x.test\r\n\r\n" % port, 403)
    s.case("N10 another port of an allowed host is not allowed", ports)

    def old_client():
        got = gate.say(b"GET http://" + host + b"/ten HTTP/1.0\r\n\r\n")
        want(status(got) == 200 and b"Connection: close" in got, got)
    s.case("a client of HTTP/1.0 gets one answer and the end", old_client)

    def truncated():
        up.answers["/cut"] = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
        got = say(b"GET http://{h}/cut HTTP/1.1\r\nHost: {h}\r\n\r\n")
        want(got.endswith(b"half"), got)
        gate.wait_event("blocked", scanner="upstream")
    s.case("F16 an answer cut short ends the connection and is told", truncated)

    def stream():
        def slow(c, _head, _body):
            import time
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                      b"Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n")
            time.sleep(0.7)
            c.sendall(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")
            return True
        up.answers["/sse"] = slow
        with gate.dial() as c:
            c.sendall(b"GET http://%s/sse HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, host))
            c.settimeout(0.5)
            got = b""
            while b"data: 1" not in got:
                got += c.recv(4096)
            want(b"data: 2" not in got)
            c.settimeout(3)
            while not got.endswith(b"0\r\n\r\n"):
                got += c.recv(4096)
    s.case("server-sent events pass as they come", stream)
