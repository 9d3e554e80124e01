"""D08-D13, F14, P07: what of a host may be asked, and as whom: routes, with credentials that the agent never
holds."""
import base64
import json
import os
import subprocess

import h2wire
from d_rows import request
from harness import want, want_status
from wsclient import TEXT, Client, Server, frame

KEY = b"real-5f2e9c1b7a3d4e6f8091"
OTHER = b"real+Zm9vYmFy/QUJD=="
MARK = b"bottle-ACME_TOKEN-00112233445566778899aabb"
MARK2 = b"bottle-OTHER_KEY-ffeeddccbbaa998877665544"
RECORDS = (b"credential:ACME_TOKEN=" + KEY + b"\0placeholder:ACME_TOKEN=" + MARK
           + b"\0credential:OTHER_KEY=" + OTHER + b"\0placeholder:OTHER_KEY=" + MARK2
           + b"\0PLAIN=tr0ub4dor&3x\0")
# By these too an upstream may learn who asks: none may pass beside the route's own.
CLAIMS = [b"Authorization: Bearer sk-of-the-agent", b"AUTHORIZATION: Basic eDp5", b"authorization: x",
          b"X-Api-Key: of-the-agent", b"x_api_key: of-the-agent", b"x.api.key: of-the-agent",
          b"Cookie: session=of-the-agent", b"Proxy-Authorization: Basic eDp5", b"private-token: of-the-agent",
          b"X_HTTP_Method_Override: DELETE", b"X_Forwarded_For: 10.0.0.1"]


def routes(w):
    t = w.tls.port
    return [
        {"host": "api.good.test", "port": t, "methods": ["GET", "POST"], "paths": ["/repos/acme", "/v1/"],
         "auth": {"scheme": "bearer", "credential": "ACME_TOKEN"}},
        {"host": "api.good.test", "port": t, "methods": ["GET"], "paths": ["/open/"]},
        {"host": "m.good.test", "port": t,
         "auth": {"scheme": "header", "header": "x-api-key", "credential": "OTHER_KEY"}},
        {"host": "a.wild.test", "port": t, "auth": {"scheme": "basic", "credential": "ACME_TOKEN"}},
        {"host": "c.wild.test", "port": t,
         "auth": {"scheme": "basic", "user": "acme", "credential": "OTHER_KEY"}},
        {"host": "plain.good.test", "port": w.plain.port, "methods": ["GET"], "paths": ["/ok"]},
        {"host": "plain.good.test", "port": w.plain.port,
         "auth": {"scheme": "bearer", "credential": "ACME_TOKEN"}}]


class Asker:
    """Requests by HTTPS, and what the upstream saw of them."""

    def __init__(self, w, g):
        self.w, self.g = w, g

    def name(self, host):
        return ("%s:%d" % (host, self.w.tls.port)).encode()

    def get(self, host, path, code, fields=b"", method=b"GET", body=b""):
        before, told = len(self.w.tls.requests), self.g.blocked()
        got = self.g.https(self.name(host).decode(), request(self.name(host), path=path, fields=fields,
                                                             method=method, body=body))
        want_status(got, code)
        if code == 200:
            return self.w.tls.requests[-1]
        want(len(self.w.tls.requests) == before, "it reached the upstream")
        self.g.wait_blocked(told + 1)
        return got


def lines(seen):
    return [l for l in seen.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]]


def named(seen, name):
    """The values of a field, as CGI would fold its name."""
    return [l.split(b":", 1)[1].strip() for l in lines(seen)
            if l.split(b":")[0].lower().replace(b"_", b"-").replace(b".", b"-") == name]


