"""P: paths, queries and methods, and rules that judge by them; M: rules that misbehave, and text that
would speak to a terminal."""
import json
import os
import subprocess
import time

import h2wire
from harness import recv_answer, status, want, want_status
from v_rows import req

# One way in under m.good.test, and a host that serves a repository to read.
RULES = """
local policy <const> = require "policy"
policy.rule("request", { id = "acme/v1", run = function(req)
  if req.host ~= "m.good.test" then return end
  if req.method == "POST" and req.path:sub(1, 4) == "/v1/" then return "allow" end
  return "block", "only POST below /v1/"
end })
policy.rule("request", { id = "acme/fetch-only", run = function(req)
  if req.host ~= "a.wild.test" then return end
  local asked = req.path:match "/info/refs$" and req.query == "service=git-upload-pack"
  if asked or req.path:match "/git%-upload%-pack$" then return "allow" end
  return "block", "this repository is read only"
end })
policy.rule("request", { id = "acme/admin", run = function(req)
  if req.host == "api.good.test" and req.path:sub(1, 6) == "/admin" then return "block", "not there" end
end })
policy.rule("request", { id = "acme/key", run = function(req)
  if req.host == "api.good.test" then return "set", "X-Injected", "letter" end
end })
"""
BAD = """
local policy <const> = require "policy"
local function deep(n) return 1 + deep(n + 1) end
policy.rule("request", { id = "acme/bad", run = function(req)
  local what = req.path
  if what == "/loop" then while true do end end
  if what == "/pcall" then while true do pcall(function() while true do end end) end end
  if what == "/gigabyte" then return ("x"):rep(1 << 30) end
  if what == "/doubling" then local s = "x"; while true do s = s .. s end end
  if what == "/tables" then local t = {}; while true do t[#t + 1] = { t } end end
  if what == "/deep" then return deep(1) end
  if what == "/execute" then return os.execute "touch /tmp/x" end
  if what == "/open" then return io.open "/etc/passwd" end
  if what == "/load" then return load "return 1" () end
  if what == "/blowup" then return (("a"):rep(8000) .. "b"):find ".-.-.-.-.-.-.-.-c" end
  if what == "/quadratic" then return (("a"):rep(8000) .. "b"):find ".-.-c" end
  if what == "/nested" then return ("("):rep(9999):find(("("):rep(9999)) end
  if what == "/format" then return ("%99999999d"):format(1) end
  if what == "/error" then error { "an error that is no text" } end
  if what == "/wrong" then return 42 end
end })
"""
WRONG = ("/loop", "/pcall", "/gigabyte", "/doubling", "/tables", "/deep", "/execute", "/open", "/load",
         "/blowup", "/quadratic", "/nested", "/format", "/error", "/wrong")
# Only a proxy of the site may say these.
CLAIMS = (b"X-Original-URL", b"X-Rewrite-URL", b"x-middleware-subrequest", b"X-Forwarded-For",
          b"X-Forwarded-Host", b"X-Forwarded-Proto", b"X-Forwarded-Port", b"X-Forwarded-Server",
          b"X-Forwarded-Prefix", b"X-Forwarded-Uri", b"X-FORWARDED-ANYTHING", b"X-Real-IP", b"Forwarded",
          b"Via")
OVERRIDES = (b"X-HTTP-Method-Override", b"X-HTTP-Method", b"X-Method-Override")
CLIMB = ("/v1/../admin", "/v1/%2e%2e/admin", "/v1/..;/admin", "/v1/.%2e/", "/v1/%252e%252e/admin",
         "/v1/..%2fadmin", "/v1/..%5cadmin", "/v1\\..\\admin", "/v1/x/../../admin", "/..")
TWO_WAYS = ("/v1%2Fmessages", "/v1/a%5cb", "/v1\\x", "//v1", "//v1/x", "/v1//x", "/v1/%252e", "/v1/./x",
            "/v1/;/x", "/v1/x%00", "/v1/x%0d%0aX", "/v1/%3fx", "/v1/%23x", "/v1/%zz", "/v1/%")


def rules(w, name, text):
    file = w.pki.path(name)
    with open(file, "w") as f:
        f.write(text)
    os.chmod(file, 0o600)
    return {"policies": [file], "limits": {"idle_upstreams": 0}}


