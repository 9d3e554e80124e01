"""V: the operator's request rules: asked for each request, bounded, reloaded whole."""
import json
import os
import signal
import time

from harness import Gate, want, want_status

GISTS = """
local policy <const> = require "policy"
policy.rule("allowlist", { id = "acme/elsewhere", run = function() return { "x.example" } end })
policy.rule("request", { id = "acme/no-gists", run = function(req)
  if req.host == "api.good.test" and req.method == "POST" and req.path:sub(1, 6) == "/gists" then
    return "block", "no gists"
  end
end })
policy.rule("request", { id = "acme/broken", run = function(req)
  if req.path == "/broken" then return req.nothing.there end
  if req.path == "/odd" then return "perhaps" end
end })
policy.rule("request", { id = "acme/endless", run = function(req)
  while req.path == "/endless" do end
end })
policy.rule("request", { id = "acme/header", run = function(req)
  if req.headers["x-site"] == "evil" or req.query == "q=evil" then return "block", "by header" end
end })
"""


def req(method, host, path, body="", more=""):
    return ("%s %s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n%s"
            % (method, path, host, more, len(body), body)).encode()


def run(s, w):
    host = "api.good.test:%d" % w.tls.port
    plain = "plain.good.test:%d" % w.plain.port
    file = w.pki.path("site.lua")

    def put(text):
        with open(file + ".new", "w") as f:
            f.write(text)
        os.chmod(file + ".new", 0o600)
        os.rename(file + ".new", file)

    put(GISTS)
    g = w.open([host, plain], gate={"policies": [file]})

    def blocks():
        got = g.https(host, req("POST", host, "/gists?a", "{}"))
        want_status(got, 403)
        want(b"X-Bottle-Reason: request; acme/no-gists\r\n" in got, got)
        want(b"blocked: no gists\n" in got, got)
        g.wait_event("blocked", scanner="request", rule="acme/no-gists", reason="no gists")
        want(not w.tls.saw(b"POST /gists"), "it reached the upstream")
        want_status(g.https(host, req("GET", host, "/gists")), 200)
        want_status(g.https(host, req("POST", host, "/other", "{}")), 200)
    s.case("a rule blocks a POST to /gists and nothing else", blocks)

    def sees():
        want_status(g.https(host, req("GET", host, "/h", more="X-Site: evil\r\n")), 403)
        want_status(g.https(host, req("GET", host, "/h?q=evil")), 403)
        want_status(g.https(host, req("GET", host, "/h?q=good", more="X-Site: good\r\n")), 200)
        got = g.say(b"GET http://%s/p?q=evil HTTP/1.1\r\nHost: %s\r\n\r\n"
                    % (plain.encode(), plain.encode()))
        want_status(got, 403)
    s.case("a rule sees headers and query, by CONNECT and in absolute form", sees)

    def wrong():
        for path, words in (("/broken", b"attempt to index"), ("/odd", b"want \"allow\"")):
            got = g.https(host, req("GET", host, path))
            want_status(got, 403)
            want(b"X-Bottle-Reason: request; acme/broken\r\n" in got, got)
            want(words in got, got)
        g.wait_event("blocked", scanner="request", rule="acme/broken", path="/odd")
    s.case("a rule that fails, or answers what is no answer, denies and is named", wrong)

    def endless():
        with g.tls(host) as c:
            began = time.time()
            c.sendall(req("GET", host, "/endless"))
            want_status(g.https(host, req("GET", host, "/while")), 200)
            took = time.time() - began
            got = c.recv(65536)
        want_status(got, 403)
        want(b"acme/endless" in got and b"budget spent" in got, got)
        want(took < 3, took)
    s.case("a rule without an end denies within its budget, and others are served", endless)

    def reload():
        put("local policy = require 'policy'\n")
        n = len(g.events())
        g.proc.send_signal(signal.SIGHUP)
        end = time.time() + 5
        while time.time() < end and not any(
                e["event"] == "config_reload" for e in g.events()[n:]):
            time.sleep(0.02)
        want_status(g.https(host, req("POST", host, "/gists", "{}")), 200)
        put(GISTS)
        g.proc.send_signal(signal.SIGHUP)
        end = time.time() + 5
        while time.time() < end:
            if b" 403 " in g.https(host, req("POST", host, "/gists", "{}"))[:16]:
                break
        want_status(g.https(host, req("POST", host, "/gists", "{}")), 403)
        put("this is no Lua")
        g.proc.send_signal(signal.SIGHUP)
        ev = g.wait_event("config_reload", verdict="block")
        want("site.lua:1:" in ev["reason"], ev)
        want_status(g.https(host, req("POST", host, "/gists", "{}")), 403)
    s.case("a reload takes other rules, or keeps the old ones and says why", reload)

    def beside():
        own = Gate(w.bottle, w.pki, w, [host])
        try:
            want_status(own.https(host, req("POST", host, "/gists", "{}")), 200)
            name = os.path.join(os.path.dirname(own.config), "rules.lua")
            with open(name, "w") as f:
                f.write(GISTS)
            os.chmod(name, 0o600)
            own.settings["gate"] = {"policies": ["rules.lua"]}
            own.write()
            own.wait_event("config_reload", verdict="allow")
            want_status(own.https(host, req("POST", host, "/gists", "{}")), 403)
            with open(name + ".new", "w") as f:
                f.write("")
            os.rename(name + ".new", name)  # seen without a signal
            end = time.time() + 5
            while time.time() < end and b" 200 " not in own.https(
                    host, req("POST", host, "/gists", "{}"))[:16]:
                time.sleep(0.05)
            want_status(own.https(host, req("POST", host, "/gists", "{}")), 200)
        finally:
            own.stop()
    s.case("a policy file beside the configuration is watched as it is", beside)

    def no_start():
        bad = w.pki.path("loose.lua")
        with open(bad, "w") as f:
            f.write(GISTS)
        os.chmod(bad, 0o666)
        doc = dict(g.document())
        doc["gate"] = dict(doc["gate"], policies=[bad])
        conf = w.pki.path("loose.yaml")
        with open(conf, "w") as f:
            json.dump(doc, f)
        rc = os.spawnlp(os.P_WAIT, w.bottle, w.bottle, "gate", "--config", conf, "--check")
        want(rc == 1, rc)
        os.chmod(bad, 0o600)
        rc = os.spawnlp(os.P_WAIT, w.bottle, w.bottle, "gate", "--config", conf, "--check")
        want(rc == 0, rc)
    s.case("a policy file that others can write is no policy", no_start)