def matching(s, a):
    def passes():
        for path in (b"/repos/acme", b"/repos/acme/x", b"/repos/acme?x=/y", b"/repos/%61cme/x", b"/v1/",
                     b"/v1/a%2Fb/c%20d", b"/v1/@scope%2fname"):
            seen = a.get("api.good.test", path, 200)
            want(named(seen, b"authorization") == [b"Bearer " + KEY], seen)
            want(b" %s HTTP/1.1\r\n" % path in seen, seen)
    s.case("R01 what matches a route goes on, as it was sent, with the route's credential", passes)

    def refused():
        for path in (b"/", b"/repos", b"/repos/acmeevil", b"/repos/acme%2fx", b"/repos//acme", b"/REPOS/acme",
                     b"/repos/acme;x", b"/repos/./acme", b"/x?/repos/acme", b"/v1", b"/v1/./../x",
                     b"/v1/%2e%2e/x", b"/v1/..%2fx", b"/v1/..;/x", b"/v1/%252e%252e/x", b"/v1/.%20/x",
                     b"/v1/..%20/x", b"/v1/%c0%ae%c0%ae/x", b"/v1/%ef%bc%8e%ef%bc%8e/x", b"/v1/%00", b"/v1//x",
                     b"/v1/%5c..%5cx", b"/v1/x%3f/y", b"/v1/%u002e%u002e/x"):
            got = a.get("api.good.test", path, 403)
            want(b"X-Bottle-Reason: route; gate.routes[" in got or b"path_traversal" in got, got)
    s.case("R02 a path beside all routes is refused, in every spelling", refused)

    def methods():
        for method in (b"PUT", b"DELETE", b"OPTIONS", b"HEAD"):
            want(b"route; gate.routes[1]" in a.get("api.good.test", b"/v1/x", 403, method=method))
        a.get("api.good.test", b"/open/x", 403, method=b"POST", body=b"x")
        a.get("api.good.test", b"/v1/x", 200, method=b"POST", body=b"x")
    s.case("R03 so is another method", methods)

    def restricts():
        seen = a.get("api.good.test", b"/open/x", 200, fields=b"Authorization: Bearer mine\r\nCookie: a=b\r\n")
        want(named(seen, b"authorization") == [b"Bearer mine"] and named(seen, b"cookie") == [b"a=b"], seen)
    s.case("R04 a route without auth only restricts", restricts)

    def schemes():
        for host, name, value in (
                ("m.good.test", b"x-api-key", OTHER),
                ("a.wild.test", b"authorization", b"Basic " + base64.b64encode(b"x-access-token:" + KEY)),
                ("c.wild.test", b"authorization", b"Basic " + base64.b64encode(b"acme:" + OTHER))):
            seen = a.get(host, b"/any?x=1", 200, method=b"POST", body=b"x")
            want(named(seen, name) == [value], seen)
    s.case("R05 bearer, basic and a header of any name", schemes)

    def clear():
        host = b"plain.good.test:%d" % a.w.plain.port
        before = len(a.w.plain.requests)
        got = a.g.say(request(host, path=b"/secret", scheme=b"http", method=b"GET"))
        want_status(got, 403)
        want(b"for HTTPS alone" in got and len(a.w.plain.requests) == before, got)
        want_status(a.g.say(request(host, path=b"/ok", scheme=b"http", method=b"GET")), 200)
        want(not named(a.w.plain.requests[-1], b"authorization"), a.w.plain.requests[-1])
    s.case("R06 no credential goes in clear", clear)


def speaking(s, a):
    for claim in CLAIMS:
        def replaced(claim=claim):
            twice = claim + b"\r\nX-Kept: 1\r\n" + claim + b"\r\n"
            for host, name, value in (("api.good.test", b"authorization", b"Bearer " + KEY),
                                      ("m.good.test", b"x-api-key", OTHER)):
                for more in (b"", b"Connection: close, " + claim.split(b":")[0] + b", " + name + b"\r\n"):
                    seen = a.get(host, b"/v1/x", 200, fields=twice + more)
                    want(named(seen, name) == [value], seen)
                    want(b"of-the-agent" not in seen and b"eDp5" not in seen and b"ookie" not in seen, seen)
                    want(b"X-Kept: 1" in seen and b"onnection" not in seen and b"DELETE" not in seen, seen)
        s.case("D13 F14 %s is replaced, not joined, whatever Connection names" % claim.split(b":")[0].decode(),
               replaced)

    def placeholder():
        for value in (b"Bearer " + MARK, MARK, b"Basic " + base64.b64encode(b"me:" + MARK),
                      b"token " + MARK, b"Bearer " + MARK.upper()):
            seen = a.get("api.good.test", b"/v1/x", 200, fields=b"Authorization: " + value + b"\r\n")
            want(named(seen, b"authorization") == [b"Bearer " + KEY] and MARK not in seen, seen)
        seen = a.get("m.good.test", b"/v1/x", 200, fields=b"X-Api-Key: " + MARK2 + b"\r\n")
        want(named(seen, b"x-api-key") == [OTHER] and MARK2 not in seen, seen)
    s.case("D13 the placeholder in the header of its own route is replaced", placeholder)

    def chunked():
        host = a.name("api.good.test")
        raw = (b"POST /v1/t HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n"
               b"\r\n1\r\nx\r\n0\r\nAuthorization: Bearer of-the-agent\r\nX-Api-Key: of-the-agent\r\n\r\n" % host)
        want_status(a.g.https(host.decode(), raw), 200)
        seen = a.w.tls.requests[-1]
        want(named(seen, b"authorization") == [b"Bearer " + KEY] and b"of-the-agent" not in seen, seen)
    s.case("D13 a header in a trailer speaks for nobody", chunked)

    def by_h2():
        with h2wire.dial(a.g, a.name("m.good.test").decode()) as c:
            for extra in ([], [("x-api-key", "of-the-agent"), ("x-api-key", MARK2.decode())],
                          [("x_api_key", "of-the-agent"), ("authorization", "Bearer of-the-agent")],
                          [("cookie", "a=of-the-agent"), ("cookie", "b=c")]):
                want(c.get(a.name("m.good.test").decode(), "/v1/h2", extra=extra)[0] == 200, extra)
                seen = a.w.tls.requests[-1]
                want(named(seen, b"x-api-key") == [OTHER] and b"of-the-agent" not in seen, seen)
                want(b"ookie" not in seen, seen)
            want(c.get(a.name("m.good.test").decode(), "/v1/h2", extra=[("x-note", MARK2.decode())])[0] == 403)
    s.case("D13 by HTTP/2 as well", by_h2)


