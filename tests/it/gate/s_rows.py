"""S: bodies that go on in pieces, answers that come in pieces, and who waits for whom."""
import base64
import os
import queue
import re
import shutil
import socket
import subprocess
import time

import h2wire
from harness import TOKEN, recv_answer, send_hearing, status, want, want_status

T = TOKEN.encode()
MIB = 1 << 20
WINDOW = 384 << 10
WORDS = b"the quick brown fox jumps over the lazy dog, %d times and then again; "


def text(n):
    """Ordinary words, no two places alike."""
    out = b"".join(WORDS % i for i in range(n // len(WORDS) + 1))
    return out[:n]


def put(body, at, secret=T):
    return body[:at] + b" " + secret + b" " + body[at + len(secret) + 2:]


def chunks(body, size):
    return b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + size]), body[i:i + size])
                    for i in range(0, len(body), size)) + b"0\r\n\r\n"


class Chunked:
    """A path that reads a chunked body: `got` has (body, was it whole) of each request."""

    def __init__(self, up, path):
        self.got, self.head = queue.Queue(), None
        up.answers[path] = self

    def __call__(self, c, head, raw):
        self.head = head
        whole = False
        while not whole:
            more = c.recv(65536)
            raw += more
            whole = raw.endswith(b"\r\n0\r\n\r\n")
            if not more:
                break
        body, at = [], 0
        while at < len(raw):
            end = raw.find(b"\r\n", at)
            n = int(raw[at:end], 16) if end > 0 else 0
            body.append(raw[end + 2:end + 2 + n])
            at = end + 2 + n + 2
            if n == 0:
                break
        self.got.put((b"".join(body), whole))
        if whole:
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        return whole


