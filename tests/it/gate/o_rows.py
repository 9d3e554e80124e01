"""O: credentials that may go to their issuers, patterns that only warn, denials with hints."""
import base64

from d_rows import request
from harness import TOKEN, want, want_status
from wsclient import TEXT, Client, Server, frame

KEY = TOKEN.encode()
OWN = b"corp-9f8e7d6c5b4a"
RECORDS = b"GH_TOKEN=" + KEY + b"\0CORP=" + OWN + b"\0OTHER=tr0ub4dor&3x\0"


def bearer(key):
    return dict(fields=b"Authorization: Bearer " + key + b"\r\n", method=b"GET")


def messages(s, w, g):
    """In a WebSocket as in a body: TLS, and the issuer's host and port."""
    hosts = [b"%s.good.test:%d" % (n, w.tls.port) for n in (b"api", b"m")]

    def opened(host, path):
        server = Server(w.tls, path.decode())
        c = Client(g.tls(host.decode()), path, host)
        want(c.open, c.answer)
        return c, server

    def goes():
        c, server = opened(hosts[0], b"/own-ws")
        for m in (b"key " + KEY, b'{"k":"%s"}' % KEY, KEY[:9], KEY[9:]):
            c.send(frame(TEXT, m))
            want(server.next() == (TEXT, m, True), m)
        c.send(frame(TEXT, b"tr0ub4dor&3x"))
        want(c.closed() == (1008, "blocked: message contains secret: Known Secret (OTHER)"))
    s.case("O01 in messages of a WebSocket too, whole or in two, and no other goes along", goes)

    def nowhere_else():
        c, server = opened(hosts[1], b"/own-ws2")
        c.send(frame(TEXT, KEY))
        want(c.closed()[0] == 1008)
        host = b"plain.good.test:%d" % w.plain.port
        Server(w.plain, "/own-ws3")
        c = Client(g.dial(), b"http://" + host + b"/own-ws3", host)
        want(c.open, c.answer)
        c.send(frame(TEXT, KEY))
        want(c.closed()[0] == 1008)
    s.case("O02 and in messages to nobody else, nor in clear", nowhere_else)


def run(s, w):
    api, other = ("%s.good.test:%d" % (n, w.tls.port) for n in ("api", "m"))
    plain = "plain.good.test:%d" % w.plain.port
    g = w.open([api, other, plain], known=RECORDS, gate={"own_credentials": {
        "GitHub Token": [api, plain], "Known Secret (CORP)": [api]}})

    def code(host, kw, want_code, text=b""):
        got = g.https(host, request(host.encode(), **kw))
        want_status(got, want_code)
        want(text in got, got)

    def goes():
        for kw in (bearer(KEY), bearer(OWN), dict(body=b"key " + KEY), dict(
                fields=b"Authorization: Basic " + base64.b64encode(b"x:" + KEY) + b"\r\n", method=b"GET")):
            code(api, kw, 200)
        want(w.tls.saw(b"Bearer " + OWN), "it did not arrive")
    s.case("O01 a credential goes to its issuer, by header and body, also where it is a known value", goes)

    def nowhere_else():
        code(other, bearer(KEY), 403, b"header_dlp")
        code(other, bearer(OWN), 403, b"Known Secret (CORP)")
        code(other, dict(body=KEY), 403, b"GitHub Token")
    s.case("O02 and to nobody else", nowhere_else)

    def not_in_url():
        code(api, dict(path=b"/?k=" + KEY, method=b"GET"), 403, b"DLP match")
        want_status(g.connect(b"%s.good.test:443" % OWN), 403)
    s.case("O02 nor in a URL", not_in_url)

    def not_in_clear():
        want_status(g.say(request(plain.encode(), scheme=b"http", **bearer(KEY))), 403)
    s.case("O02 nor in clear", not_in_clear)

    def not_others():
        code(api, bearer(b"tr0ub4dor&3x"), 403, b"header_dlp")
        code(api, dict(body=KEY + b" tr0ub4dor&3x"), 403, b"Known Secret (OTHER)")
    s.case("O02 nor does another one go along with it", not_others)

    messages(s, w, g)
    soft = w.open([api], dlp={"patterns": [
        {"name": "Ticket", "regex": "ticket-[0-9]{6}", "action": "warn"},
        {"name": "Badge", "regex": "badge-[0-9]{6}"}]}, explain=True)

    def ask(kw, want_code, text=b""):
        got = soft.https(api, request(api.encode(), **kw))
        want_status(got, want_code)
        want(text in got, got)
        return got

    def warned():
        ask(dict(body=b"see ticket-123456"), 200)
        ask(dict(fields=b"X-T: ticket-123456\r\n", method=b"GET"), 200)
        ask(dict(path=b"/t?id=ticket-123456", method=b"GET"), 200)
        for scanner in ("body_dlp", "header_dlp", "dlp"):
            ev = soft.wait_event("anomaly", scanner=scanner, pattern="Ticket")
            want(ev["verdict"] == "warn", ev)
        want(b"ticket-123456" not in soft.text(), "the URL is in the events")
    s.case("O03 a pattern with action warn is told and goes on", warned)

    def hides_nothing():
        ask(dict(body=b"ticket-123456 badge-123456"), 403, b"Badge")
        ask(dict(path=b"/?t=ticket-123456&b=badge-123456", method=b"GET"), 403)
        ask(dict(path=b"/?t=ticket-123456&q=Zm9vYmFyQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY3ODkw",
                 method=b"GET"), 403, b"entropy")
        ask(dict(path=b"/ticket-123456" + b"/a" * 2000, method=b"GET"), 403, b"length")
    s.case("O03 it hides no other finding, no randomness and no length", hides_nothing)

    def hints():
        got = ask(dict(body=b"badge-123456"), 403)
        want(b"X-Bottle-Hint: take the credential out of the body\r\n" in got, got)
        got = soft.connect("nowhere.test:443")
        want(b"X-Bottle-Hint: add the host to the allowlist" in got, got)
        want(b"X-Bottle-Hint" not in g.connect("nowhere.test:443"), "a hint nobody asked for")
    s.case("O04 explain_blocks says what would help", hints)
