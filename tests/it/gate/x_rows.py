"""X: what rules change: headers of requests and responses, and responses refused."""
import os

from harness import recv_answer, want, want_status
from v_rows import req

RULES = """
local policy <const> = require "policy"
policy.rule("request", { id = "acme/team", run = function(req)
  if req.path == "/inject" then return "set", "X-Team", "a\\r\\nEvil: 1" end
  if req.path == "/host" then return "set", "Host", "evil.test" end
  if req.path == "/length" then return "remove", "Content-Length" end
  return "set", "X-Team", "payments"
end })
policy.rule("request", { id = "acme/cookies", run = function() return "remove", "cookie" end })
policy.rule("request", { id = "acme/late", run = function(req)
  if req.path == "/late" then return "block", "after the changes" end
end })
policy.rule("response", { id = "acme/answers", run = function(res)
  if res.path == "/crash" then return res.nothing.there end
  if res.status == 418 then return "block", "no teapots" end
  if res.headers["x-secret"] then return "remove", "X-Secret" end
end })
policy.rule("response", { id = "acme/mark", run = function(res)
  return "set", "X-Seen", res.method .. " " .. res.host .. " " .. res.status
end })
"""


def answer(status, more=b"", body=b"hello"):
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), more, body)


def run(s, w):
    host = "api.good.test:%d" % w.tls.port
    file = w.pki.path("edits.lua")
    with open(file, "w") as f:
        f.write(RULES)
    os.chmod(file, 0o600)
    g = w.open([host], gate={"policies": [file]})

    def last():
        return w.tls.requests[-1].split(b"\r\n\r\n")[0].lower().split(b"\r\n")[1:]

    def changed():
        want_status(g.https(host, req("POST", host, "/e", "hi", "Cookie: a=1\r\ncookie: b=2\r\n"
                                      "X-Team: mine\r\nx-team: too\r\n")), 200)
        fields = last()
        want([f for f in fields if f.startswith(b"x-team")] == [b"x-team: payments"], fields)
        want(not [f for f in fields if f.startswith(b"cookie")], fields)
        want([f for f in fields if f.startswith(b"content-length")] == [b"content-length: 2"], fields)
    s.case("X01 a rule sets one header and another takes one out, however often they came", changed)

    def named():
        want_status(g.https(host, req("GET", host, "/n", more="Connection: x-team, keep-alive\r\n")), 200)
        want(b"x-team: payments" in last(), last())
    s.case("X01 a client cannot take it out again by naming it in Connection", named)

    def untouchable():
        for path in ("/inject", "/host", "/length"):
            before = len(w.tls.requests)
            got = g.https(host, req("POST", host, path, "x"))
            want_status(got, 403)
            want(b"X-Bottle-Reason: request; acme/team" in got and b"Evil" not in got, got)
            want(len(w.tls.requests) == before, "it reached the upstream")
    s.case("X02 a line break in a value, Host and framing make a refusal of the change", untouchable)

    def late():
        got = g.https(host, req("GET", host, "/late"))
        want_status(got, 403)
        want(b"after the changes" in got, got)
    s.case("X01 a rule behind a change is asked", late)

    def answered():
        w.tls.answers["/a"] = answer(200, b"X-Secret: 1\r\nx-secret: 2\r\nX-Seen: mine\r\n")
        got = g.https(host, req("GET", host, "/a"))
        want_status(got, 200)
        head, body = got.lower().split(b"\r\n\r\n")
        want(body == b"hello" and b"x-secret" not in head, got)
        want(head.count(b"x-seen") == 1 and b"x-seen: get api.good.test 200" in head, got)
    s.case("X03 headers of a response are set and removed, its body is as it was", answered)

    def refused():
        w.tls.answers["/t"] = answer(418, body=b"short and stout")
        with g.tls(host) as c:
            for path in ("/t", "/b"):
                c.sendall(req("GET", host, path))
                got = recv_answer(c)
                want_status(got, 403 if path == "/t" else 200)
                if path == "/t":
                    want(b"X-Bottle-Reason: response; acme/answers\r\n" in got, got)
                    want(b"blocked: no teapots\n" in got and b"stout" not in got, got)
        g.wait_event("blocked", scanner="response", rule="acme/answers", reason="no teapots")
    s.case("X04 a response is refused whole, and the connection goes on", refused)

    def broken():
        w.tls.answers["/crash"] = answer(200)
        got = g.https(host, req("GET", host, "/crash"))
        want_status(got, 403)
        want(b"hello" not in got and b"response; acme/answers" in got, got)
    s.case("X04 a response rule that fails refuses", broken)
