"""U: what a gate keeps of its upstreams: connections, TLS sessions; and what it never mixes up."""
import os
import socket
import ssl
import subprocess

from harness import Gate, Upstream, recv_answer, want, want_status

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Own:
    """A gate and upstreams of its own: what was dialled, and how often, is counted."""

    def __init__(self, w, tls=True, allow=("api.good.test", "m.good.test", "plain.good.test"), **kw):
        self.up = Upstream(w.pki.path("good.pem"), w.pki.path("good-key.pem")) if tls else Upstream()
        self.allow = ["%s:%d" % (n, self.up.port) for n in allow]
        self.gate = Gate(w.bottle, w.pki, w, self.allow, **kw)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        rc, err = self.gate.stop()
        if exc[0] is None:
            want(rc == 0 and b"Sanitizer" not in err, (rc, err[-3000:]))

    def authority(self, name):
        return b"%s:%d" % (name.encode(), self.up.port)

    def request(self, method, path, name="api.good.test", body=b"", absolute=False):
        host = self.authority(name)
        target = b"http://" + host + path if absolute else path
        return b"%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n%s" % (
            method, target, host, b"Content-Length: %d\r\n" % len(body) if body else b"", body)

    def https(self, method=b"GET", path=b"/", name="api.good.test", body=b""):
        return self.gate.https(self.authority(name).decode(),
                               self.request(method, path, name, body))

    def http(self, method=b"GET", path=b"/", name="plain.good.test", body=b""):
        return self.gate.say(self.request(method, path, name, body, absolute=True))


def once(first, then=b""):
    """The first request of a connection is answered; the second ends it, after `then`."""
    seen = []  # held, or a later one might be taken for one of them

    def answer(c, head, body):
        again = any(x is c for x in seen)
        seen.append(c)
        c.sendall(then if again else first)
        return not again
    return answer