def run(s, w):
    m, api, git = ("%s:%d" % (n, w.tls.port) for n in ("m.good.test", "api.good.test", "a.wild.test"))
    plain = "plain.good.test:%d" % w.plain.port
    g = w.open([m, api, git, plain], gate=rules(w, "y.lua", RULES))

    def ask(method, host, path, *codes, **kw):
        """By HTTPS; what is refused must not reach the upstream, and is told once."""
        before, told = len(w.tls.requests), g.blocked()
        got = g.https(host, req(method, host, path, kw.get("body", ""), kw.get("more", "")))
        want_status(got, *codes)
        if status(got) != 200:
            want(len(w.tls.requests) == before, w.tls.requests[before:])
            g.wait_blocked(told + 1)
        return got

    def climbs(path):
        got = ask("POST", m, path, 403, 400)
        want((b"path_traversal" in got) == ("\\" not in path), got)  # a backslash is no character of a URL
        raw = b"GET http://%s%s HTTP/1.1\r\nHost: %s\r\n\r\n"
        # Whoever has no rules either.
        w.unpooled.denies(w.plain, raw % (plain.encode(), path.encode(), plain.encode()), 403, 400)
    for path in CLIMB:
        s.case("P01 %s is refused, with rules and without" % path, lambda path=path: climbs(path))

    def dots():
        for path in ("/v1/a..b", "/v1/...", "/v1/compare/x...y", "/v1/.hidden/..x"):
            ask("POST", m, path, 200)
        with h2wire.dial(g, m) as c:
            for path in CLIMB:
                want(c.get(m, path)[0] in (403, 400), path)
    s.case("P01 dots in a name are not refused; HTTP/2 is judged alike", dots)

    def two_ways(path):
        got = ask("POST", m, path, 400, 403)
        want(status(got) == 400 or b"request; acme/v1" in got, got)
    for path in TWO_WAYS:
        s.case("P02 %s does not pass a rule about paths" % path, lambda path=path: two_ways(path))

    def escaped():
        ask("POST", m, "/v1/%6dessages/%40a/b%20c", 200)
        want(w.tls.saw(b"POST /v1/%6dessages/%40a/b%20c HTTP/1.1\r\n"), "it was changed on the way")
        for path in ("/%61dmin", "/adm%69n/x", "/%61%64%6D%69%6E"):
            ask("GET", api, path, 403)
    s.case("P02 a rule sees an escaped letter as the letter; what goes on is what came", escaped)

    def npm():
        raw = b"GET http://%s/@scope%%2fname HTTP/1.1\r\nHost: %s\r\n\r\n" % ((plain.encode(),) * 2)
        want_status(g.say(raw), 200)
        want(w.plain.requests[-1].startswith(b"GET /@scope%2fname HTTP/1.1\r\n"), w.plain.requests[-1])
    s.case("P02 where no rule asks for the path, npm's @scope%2fname passes", npm)

    def overrides():
        for name in OVERRIDES:
            ask("POST", m, "/v1/o", 200, more="%s: DELETE\r\n" % name.decode())
            want(b"override" not in w.tls.requests[-1].lower() and b"DELETE" not in w.tls.requests[-1],
                 w.tls.requests[-1])
        ask("GET", m, "/v1/o?_method=POST", 403)
    s.case("P03 a method in a header is not sent on, and one in the query is none", overrides)

    def methods():
        ask("post", m, "/v1/x", 400)
        ask("P\0ST", m, "/v1/x", 400)
        ask("GET", m, "/v1/x", 403)
        ask("DELETE", m, "/v1/x", 403)
        ask("POST", m, "/v1/x", 200)
    s.case("P04 a method in lower case or with a NUL is 400, another than the rule's 403", methods)

    for name in CLAIMS + OVERRIDES:
        def claims(name=name):
            fields = b"%s: /admin\r\nX-Kept: 1\r\n" % name
            want_status(g.say(b"GET http://%s/c HTTP/1.1\r\nHost: %s\r\n%s\r\n"
                              % (plain.encode(), plain.encode(), fields)), 200)
            ask("POST", m, "/v1/c", 200, more=fields.decode())
            with h2wire.dial(g, m) as c:
                want(c.get(m, "/v1/c", "POST", extra=[(name.decode().lower(), "/admin"),
                                                      ("x-kept", "1")])[0] == 200)
            for seen in (w.plain.requests[-1], w.tls.requests[-1], w.tls.requests[-2]):
                want(name.lower() not in seen.lower() and b"/admin" not in seen, seen)
                want(b"x-kept: 1\r\n" in seen.lower(), seen)
        s.case("P05 %s is not sent on, by HTTP, HTTPS and HTTP/2" % name.decode(), claims)

    def smuggled():
        for path in ("/admin?a=1#/v1/", "/admin#/v1/"):
            ask("POST", m, path, 400)
        for path in ("/admin?/v1/", "/admin?a=/v1/;b", "/admin;/v1/", "/admin%3f/v1/", "/admin%23/v1/"):
            ask("POST", m, path, 403)
        ask("POST", m, "/v1/x?a=1;b=/../c&d=%2e%2e%2f", 200)
    s.case("P06 a path ends at its question mark, and a fragment is 400", smuggled)

    def redirected():
        w.tls.answers["/to-denied"] = (b"HTTP/1.1 302 Found\r\nLocation: https://evil.test/\r\n"
                                       b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        w.tls.answers["/to-other"] = (b"HTTP/1.1 307 Go\r\nLocation: https://%s/v1/landed\r\n"
                                      b"Content-Length: 0\r\nConnection: close\r\n\r\n" % m.encode())
        base = ["curl", "-sS", "-L", "--max-time", "10", "-x", "http://127.0.0.1:%d" % g.port, "--cacert",
                w.pki.path("ca.pem"), "-o", "/dev/null", "-w", "%{http_code} %{http_connect}"]
        out = subprocess.run(base + ["https://%s/to-denied" % api], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL).stdout
        want(out.endswith(b" 403"), out)
        out = subprocess.run(base + ["-d", "x", "https://%s/to-other" % api], stdout=subprocess.PIPE).stdout
        want(out.startswith(b"200"), out)
        first, last = w.tls.requests[-2:]
        want(b"X-Injected: letter" in first, first)
        want(last.startswith(b"POST /v1/landed ") and b"njected" not in last, last)
    s.case("P07 after a redirect the next request is judged anew, without what a rule had set", redirected)

    def repository():
        for path in ("/r.git/info/refs?service=git-receive-pack", "/r.git/info/refs?service=git%2dreceive-pack",
                     "/r.git/info/refs?service=git-upload-pack&service=git-receive-pack",
                     "/r.git/info/refs?service=git-receive-pack&service=git-upload-pack",
                     "/r.git/info/refs?service=git-upload-pack%26service=git-receive-pack",
                     "/r.git/info/refs", "/r.git/info/refs?x=1&service=git-receive-pack"):
            ask("GET", git, path, 403)
        for path in ("/r.git/git-receive-pack", "/r.git/git%2dreceive-pack", "/r.git/git-upload-pack/../"
                     "git-receive-pack", "/r.git/x%2fgit-receive-pack"):
            ask("POST", git, path, 403)
        ask("GET", git, "/r.git/info/refs?service=git-upload-pack", 200)
        ask("POST", git, "/r.git/git-upload-pack", 200, body="0000")
    s.case("P08 a rule lets git fetch and not push, in any spelling of the service", repository)

    misbehaving(s, w)
    terminal(s, w)


def misbehaving(s, w):
    host, own = ("%s:%d" % (n, w.tls.port) for n in ("api.good.test", "m.good.test"))
    g = w.open([host, own], gate=rules(w, "bad.lua", BAD))
    other = w.open([host])  # another bottle's

    for path in WRONG:
        def denied(path=path):
            before = len(w.tls.requests)
            with g.tls(host) as c:
                began = time.process_time(), time.time()
                c.sendall(req("GET", host, path))
                want_status(other.https(host, req("GET", host, "/meanwhile")), 200)
                got = recv_answer(c, 30)
            want_status(got, 403)
            want(b"X-Bottle-Reason: request; acme/bad\r\n" in got, got)
            want(not any(b"GET %s " % path.encode() in r for r in w.tls.requests[before:]), "it went on")
            want(time.time() - began[1] < 30, "no budget")
            want_status(g.https(host, req("GET", host, "/fine")), 200)
        s.case("M04 a rule that tries %s is a denial that names it; the next request and others' go on"
               % path[1:], denied)


def terminal(s, w):
    plain = b"plain.good.test:%d" % w.plain.port
    g = w.open([plain.decode()])

    def escaped():
        told = g.blocked()
        for path in (b"/\x1b[2J\x1b]0;owned\x07", b"/a\r\n{\"event\":\"forged\"}", b"/%1b[31mred",
                     b"/%0d%0a{%22event%22:%22forged%22}", "/\u202egnp.exe\u2028\u0085".encode(),
                     b"/\x9b31m\xff\xfe", b"/\"},{\"event\":\"forged\""):
            for raw in (b"GET http://evil.test%s HTTP/1.1\r\nHost: evil.test\r\n\r\n" % path,
                        b"GET http://%s%s HTTP/1.1\r\nHost: %s\r\n\r\n" % (plain, path, plain),
                        b"CONNECT evil.test%s:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n" % path[1:]):
                got = g.say(raw)
                want(status(got) in (200, 400, 403, 404), got)
                head = got.split(b"\r\n\r\n")[0]
                want(not any(c < 32 and c not in (10, 13) or c == 127 for c in head), head)
        g.wait_event("blocked", host="evil.test")
        want(g.blocked() > told, "nothing is told")
        for line in g.text().split(b"\n")[:-1]:
            want(not any(c < 32 or c == 127 for c in line), line)
            ev = json.loads(line)
            want(ev["event"] != "forged", ev)
            text = line.decode("utf-8")  # and it is UTF-8
            want(not any(c in text for c in "\x9b\u202e\u2028\u0085"), line)
    s.case("M05 what would speak to a terminal, or forge a line, is escaped in answers and events", escaped)