def astray(s, a):
    def elsewhere():
        for fields in (b"Authorization: Bearer " + MARK, b"X-Note: " + MARK, b"X-" + MARK + b": 1",
                       b"User-Agent: x/" + MARK, b"Accept: " + MARK, b"Cookie: k=" + MARK,
                       b"Authorization: Basic " + base64.b64encode(b"x:" + MARK)):
            for host in ("pass.test", "m.good.test"):
                got = a.get(host, b"/v1/x", 403, fields=fields + b"\r\n")
                want(b"placeholder; Placeholder (ACME_TOKEN)" in got, got)
        a.g.wait_event("blocked", scanner="placeholder", rule="Placeholder (ACME_TOKEN)", host="pass.test",
                       pattern="Placeholder (ACME_TOKEN)", status=403)
        host = b"plain.good.test:%d" % a.w.plain.port
        got = a.g.say(request(host, path=b"/ok", scheme=b"http", method=b"GET", fields=b"X-K: " + MARK + b"\r\n"))
        want(b"placeholder; " in got, got)
        got = a.g.say(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: Basic %s\r\n\r\n"
                      % (a.name("api.good.test"), a.name("api.good.test"), base64.b64encode(b"x:" + MARK)))
        want(b"placeholder; " in got, got)
    s.case("D08 a placeholder for another host, or in another field, is refused and told", elsewhere)

    spelled = [MARK, MARK.upper(), base64.b64encode(MARK), base64.b64encode(b"x" + MARK), MARK.hex().encode(),
               base64.urlsafe_b64encode(b"user:" + MARK), b"".join(b"%%%02x" % c for c in MARK),
               base64.b64encode(base64.b64encode(MARK)), b"".join(b"\\u%04x" % c for c in MARK)]

    def body():
        for text in spelled:
            for kind in (b"text/plain", b"application/json"):
                what = b'{"a": "%s"}' % text if kind.endswith(b"json") else b"see " + text
                got = a.get("api.good.test", b"/v1/x", 403, b"Content-Type: " + kind + b"\r\n", b"POST", what)
                want(b"Placeholder (ACME_TOKEN)" in got, (text, got))
    s.case("D09 D10 nor in the body of its own route, however it is written", body)

    def url():
        for text in spelled[:7]:
            got = a.get("api.good.test", b"/v1/x?k=" + text.replace(b"=", b"%3d"), 403)
            want(b"placeholder; Placeholder (ACME_TOKEN)" in got, (text, got))
            got = a.get("api.good.test", b"/v1/" + text.replace(b"=", b"%3d"), 403)
            want(b"X-Bottle-Reason: placeholder; " in got, (text, got))
        want(MARK not in a.g.text(), "it stands in the events")
        want_status(a.g.connect(MARK.lower().replace(b"_", b"-") + b".wild.test:443"), 403)
    s.case("D09 D10 nor in a URL", url)

    def split():
        for text, kind in ((b'["%s", "%s"]' % (MARK[:20], MARK[20:]), b"application/json"),
                           (b'{"a": "%s", "b": "%s"}' % (MARK[:14], MARK[14:]), b"application/json"),
                           (b"a=%s&b=1" % MARK, b"application/x-www-form-urlencoded"),
                           (MARK[:20] + b"\n" + MARK[20:], b"text/plain")):
            got = a.get("api.good.test", b"/v1/x", 403, b"Content-Type: " + kind + b"\r\n", b"POST", text)
            want(b"Placeholder (ACME_TOKEN)" in got, got)
        host = a.name("api.good.test")
        parts = b"".join(b"1\r\n%c\r\n" % c for c in MARK)
        got = a.g.https(host.decode(), b"POST /v1/c HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n%s"
                        b"0\r\n\r\n" % (host, parts))
        want(b"placeholder; " in got, got)
    s.case("D10 nor split", split)

    def real():
        for fields in (b"Authorization: Bearer " + KEY, b"X-Note: " + base64.b64encode(KEY)):
            got = a.get("api.good.test", b"/v1/x", 403, fields=fields + b"\r\n")
            want(b"Known Secret (ACME_TOKEN)" in got, got)
        got = a.get("pass.test", b"/", 403, b"", b"POST", b"k=" + KEY)
        want(b"body_dlp; Known Secret (ACME_TOKEN)" in got, got)
        want(b"dlp; " in a.get("pass.test", b"/?k=" + KEY, 403))
    s.case("D08 the credential itself, should anybody have it, goes nowhere", real)