def run(s, w):
    def reuse():
        with Own(w) as o:
            for _ in range(3):
                want_status(o.https(), 200)
            want(o.up.accepted == 1, o.up.accepted)
            want(len(o.up.requests) == 3, o.up.requests)
    s.case("U01 one upstream connection serves three clients, one after the other", reuse)

    def reuse_plain():
        with Own(w, tls=False) as o:
            for _ in range(3):
                want_status(o.http(), 200)
            want(o.up.accepted == 1, o.up.accepted)
    s.case("U01 plain HTTP too", reuse_plain)

    def alternate():
        with Own(w, tls=False) as o, o.gate.dial() as c:
            for _ in range(3):
                for name in ("plain.good.test", "m.good.test"):
                    c.sendall(o.request(b"GET", b"/", name, absolute=True))
                    want_status(recv_answer(c), 200)
            want(o.up.accepted == 2, o.up.accepted)
    s.case("U01 a client that asks two hosts in turn holds one connection to each", alternate)

    def names():
        with Own(w) as o:
            want_status(o.https(name="api.good.test"), 200)
            want_status(o.https(name="m.good.test"), 200)
            want(o.up.accepted == 2, o.up.accepted)
            hosts = [r.split(b"\r\nHost: ")[1].split(b":")[0] for r in o.up.requests]
            want(hosts == [b"api.good.test", b"m.good.test"], hosts)
    s.case("U02 never across names, though address, port and certificate are the same", names)

    def kinds():
        with Own(w, tls=False) as o:
            want_status(o.http(name="m.good.test"), 200)
            with o.gate.tunnel(o.authority("m.good.test").decode()):
                o.up.wait_accepted(2)
    s.case("U02 never for TLS what was opened without", kinds)

    def judged():
        with Own(w) as o:
            want_status(o.https(), 200)
            got = o.https(b"POST", body=b"token=ghp_" + b"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
            want_status(got, 403)
            want_status(o.https(), 200)
            want(o.up.accepted == 1 and len(o.up.requests) == 2, o.up.requests)
    s.case("U03 each request by a kept connection is judged; one refused leaves it good", judged)

    def removed():
        with Own(w) as o:
            want_status(o.https(name="api.good.test"), 200)
            want_status(o.https(name="m.good.test"), 200)
            o.gate.settings["allow"] = [o.allow[1]]
            o.gate.write()
            o.gate.wait_event("config_reload", verdict="allow")
            o.up.wait_ended(2)  # both: what the old policy judged is not given on
            want_status(o.gate.connect(o.authority("api.good.test")), 403)
            want_status(o.https(name="m.good.test"), 200)
            want(o.up.accepted == 3, o.up.accepted)
    s.case("U04 a reload closes what is kept, to a removed host and to any", removed)

    def plain_removed():
        with Own(w, tls=False) as o:
            o.up.answers["/long"] = lambda c, h, b: (
                c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"), c.recv(1), False)[2]
            with o.gate.dial() as idle, o.gate.dial() as busy:
                idle.sendall(o.request(b"GET", b"/", "plain.good.test", absolute=True))
                want_status(recv_answer(idle), 200)
                busy.sendall(o.request(b"GET", b"/long", "plain.good.test", absolute=True))
                busy.settimeout(3)
                want(busy.recv(65536).startswith(b"HTTP/1.1 200"), "no answer")
                o.gate.settings["allow"] = [o.allow[1]]
                o.gate.write()
                o.gate.wait_event("blocked", host="plain.good.test", scanner="allowlist")
                while busy.recv(65536):
                    pass  # and no more of it than was there
                o.up.wait_ended(2)
                idle.sendall(o.request(b"GET", b"/", "plain.good.test", absolute=True))
                want_status(recv_answer(idle), 403)
    s.case("U04 plain HTTP on a kept connection is judged anew after a reload, an answer under way ends",
           plain_removed)

    def repeated():
        with Own(w) as o:
            o.up.answers["/"] = once(OK)
            want_status(o.https(), 200)
            want_status(o.https(), 200)  # by the kept one, which ended; then by a new one
            want(o.up.accepted == 2 and len(o.up.requests) == 3, o.up.requests)
    s.case("U05 a GET whose kept connection ends unanswered is sent once more", repeated)

    def not_repeated(method, body):
        with Own(w) as o:
            o.up.answers["/"] = once(OK)
            want_status(o.https(), 200)
            want_status(o.https(method, body=body), 502)
            want(len(o.up.requests) == 2, o.up.requests)
    s.case("U05 a POST is not", lambda: not_repeated(b"POST", b"a=1"))
    s.case("U05 a PUT with a body is not", lambda: not_repeated(b"PUT", b"a=1"))

    def not_twice():
        with Own(w) as o:
            o.up.answers["/"] = once(OK)
            want_status(o.https(), 200)
            o.up.answers["/"] = lambda c, h, b: False
            want_status(o.https(), 502)
            want(len(o.up.requests) == 3, o.up.requests)
    s.case("U05 nothing is sent a third time", not_twice)

    def not_half():
        with Own(w) as o:
            o.up.answers["/"] = once(OK, b"HTTP/1.1 20")
            want_status(o.https(), 200)
            want_status(o.https(), 502)
            want(len(o.up.requests) == 2, o.up.requests)
    s.case("U05 nor once a byte of the answer came", not_half)

    def closed_meanwhile():
        with Own(w) as o:
            o.up.answers["/bye"] = lambda c, h, b: (c.sendall(OK), False)[1]
            want_status(o.https(path=b"/bye"), 200)
            o.up.wait_ended(1)
            want_status(o.https(b"POST", body=b"a=1"), 200)
            want(o.up.accepted == 2, o.up.accepted)
    s.case("U06 a connection that its server ended is not given, also not for a POST",
           closed_meanwhile)

    def talks():
        with Own(w, tls=False) as o:
            o.up.answers["/more"] = lambda c, h, b: (c.sendall(OK + OK), True)[1]
            want_status(o.http(path=b"/more"), 200)
            want_status(o.http(), 200)
            want(o.up.accepted == 2, o.up.accepted)
    s.case("U06 one that said more than its answer is not kept", talks)

    def bound():
        with Own(w) as o:
            host = o.authority("api.good.test")
            raw = b"GET / HTTP/1.1\r\nHost: %s\r\nAuthorization: NTLM eA==\r\n\r\n" % host
            with o.gate.tls(host.decode()) as c:
                for _ in range(2):
                    c.sendall(raw)
                    want_status(recv_answer(c), 200)
            want_status(o.https(), 200)
            want(o.up.accepted == 2, o.up.accepted)
    s.case("U07 a connection that knows who asks (NTLM) is nobody else's", bound)

    def off():
        with Own(w, gate={"limits": {"idle_upstreams": 0}}) as o:
            for _ in range(2):
                want_status(o.https(), 200)
            want(o.up.accepted == 2, o.up.accepted)
    s.case("U08 limits.idle_upstreams: 0 keeps none", off)

    def few():
        with Own(w, gate={"limits": {"idle_upstreams": 1}}) as o:
            want_status(o.https(name="api.good.test"), 200)
            want_status(o.https(name="m.good.test"), 200)
            o.up.wait_ended(1)
            want_status(o.https(name="m.good.test"), 200)
            want(o.up.accepted == 2, o.up.accepted)
    s.case("U08 one too many makes the oldest go", few)

    def old():
        with Own(w, gate={"limits": {"idle_upstream_ms": 50}}) as o:
            want_status(o.https(), 200)
            o.up.wait_ended(1)
            want_status(o.https(), 200)
            want(o.up.accepted == 2, o.up.accepted)
    s.case("U08 and age does", old)

    def passthrough():
        with Own(w, allow=("api.good.test",), passthrough=["pass.test"]) as o:
            o.gate.settings["allow"] = o.allow + ["pass.test:%d" % o.up.port]
            o.gate.write()
            o.gate.wait_event("config_reload", verdict="allow")
            want_status(o.https(), 200)
            ctx = ssl.create_default_context(cafile=w.pki.path("up-ca.pem"))
            with o.gate.tls("pass.test:%d" % o.up.port, ctx=ctx) as c:
                c.sendall(o.request(b"GET", b"/", "pass.test"))
                want_status(recv_answer(c), 200)
            want(o.up.accepted == 2, o.up.accepted)
    s.case("U09 what passes through closed has a connection of its own", passthrough)

    race(s, w)
    budget(s, w)
    tickets(s, w)


def silent(addr, family=socket.AF_INET):
    """A port that answers nothing: its queue is full, and Linux drops what comes then."""
    deaf = socket.socket(family)
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    deaf.bind(addr)
    deaf.listen(0)
    full = []
    for _ in range(16):
        c = socket.socket(family)
        c.setblocking(False)
        c.connect_ex(addr)
        full.append(c)
    return [deaf] + full


def race(s, w):
    never = {"limits": {"dial_ms": 600000, "dns_ms": 600000}}

    def slow(addrs, held):
        with Own(w, tls=False, gate=never, open=["127.0.0.0/8", "::1/128"],
                 resolve={"plain.good.test": addrs}) as o:
            keep = [silent((a, o.up.port), f) for a, f in held]
            got = o.gate.say(o.request(b"GET", b"/", "plain.good.test", absolute=True), 20)
            want_status(got, 200)
            for socks in keep:
                for c in socks:
                    c.close()
    s.case("U10 an address that does not answer keeps the next one waiting for a moment only",
           lambda: slow(["127.0.0.2", "127.0.0.1"], [("127.0.0.2", socket.AF_INET)]))
    s.case("U10 nor do two",
           lambda: slow(["127.0.0.2", "127.0.0.3", "127.0.0.1"],
                        [("127.0.0.2", socket.AF_INET), ("127.0.0.3", socket.AF_INET)]))
    if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6"):
        s.case("U10 nor does IPv6 keep IPv4",
               lambda: slow(["::1", "127.0.0.1"], [("::1", socket.AF_INET6)]))

    def refused():
        with Own(w, tls=False, gate=never, resolve={
                "plain.good.test": ["127.0.0.9", "127.0.0.8", "127.0.0.1"]}) as o:
            want_status(o.http(), 200)
    s.case("U10 one that refuses keeps nobody waiting", refused)

    def nobody():
        with Own(w, tls=False, gate=never, resolve={
                "plain.good.test": ["127.0.0.9", "127.0.0.8"]}) as o:
            want_status(o.http(), 502)
    s.case("U10 where none answers it is 502", nobody)

    def judged():
        with Own(w, tls=False, gate=never, open=["127.0.0.1/32"], resolve={
                "plain.good.test": ["127.0.0.1", "127.0.0.2"]}) as o:
            want_status(o.http(), 403)
            want(o.up.accepted == 0, o.up.accepted)
    s.case("U10 one address that is not allowed, and none of them is tried", judged)


def budget(s, w):
    big = bytes(range(256)) * (8 << 12)  # 8 MiB

    def resident(o):
        with open("/proc/%d/status" % o.gate.proc.pid) as f:
            return [int(x.split()[1]) for x in f if x.startswith("VmRSS")][0]

    def slow_readers(tls):
        limits = {"limits": {"buffer_bytes": 65536}}
        with Own(w, tls=tls, gate=limits) as o:
            o.up.answers["/big"] = lambda c, h, b: (
                c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(big) + big), True)[1]
            name = "api.good.test" if tls else "plain.good.test"
            host = o.authority(name).decode()
            want_status(o.https() if tls else o.http(), 200)
            clients = [o.gate.tls(host) if tls else o.gate.dial() for _ in range(24)]
            before = resident(o)
            for c in clients:
                c.sendall(o.request(b"GET", b"/big", name, absolute=not tls))
            for _ in clients:  # all of them are under way, and nobody reads
                want_status(o.https() if tls else o.http(), 200)
            # Each could hold 384 KiB; a sanitizer's own memory is more than what is measured.
            grown = resident(o) - before
            with open("/proc/%d/maps" % o.gate.proc.pid) as f:
                sanitized = "libasan" in f.read()
            want(sanitized or grown < 3600, "%d KiB" % grown)
            for c in clients:
                want(read_all(c, len(big)).endswith(big), "not what was sent")
                c.close()
    s.case("U11 above limits.buffer_bytes slow readers wait, and get all of it",
           lambda: slow_readers(True))
    s.case("U11 plain HTTP too", lambda: slow_readers(False))

    def uploads():
        with Own(w, tls=False, gate={"limits": {"buffer_bytes": 65536}}) as o:
            clients = [o.gate.dial() for _ in range(24)]
            body = b"a" * (1 << 20)
            raw = o.request(b"POST", b"/", "plain.good.test", body, absolute=True)
            for c in clients:
                c.sendall(raw[:len(raw) // 2])
            for c in clients:
                c.sendall(raw[len(raw) // 2:])
            for c in clients:
                want_status(recv_answer(c, 10), 200)
                c.close()
    s.case("U11 bodies arrive whole, too", uploads)

    def heads():
        with Own(w, tls=False, gate={"limits": {"buffer_bytes": 65536}}) as o:
            raw = o.request(b"GET", b"/", "plain.good.test", absolute=True)
            clients = [o.gate.dial() for _ in range(8)]
            for c in clients:
                c.sendall(raw[:-2] + b"X-A: " + b"a" * 15000)
            want_status(o.http(), 200)  # by now it has all of that
            with o.gate.dial() as c:
                c.sendall(raw[:-2] + b"X-A: " + b"a" * 40000)
                want_status(recv_answer(c, 10), 431)
            for c in clients:
                c.sendall(b"\r\n\r\n")
                want_status(recv_answer(c, 10), 200)
                c.close()
    s.case("U11 a head that would not fit is 431 at once, and those that do arrive", heads)


def read_all(c, n):
    c.settimeout(20)
    got = []
    have = 0
    while have < n:
        more = c.recv(1 << 18)
        if not more:
            break
        got.append(more)
        have += len(more)
        if len(got) == 1:
            n += more.index(b"\r\n\r\n") + 4
    return b"".join(got)


def s_client(o, w, name, *args):
    proxy = "127.0.0.1:%d" % o.gate.port
    p = subprocess.run(["openssl", "s_client", "-proxy", proxy, "-connect",
                        o.authority(name).decode(), "-servername", name, "-CAfile",
                        w.pki.path("ca.pem"), "-verify_return_error", "-ign_eof"] + list(args),
                       input=o.request(b"GET", b"/", name).replace(
                           b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
    want(b"HTTP/1.1 200" in p.stdout, p.stdout[-3000:])
    return b"\nReused, " in p.stdout


def tickets(s, w):
    for version in ("-tls1_3", "-tls1_2"):
        def own(version=version):
            with Own(w) as o:
                sess = os.path.join(o.gate.dir, "session")
                want(not s_client(o, w, "api.good.test", version, "-sess_out", sess), "resumed")
                want(s_client(o, w, "api.good.test", version, "-sess_in", sess), "not resumed")
        s.case("T08 %s: a session is resumed for its own name" % version[1:], own)

        def others(version=version):
            with Own(w) as o:
                sess = os.path.join(o.gate.dir, "session")
                s_client(o, w, "api.good.test", version, "-sess_out", sess)
                want(not s_client(o, w, "m.good.test", version, "-sess_in", sess), "resumed")
        s.case("T08 %s: never for another" % version[1:], others)

        def reloaded(version=version):
            with Own(w) as o:
                sess = os.path.join(o.gate.dir, "session")
                s_client(o, w, "api.good.test", version, "-sess_out", sess)
                o.gate.proc.send_signal(1)
                o.gate.wait_event("config_reload", verdict="allow")
                want(not s_client(o, w, "api.good.test", version, "-sess_in", sess), "resumed")
        s.case("T08 %s: nor after a reload" % version[1:], reloaded)