def run(s, w):
    up, tls = w.plain, w.tls
    host = b"plain.good.test:%d" % up.port
    secure = b"api.good.test:%d" % tls.port
    allow = ["plain.good.test:%d" % up.port, "api.good.test:%d" % tls.port]
    on = {"stream_bodies": True}
    gate = w.open(allow, max_body=MIB, gate=on)
    warn = w.open(allow, max_body=MIB, action="warn", gate=on)
    hasty = w.open(allow, max_body=MIB, gate=dict(on, limits={"header_ms": 300}))
    big = text(5 * MIB)

    def post(path, fields, body, g=gate, clear=True):
        at = (b"http://" + host if clear else b"") + path
        name = host if clear else secure
        with (g.dial() if clear else g.tls(secure.decode())) as c:
            raw = b"POST %s HTTP/1.1\r\nHost: %s\r\n%s\r\n%s" % (at, name, fields, body)
            return recv_answer(c, 20, send_hearing(c, raw))

    def length(body, more=b""):
        return b"Content-Length: %d\r\n%s" % (len(body), more)

    CHUNKED = b"Transfer-Encoding: chunked\r\n"

    def passes():
        for clear, where in ((True, up), (False, tls)):
            got = post(b"/pass", length(big), big, clear=clear)
            want_status(got, 200)
            seen = where.requests[-1]
            want(seen.endswith(b"\r\n\r\n" + big), len(seen))
            want(b"Content-Length: %d\r\n" % len(big) in seen, seen[:300])
        ev = gate.wait_event("request", path="/pass", host="api.good.test")
        want(ev["bytes_out"] == len(big) and ev["status"] == 200, ev)
    s.case("D16 a body over max_body_bytes goes on as it is, where stream_bodies says so", passes)

    def behind():
        for clear in (True, False):
            at, name = (b"http://" + host, host) if clear else (b"", secure)
            raw = b"POST %s/first HTTP/1.1\r\nHost: %s\r\n%s\r\n%s" % (at, name, length(big), big)
            raw += b"GET %s/behind HTTP/1.1\r\nHost: %s\r\nX-Note: %s\r\n\r\n" % (at, name, T)
            with (gate.dial() if clear else gate.tls(secure.decode())) as c:
                got = recv_answer(c, 20, send_hearing(c, raw))
                want_status(got, 200)
                head, _, rest = got.partition(b"\r\n\r\n")
                n = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1))
                want_status(recv_answer(c, 20, rest[n:]), 403)
            seen = (up if clear else tls).requests[-1]
            want(seen.startswith(b"POST /first") and seen.endswith(big), seen[:100])
    s.case("D16 what comes behind it is another request", behind)

    for size in (1000, 70000, 3 * MIB):
        def check(size=size):
            path = "/chunks%d" % size
            server = Chunked(up, path)
            want_status(post(path.encode(), CHUNKED, chunks(big, size)), 200)
            body, whole = server.got.get(timeout=5)
            want(whole and body == big, (whole, len(body)))
            want(b"Transfer-Encoding: chunked" in server.head
                 and b"ontent-Length" not in server.head, server.head)
        s.case("D16 so does a chunked one, in chunks of %d" % size, check)

    # sentence, body
    found = [("at %d" % at, put(big, at)) for at in (
        0, WINDOW - 20, WINDOW, 2 * WINDOW - 1, 3 * WINDOW - 41, MIB, len(big) - 60)]
    found += [("in base64", put(big, 2 * MIB + 7, base64.b64encode(b"key " + T))),
              ("in hexadecimal", put(big, 4 * WINDOW - 30, T.hex().encode())),
              ("as the last bytes", big + b" " + T)]
    for sentence, body in found:
        def check(sentence=sentence, body=body):
            n = len(up.requests)
            del up.cut[:]
            path = b"/found-" + sentence.split()[-1].encode()
            got = post(path, length(body), body)
            want_status(got, 403)
            want(b"blocked: request body contains secret: GitHub Token" in got, got)
            ev = gate.wait_event("blocked", scanner="body_dlp", path=path.decode())
            want(0 <= ev["bytes_out"] < len(body) and ev["pattern"] == "GitHub Token", ev)
            want(not [r for r in up.requests[n:] if path in r], "the upstream took it for whole")
            want(not any(T in r or T.hex().encode() in r for r in up.cut), "it has left")
        s.case("D16 a secret %s of a streamed body: 403, cut before it" % sentence, check)

    def found_chunked():
        server = Chunked(up, "/fc")
        want_status(post(b"/fc", CHUNKED, chunks(put(big, 3 * MIB), 10000)), 403)
        body, whole = server.got.get(timeout=5)
        want(not whole and T not in body, (whole, len(body)))
    s.case("D16 a secret in a chunked one: no last chunk", found_chunked)

    def warned():
        body = put(put(big, MIB), 3 * MIB)
        want_status(post(b"/warned", length(body), body, g=warn), 200)
        want(up.requests[-1].endswith(body))
        evs = [e for e in warn.events() if e["event"] == "anomaly" and e.get("path") == "/warned"]
        want([e["scanner"] for e in evs] == ["body_dlp"], evs)
    s.case("D16 with action warn it goes on, with one event", warned)

    def compressed():
        n = up.accepted
        got = post(b"/gz", length(big, b"Content-Encoding: gzip, br\r\n"), big)
        want_status(got, 403)
        want(b"not undone in pieces" in got and up.accepted == n, got)
    s.case("D16 one compressed twice is refused: that is not undone in pieces", compressed)

    def grpc():
        n = up.accepted
        got = post(b"/grpc", length(big, b"Content-Type: application/grpc+proto\r\n"), big)
        want(status(got) == 403 and b"and is gRPC" in got and up.accepted == n, got)
    s.case("D16 so is a row of gRPC messages", grpc)

    def header_first():
        n = up.accepted
        want_status(post(b"/hf", length(big, b"X-Key: " + T + b"\r\n"), big), 403)
        want(up.accepted == n)
    s.case("headers are judged before the first piece leaves", header_first)

    def cut():
        del up.cut[:]
        with gate.dial() as c:
            c.sendall(b"POST http://%s/stops HTTP/1.1\r\nHost: %s\r\n%s\r\n"
                      % (host, host, length(big)) + big[:3 * MIB])
            c.shutdown(socket.SHUT_WR)
            want_status(recv_answer(c), 400)
        want(not up.saw(b"/stops "), "taken for whole")
    s.case("a client that stops inside a streamed body: 400, and no request upstream", cut)

    def stalled():
        n = len(up.requests)
        with hasty.dial() as c:
            c.sendall(b"POST http://%s/stalled HTTP/1.1\r\nHost: %s\r\n%s\r\n"
                      % (host, host, length(big)) + big[:3 * MIB])
            want_status(recv_answer(c, 10), 408)
        want(len(up.requests) == n)
    s.case("one that stalls: 408", stalled)

    def many():
        g = w.open(allow, max_body=MIB, gate=dict(on, limits={"body_bytes": 2 * MIB}))
        held, got = [], b""
        while len(held) < 8 and not got:
            n = up.accepted
            c = g.dial()
            held.append(c)
            c.sendall(b"POST http://%s/many HTTP/1.1\r\nHost: %s\r\n%s\r\n"
                      % (host, host, length(big)) + big[:1000])
            c.settimeout(0.05)
            while up.accepted == n and not got:
                try:
                    got = c.recv(4096)
                except socket.timeout:
                    pass
        want(status(got) == 503 and b"too many request bodies" in got and len(held) > 2,
             (len(held), got))
        for c in held:
            c.close()
        until = time.time() + 10
        while time.time() < until and status(got) != 200:
            got = post(b"/many-after", length(big), big, g=g)
        want_status(got, 200)
    s.case("N14 uploads at once are bounded together, and make room again", many)

    def early_no():
        def no(c, _head, _body):
            c.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
            c.recv(1 << 16)
            return False
        up.answers["/early"] = no
        got = post(b"/early", CHUNKED, chunks(big, 65536))
        want(status(got) == 413 and got.endswith(b"no") and b"Connection: close" in got, got[:300])
    s.case("F16 an upstream that says no before it has read everything: its answer, then the end",
           early_no)

    def early_yes():
        def yes(c, head, body):
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes")
            while not body.endswith(b"0\r\n\r\n"):
                body += c.recv(1 << 16)
            whole.put(len(body))
            return True
        whole = queue.Queue()
        up.answers["/yes"] = yes
        with gate.dial() as c:
            c.sendall(b"POST http://%s/yes HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (host, host, CHUNKED)
                      + chunks(big, 65536))
            want(recv_answer(c).endswith(b"yes"))
            want(whole.get(timeout=5) >= len(big))
            c.sendall(b"GET http://%s/next HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, host))
            want_status(recv_answer(c), 200)
    s.case("one that says yes and reads on gets it all, and the client may go on", early_yes)

    def small_after():
        with gate.tls(secure.decode()) as c:
            for body in (big, b"small", big):
                c.sendall(b"POST /sa HTTP/1.1\r\nHost: %s\r\n%s\r\n%s"
                          % (secure, length(body), body))
                want(recv_answer(c, 10).endswith(b"POST /sa %d\n" % len(body)))
    s.case("streamed and whole bodies take turns on one connection", small_after)

    def curl():
        want(shutil.which("curl"), "no curl")
        path = os.path.join(gate.dir, "up.bin")
        with open(path, "wb") as f:
            f.write(os.urandom(1 << 20) * 20)
        for extra in ([], ["-H", "Transfer-Encoding: chunked"]):
            if extra:
                Chunked(tls, "/curl")
            done = subprocess.run(
                ["curl", "-sS", "-x", "http://127.0.0.1:%d" % gate.port, "--cacert",
                 gate.pki.path("ca.pem"), "-T", path, "--http1.1"] + extra +
                ["https://%s/curl" % secure.decode()], stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=60)
            want(done.stdout in (b"PUT /curl %d\n" % (20 << 20), b"ok"), done.stdout[:300])
    s.case("curl uploads 20 MiB, with a length and in chunks", curl)

    http2(s, w, big)
    framing(s, w, host)
    waiting(s, w, host)


def within_windows(c, n, body):
    """Send until it is all gone or the stream is over, as the other side's windows allow."""
    windows, note = {0: 65535, n: 65535}, c.note

    def watch(kind, flags, sid, raw):
        if kind == h2wire.WINDOW and sid in windows:
            windows[sid] += int.from_bytes(raw, "big")
        elif kind == h2wire.SETTINGS and not flags:
            before = c.settings.get(4, 65535)
            note(kind, flags, sid, raw)
            windows[n] += c.settings.get(4, 65535) - before
            return
        note(kind, flags, sid, raw)
    windows[n] = c.settings.get(4, 65535)
    c.note, at = watch, 0
    while at < len(body) and not c.stream(n)["end"] and c.stream(n)["reset"] is None:
        k = min(16384, len(body) - at, windows[0], windows[n])
        if k <= 0:
            c.recv()
            continue
        c.send(h2wire.DATA, 0, n, body[at:at + k])
        windows[0] -= k
        windows[n] -= k
        at += k


def http2(s, w, big):
    """The same by streams of HTTP/2, on both sides."""
    up = h2wire.Upstream(w.pki.path("good.pem"), w.pki.path("good-key.pem"))
    api = "api.good.test:%d" % up.port
    gate = w.open([api], max_body=MIB, gate={"stream_bodies": True})

    for announced in (True, False):
        def check(announced=announced):
            path = "/whole%d" % announced
            got = gate.curl_upload(api, path, big, announced)
            want(got.endswith(b" 2 200"), got)
            bodies = [b for f, b in up.requests if dict(f)[":path"] == path]
            want(bodies == [big], [len(b) for b in bodies])
        s.case("D16 HTTP/2: a large body passes, its length %s" % (
            "announced" if announced else "not announced"), check)

        def found(announced=announced):
            path, body = "/found%d" % announced, put(big, 3 * MIB)
            with h2wire.dial(gate, api) as c:
                extra = [("content-length", str(len(body)))] if announced else []
                n = c.head(api, path, "POST", extra=extra, end=False)
                within_windows(c, n, body)
                got = c.answer(n)
            want(got[0] == 403 and b"GitHub Token" in got[2], got)
            want(not up.saw(path.encode()) and not up.saw(T), "taken for whole")
            gate.wait_event("blocked", scanner="body_dlp", path=path)
        s.case("D16 HTTP/2: a secret in one resets the stream to the upstream", found)


def framing(s, w, host):
    """F14 to F17, beyond what f_rows has."""
    gate, up = w.gate, w.plain

    def say(first, fields=b"", body=b"", g=gate, **kw):
        return g.say(b"%s HTTP/1.1\r\nHost: %s\r\n%s\r\n%s" % (
            first.replace(b" /", b" http://" + host + b"/"), host, fields, body), **kw)

    def hop():
        want_status(say(b"GET /hop", b"Connection: Authorization, X-Api-Key, Host, Content-Length, "
                        b"Transfer-Encoding\r\nAuthorization: Basic eDp5\r\nX-Api-Key: z\r\n"
                        b"X-Kept: 1\r\nContent-Length: 3\r\n", b"abc"), 200)
        seen = up.requests[-1].lower()
        want(b"authorization" not in seen and b"x-api-key" not in seen, seen)
        want(seen.count(b"host: " + host) == 1 and seen.count(b"content-length: 3\r\n") == 1
             and b"x-kept: 1" in seen and seen.endswith(b"abc"), seen)
    s.case("F14 what Connection names ends here, but not what the gate writes itself", hop)

    def hop_judged():
        n = len(up.requests)
        want_status(say(b"GET /hop", b"Connection: X-Key\r\nX-Key: " + T + b"\r\n"), 403)
        want(len(up.requests) == n)
    s.case("F14 what Connection names is judged all the same", hop_judged)

    def never():
        g = w.open(["plain.good.test:%d" % up.port], gate={"limits": {"header_ms": 300}})
        n = up.accepted
        with g.dial() as c:
            c.sendall(b"POST http://%s/never HTTP/1.1\r\nHost: %s\r\nContent-Length: 3\r\n"
                      b"Expect: 100-continue\r\n\r\n" % (host, host))
            want(c.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n")
            want_status(recv_answer(c, 10), 408)
        want(up.accepted == n, "the upstream was bothered")
    s.case("F15 an expectation and then no body: 408, nothing upstream", never)

    def too_much():
        with gate.dial() as c:
            c.sendall(b"POST http://%s/tm HTTP/1.1\r\nHost: %s\r\nContent-Length: 99999999\r\n"
                      b"Expect: 100-continue\r\n\r\n" % (host, host))
            got = c.recv(4096)
            want(got.startswith(b"HTTP/1.1 403 "), got)
    s.case("F15 a body that would be too large is refused before it is sent", too_much)

    def other():
        want_status(say(b"POST /other", b"Expect: 200-ok\r\nContent-Length: 1\r\n", b"x"), 200, 400, 417)
        want(b"xpect" not in up.requests[-1])
    s.case("F15 another expectation is not passed on", other)

    def hints():
        up.answers["/hints"] = (b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x\r\n\r\n"
                                b"HTTP/1.1 100 Continue\r\n\r\n"
                                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        with gate.dial() as c:
            c.sendall(b"GET http://%s/hints HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, host))
            c.settimeout(3)
            got = b""
            while not got.endswith(b"ok"):
                got += c.recv(4096)
        want(got.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 "), got)
        got = gate.say(b"GET http://%s/hints HTTP/1.0\r\n\r\n" % host)
        want(got.startswith(b"HTTP/1.1 200 "), got)
    s.case("103 is passed on, 100 is not, and neither to a client of HTTP/1.0", hints)

    # method, what the upstream says, what of it the client must not see
    for i, (method, raw) in enumerate([
            (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsurprise"),
            (b"GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 8\r\n\r\nsurprise"),
            (b"GET", b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"
             b"8\r\nsurprise\r\n0\r\n\r\n"),
            (b"GET", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nsurprise")]):
        def check(i=i, method=method, raw=raw):
            up.answers["/f17-%d" % i] = raw
            with gate.dial() as c:
                c.sendall(b"%s http://%s/f17-%d HTTP/1.1\r\nHost: %s\r\n\r\n"
                          b"GET http://%s/f17-after HTTP/1.1\r\nHost: %s\r\n\r\n"
                          % (method, host, i, host, host, host))
                c.settimeout(3)
                got = b""
                while b"/f17-after" not in got:
                    more = c.recv(4096)
                    want(more, got)
                    got += more
            want(got.count(b"HTTP/1.1 ") == 2 and b"surprise" not in got, got)
        s.case("F17 %s with bytes behind its end: the next answer is the next one's (%d)"
               % (method.decode(), i), check)

    def trailers():
        up.answers["/trailers"] = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n"
                                   b"\r\n3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n")
        with gate.dial() as c:
            c.sendall(b"GET http://%s/trailers HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, host))
            c.settimeout(3)
            got = b""
            while not got.endswith(b"X-Sum: 7\r\n\r\n"):
                got += c.recv(4096)
    s.case("an answer's trailers reach the client", trailers)

    def early_answer():
        def early(c, _head, _body):
            c.sendall(b"HTTP/1.1 401 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
            return False
        up.answers["/ea"] = early
        got = say(b"POST /ea", b"Content-Length: 4000000\r\n", text(4000000), timeout=10)
        want(status(got) == 401 and got.endswith(b"no"), got[:300])
    s.case("F16 an answer before the request was read", early_answer)


def waiting(s, w, host):
    """Nobody is waited for longer than needed: each step is released by the one before it."""
    gate, up = w.gate, w.plain

    for name, head, wrap, end in (
            ("chunked", b"Transfer-Encoding: chunked\r\n", lambda b: b"%x\r\n%s\r\n" % (len(b), b),
             b"0\r\n\r\n"),
            ("until the end", b"Connection: close\r\n", lambda b: b, b""),
            ("with a length", b"Content-Length: 50\r\n", lambda b: b, b"")):
        def check(name=name, head=head, wrap=wrap, end=end):
            tell = queue.Queue()

            def events(c, _head, _body):
                c.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n%s\r\n" % head)
                for _ in range(5):
                    c.sendall(wrap(b"data: %s\n\n" % tell.get(timeout=10).encode()))
                c.sendall(end)
                return False
            up.answers["/sse"] = events
            with gate.dial() as c:
                c.sendall(b"GET http://%s/sse HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, host))
                c.settimeout(5)
                got = b""
                for i in range(5):
                    tell.put("%02d" % i)
                    while b"data: %02d\n\n" % i not in got:
                        got += c.recv(4096)
                    want(b"data: %02d" % (i + 1) not in got)
        s.case("each server-sent event passes before the next is made (%s)" % name, check)

    def long_poll():
        tell = queue.Queue()

        def poll(c, _head, _body):
            what = tell.get(timeout=10).encode()
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(what), what))
            return True
        up.answers["/poll"] = poll
        with gate.dial() as c, gate.dial() as d:
            c.settimeout(5)
            for i in range(3):
                c.sendall(b"GET http://%s/poll HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, host))
                d.sendall(b"GET http://%s/meanwhile HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, host))
                want_status(recv_answer(d), 200)
                tell.put("news %d" % i)
                want(recv_answer(c).endswith(b"news %d" % i))
    s.case("a long poll waits alone and is answered at once", long_poll)

    def pipeline():
        seen = queue.Queue()

        def one(c, head, _body):
            c.setblocking(False)
            try:
                early = c.recv(1, socket.MSG_PEEK)
            except BlockingIOError:
                early = b""
            c.setblocking(True)
            seen.put((head.split(b" ")[1], early))
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + head.split(b" ")[1][-2:])
            return True
        paths = ["/pipe%02d" % i for i in range(20)]
        for p in paths:
            up.answers[p] = one
        with gate.dial() as c:
            c.sendall(b"".join(b"POST http://%s%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 5\r\n\r\nhello"
                               % (host, p.encode(), host) for p in paths))
            c.settimeout(5)
            got = b""
            while got.count(b"HTTP/1.1 200") < 20 or not got.endswith(b"19"):
                more = c.recv(4096)
                want(more, got[-300:])
                got += more
        want(re.findall(rb"\r\n\r\n(\d\d)", got) == [b"%02d" % i for i in range(20)], got)
        order = [seen.get(timeout=5) for _ in paths]
        want(order == [(p.encode(), b"") for p in paths], order)
    s.case("F12 twenty pipelined requests: answered in order, sent on one by one", pipeline)