def lenient(s, w, allow):
    """What lets others through lets neither of them."""
    conf = {"routes": routes(w), "own_credentials": {"Known Secret (ACME_TOKEN)": ["api.good.test:%d" % w.tls.port],
                                                     "Known Secret (PLAIN)": ["api.good.test:%d" % w.tls.port]}}
    for how in ({"action": "warn"}, {"enforce": False}, {"header_mode": "sensitive"}):
        def never(how=how):
            a = Asker(w, w.open(allow, known=RECORDS, gate=conf, **how))
            for text in (MARK, KEY, base64.b64encode(MARK)):
                a.get("api.good.test", b"/v1/x", 403, b"X-Odd: " + text + b"\r\n")
                a.get("api.good.test", b"/v1/x?" + text, 403)
                a.get("pass.test", b"/", 403, b"", b"POST", text)
            a.get("api.good.test", b"/v1/x", 200, b"X-Odd: tr0ub4dor&3x\r\n")
            a.get("api.good.test", b"/elsewhere", 403)
            Server(w.tls, "/ws")
            c = Client(a.g.tls(a.name("pass.test").decode()), b"/ws", a.name("pass.test"))
            want(c.open, c.answer)
            c.send(frame(TEXT, MARK))
            want(c.closed()[0] == 1008)
        s.case("D08 nothing lets a placeholder or a credential through: %s" % json.dumps(how), never)


def shut(s, w, first):
    """Gates opened since there were so many are not left to the end of all rows."""
    def ended():
        while len(w.gates) > first:
            rc, err = w.gates.pop().stop()
            want(rc == 0 and b"Sanitizer" not in err and b"runtime error" not in err, (rc, err[-3000:]))
    s.case("gates with routes told to stop end with 0 and nothing leaked", ended)


def started(s, w, a):
    """Nothing starts with what could not be kept safe."""
    def gate(known, *args):
        r, out = os.pipe()
        os.write(out, b"%d\n" % len(known) + known)
        os.close(out)
        try:
            return subprocess.run([w.bottle, "gate", "--config", a.g.config, *args, "--known", str(r)],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=(r,), timeout=20)
        finally:
            os.close(r)

    def refused():
        for known, why in ((b"credential:ACME_TOKEN=real-5f2e\r\nX-Evil: 1\0", b"holds a control character"),
                           (b"credential:ACME_TOKEN=real-5f2e\nX: 1\0", b"holds a control character"),
                           (b"credential:ACME_TOKEN=abc\0", b"credential ACME_TOKEN: too short"),
                           (b"ACME_TOKEN=" + KEY + b"\0", b"no value for credential ACME_TOKEN")):
            got = gate(known)
            want(got.returncode != 0 and why in got.stdout, got)
            want(b"real-5f2e" not in got.stdout and b"Evil" not in got.stdout, got)
    s.case("D12 a credential that breaks a line, cannot be watched for or is not there: no gate", refused)

    def checked():
        got = subprocess.run([w.bottle, "gate", "--check", "--config", a.g.config], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=20)
        want(got.returncode == 0, got)
    s.case("R08 --check looks at the file alone", checked)


def run(s, w):
    first = len(w.gates)
    allow = ["%s:%d" % (h, w.tls.port) for h in ("api.good.test", "m.good.test", "*.wild.test", "pass.test")]
    allow += ["plain.good.test:%d" % w.plain.port]
    a = Asker(w, w.open(allow, known=RECORDS, labels=["c"], gate={"routes": routes(w)}))
    matching(s, a)
    speaking(s, a)
    astray(s, a)
    lenient(s, w, allow)
    started(s, w, a)

    def silent():
        for g in w.gates:
            with open(g.err.name, "rb") as f:
                want(KEY not in f.read() and KEY not in g.text() and OTHER not in g.text(), "a value was written")
    s.case("D13 no value stands in events or on standard error", silent)
    shut(s, w, first)
