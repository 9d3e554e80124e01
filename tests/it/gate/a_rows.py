"""A: what is left when a protection is switched off, and encodings a secret may hide in."""
from harness import TOKEN, Gate, recv_answer, status, want, want_status

KEY = TOKEN.encode()
HIDDEN = [
    ("zero-width joiners", "\u200d".join((TOKEN[:12], TOKEN[12:])).encode()),
    ("a Cyrillic look-alike", TOKEN.replace("a", "\u0430", 1).encode()),
    ("full-width letters", ("\uff47\uff48\uff50_" + TOKEN[4:]).encode()),
    ("a line break", KEY[:14] + b"\n" + KEY[14:]),
]


def post(host, body, fields=b""):
    return (b"POST http://%s/x HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n%s"
            % (host, host, fields, len(body), body))


def run(s, w):
    up = w.plain
    host = b"plain.good.test:%d" % up.port
    for what, body in HIDDEN:
        def hidden(body=body):
            before = len(up.requests)
            want_status(w.gate.say(post(host, b"my " + body)), 403)
            want(len(up.requests) == before, "the upstream saw it")
        s.case("D07 a secret with %s in it: 403" % what, hidden)

    def inner_connect():
        api = "api.good.test:%d" % w.tls.port
        got = w.gate.https(api, b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (api.encode(),
                                                                              api.encode()))
        want_status(got, 405)
    s.case("F19 CONNECT inside a tunnel: 405", inner_connect)

    def unenforced():
        g = Gate(w.bottle, w.pki, w, ["api.good.test"], enforce=False, action="block")
        try:
            want_status(g.say(post(host, b"my " + KEY)), 200)
            want(up.requests[-1].endswith(b"my " + KEY), up.requests[-1])
            g.wait_event("anomaly", verdict="warn", scanner="allowlist")
            g.wait_event("anomaly", verdict="warn", scanner="body_dlp")
            # What cannot be judged stays shut: no parser and no address check is "enforcement".
            want_status(g.say(post(host, b"x", b"Content-Length: 2\r\n")), 400)
            want_status(g.say(post(host, b"{", b"Content-Encoding: gzip\r\n")), 403)
            want_status(g.connect("169.254.169.254:80"), 403)
            want(KEY not in g.text(), "a secret stands in the log")
        finally:
            g.stop()
    s.case("enforce: false warns and forwards, and still parses and judges addresses", unenforced)

    def unscanned():
        g = Gate(w.bottle, w.pki, w, ["plain.good.test:%d" % up.port], body_enabled=False)
        try:
            want_status(g.say(post(host, b"my " + KEY)), 200)
            want(status(g.connect("evil.test:443")) == 403)
            got = g.say(b"GET http://%s/%s HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, KEY, host))
            want_status(got, 403)
        finally:
            g.stop()
    s.case("request_body_scanning off leaves hosts and URLs judged", unscanned)

    def reset_after_refusal():
        with w.gate.dial() as c:
            c.sendall(b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n"
                      b"GET http://%s/after HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, host))
            got = recv_answer(c)
            while got.count(b"HTTP/1.1 ") < 2:
                more = recv_answer(c)
                want(more, got)
                got += more
        codes = [int(x[:3]) for x in got.split(b"HTTP/1.1 ")[1:]]
        want(codes == [403, 200], codes)
    s.case("F12 what follows a refused CONNECT is a request of its own", reset_after_refusal)
