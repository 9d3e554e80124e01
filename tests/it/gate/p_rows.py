"""P: out through a site's own proxy."""
import base64
import socket
import threading

from harness import Gate, TOKEN, want, want_status

USER, WORD = "site", "p@ss:w\"rd"


class Parent:
    """CONNECT to whatever name, which it takes to be on this machine."""

    def __init__(self):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.sock.listen(16)
        self.port = self.sock.getsockname()[1]
        self.heads, self.extra = [], b""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            c, _ = self.sock.accept()
            threading.Thread(target=self._serve, args=(c,), daemon=True).start()

    def _serve(self, c):
        head = b""
        while b"\r\n\r\n" not in head:
            more = c.recv(4096)
            if not more:
                return
            head += more
        self.heads.append(head)
        aim = head.split(b" ")[1].decode()
        auth = base64.b64encode(("%s:%s" % (USER, WORD)).encode())
        if b"\r\nProxy-Authorization: Basic " + auth + b"\r\n" not in head:
            c.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        elif aim.startswith("a.wild.test"):
            c.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nsecret")
        elif aim.startswith("b.wild.test"):
            c.sendall(b"SSH-2.0-nonsense\r\n\r\n")
        else:
            up = socket.create_connection(("127.0.0.1", int(aim.rsplit(":", 1)[1])))
            for i in (b"HTTP/1.0 200 OK\r\nVia: parent", b"\r\n\r", b"\n" + self.extra):
                c.sendall(i)
            threading.Thread(target=pump, args=(c, up), daemon=True).start()
            pump(up, c)
            return
        c.close()


def pump(a, b):
    try:
        while True:
            got = a.recv(65536)
            if not got:
                break
            b.sendall(got)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def run(s, w):
    tls = ":%d" % w.tls.port
    allow = ["api.good.test" + tls, "*.wild.test" + tls, "169.254.169.254" + tls, "10.1.2.3" + tls,
             "plain.good.test:%d" % w.plain.port]
    parent = Parent()
    uri = "http://%s:p%%40ss%%3aw%%22rd@127.0.0.1:%d" % (USER, parent.port)

    def gate(uri=uri, **more):
        g = Gate(w.bottle, w.pki, w, allow,
                 gate=dict({"parent_proxy": uri, "resolve": {}}, **more))
        w.gates.append(g)
        return g

    g = gate()
    host = "api.good.test" + tls
    get = ("GET /by-parent HTTP/1.1\r\nHost: %s\r\n\r\n" % host).encode()

    def through():
        want_status(g.https(host, get), 200)
        want(parent.heads[-1].startswith(b"CONNECT api.good.test%s HTTP/1.1\r\nHost: "
                                         b"api.good.test%s\r\n" % (tls.encode(), tls.encode())),
             parent.heads)
        want(w.tls.requests[-1].startswith(b"GET /by-parent"), w.tls.requests[-1:])
        want(b"Proxy-" not in w.tls.requests[-1], w.tls.requests[-1])
        n = len(parent.heads)
        got = g.say(b"GET http://plain.good.test:%d/x HTTP/1.1\r\nHost: plain.good.test:%d\r\n\r\n"
                    % (w.plain.port, w.plain.port))
        want_status(got, 200)
        want(len(parent.heads) == n + 1, parent.heads)
    s.case("TLS and plain requests go out through the parent, with its credentials", through)

    def judged():
        n = len(parent.heads)
        want_status(g.connect("evil.test" + tls), 403)
        want_status(g.connect("169.254.169.254" + tls), 403)
        want_status(g.https(host, ("GET /?t=%s HTTP/1.1\r\nHost: %s\r\n\r\n" % (TOKEN, host))
                            .encode()), 403)
        want(not any(TOKEN.encode() in h for h in parent.heads), parent.heads)
        want(all(b"evil" not in h and b"169.254" not in h for h in parent.heads), parent.heads[n:])
    s.case("the parent is asked for nothing that the policy refuses", judged)

    def refused():
        for name, words in (("a.wild.test", "refused: 403"), ("b.wild.test", "did not answer")):
            got = g.connect(name + tls)
            want_status(got, 502)
            want(b"secret" not in got, got)
            ev = g.wait_event("blocked", host=name, rule="parent_proxy")
            want(words in ev["reason"], ev)
    s.case("its refusal is a 502 with its status, and nothing else of its answer", refused)

    def nobody():
        with socket.socket() as none:
            none.bind(("127.0.0.1", 0))
            b = gate("http://127.0.0.1:%d" % none.getsockname()[1])
            want_status(b.connect(host), 502)
        b = gate("http://%s:wrong@127.0.0.1:%d" % (USER, parent.port))
        want_status(b.connect(host), 502)
        want("refused: 407" in b.wait_event("blocked")["reason"])
    s.case("a parent that is away or wants other credentials is 502, never a way around it", nobody)

    def silent():
        with socket.socket() as mute:
            mute.bind(("127.0.0.1", 0))
            mute.listen(4)
            b = gate("http://127.0.0.1:%d" % mute.getsockname()[1], limits={"dial_ms": 300})
            want_status(b.connect(host), 502)
            b.wait_event("blocked", rule="parent_proxy")
    s.case("a parent that says nothing is given up", silent)

    def fixed():
        n = len(parent.heads)
        b = gate(resolve={"api.good.test": ["127.0.0.1"]})
        want_status(b.https(host, get), 200)
        want(len(parent.heads) == n, parent.heads[n:])
    s.case("a name with a fixed address is reached from here", fixed)

    def itself():
        b = gate(uri)
        b.settings["gate"]["parent_proxy"] = "http://127.0.0.1:%d" % b.port
        b.write()
        b.wait_event("config_reload", verdict="allow")
        want_status(b.connect(host), 403)
    s.case("a gate that is its own parent dials nobody", itself)

    def untold():
        for b in w.gates[-6:]:
            for word in (WORD, "p%40ss", base64.b64encode(b"site:").decode()[:6], "wrong"):
                want(word.encode() not in b.text(), word)
    s.case("no event holds the credentials", untold)
