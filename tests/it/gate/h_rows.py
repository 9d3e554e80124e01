"""H: hosts and addresses (authorities as they come on the wire)."""
import socket
import ssl
import subprocess

from harness import Upstream, enc, free_port, recv_answer, want, want_status
from resolver import Resolver

HEX_LISTED = "0123456789abcdef" * 2  # an entry names it exactly
HEX_OTHER = "fedcba9876543210" * 2   # a wildcard covers it
LABELS = [HEX_LISTED, "xn--pi-hmc", "a_b"]
# Addresses that the suite's allowlist names, so that it is the address that is judged.
ODD = ["169.254.169.254", "0.0.0.0", "255.255.255.255", "[::ffff:169.254.169.254]",
       "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[::169.254.169.254]", "[::]",
       "[2001:0:4136:e378:8000:63bf:5601:5601]", "[ff02::1]"]

# id, sentence, authority of CONNECT ({p}: the upstream's port), status
ROWS = [
    ("H01", "a trailing dot is dropped", "api.good.test.:{p}", 200),
    ("H02", "case does not matter", "API.GOOD.TEST:{p}", 200),
    ("H01", "a name that is not allowed stays so with a dot", "evil.test.:{p}", 403),
    ("H01", "and deny wins with one", "deny.wild.test.:{p}", 403),
    ("H03", "a NUL is malformed", b"evil.test\0.wild.test:{p}", 400),
    ("H04", "an authority is not percent-decoded", "evil.test%00.wild.test:{p}", 400),
    ("H04", "nor are its dots", "api%2egood.test:{p}", 400),
    ("H05", "a name in brackets is malformed", "[api.good.test]:{p}", 400),
    ("H05", "in two pairs too", "[[api.good.test]]:{p}", 400),
    ("H06", "userinfo is malformed", "good.test@evil.test:{p}", 400),
    ("H07", "two ports are malformed", "api.good.test:{p}:22", 400),
    ("H08", "port 0", "api.good.test:0", 400),
    ("H08", "a port that would wrap", "api.good.test:65979", 400),
    ("H08", "a signed port", "api.good.test:+443", 400),
    ("H08", "a port with a zero in front", "api.good.test:0443", 400),
    ("H08", "a port with a space", "api.good.test: 443", 400),
    ("H08", "a port with a letter", "api.good.test:443x", 400),
    ("H08", "an empty port", "api.good.test:", 400),
    ("H08", "no port at all", "api.good.test", 400),
    ("H08", "a port over 32 bits", "api.good.test:4294967739", 400),
    ("H09", "a wildcard is not its apex", "wild.test:{p}", 403),
    ("H09", "a wildcard needs its dot", "xwild.test:{p}", 403),
    ("H09", "a wildcard ends the name", "a.wild.test.evil.test:{p}", 403),
    ("H09", "its apex does not begin another", "wild.test.evil.test:{p}", 403),
    ("H09", "an empty first label is malformed", ".wild.test:{p}", 400),
    ("H09", "an empty label is malformed", "a..wild.test:{p}", 400),
    ("H10", "a wildcard covers any depth", "a.b.wild.test:{p}", 200),
    ("H11", "a decimal address", "2130706433:{p}", 400),
    ("H11", "a hexadecimal address", "0x7f000001:{p}", 400),
    ("H11", "an octal address", "0177.0.0.1:{p}", 400),
    ("H11", "a short address", "127.1:{p}", 400),
    ("H11", "an address with a trailing dot", "127.0.0.1.:{p}", 400),
    ("H12", "a mapped metadata address", "[::ffff:169.254.169.254]:{p}", 403),
    ("H12", "the same in hexadecimal", "[::ffff:a9fe:a9fe]:{p}", 403),
    ("H12", "NAT64", "[64:ff9b::a9fe:a9fe]:{p}", 403),
    ("H12", "6to4", "[2002:a9fe:a9fe::1]:{p}", 403),
    ("H12", "IPv4-compatible", "[::169.254.169.254]:{p}", 403),
    ("H12", "Teredo", "[2001:0:4136:e378:8000:63bf:5601:5601]:{p}", 403),
    ("H13", "a zone", "[fe80::1%25eth0]:{p}", (400, 403)),
    ("H13", "the unspecified address", "[::]:{p}", 403),
    ("H13", "0.0.0.0", "0.0.0.0:{p}", 403),
    ("H13", "0", "0:{p}", 400),
    ("H13", "broadcast", "255.255.255.255:{p}", 403),
    ("H13", "multicast", "[ff02::1]:{p}", 403),
    ("H17", "full-width digits", "１27.0.0.1:{p}", 400),
    ("H17", "a circled letter", "ⓐpi.good.test:{p}", 400),
    ("H17", "an ideographic full stop", "api。good.test:{p}", 400),
    ("H17", "a Cyrillic look-alike", "аpi.good.test:{p}", 400),
    ("H17", "a soft hyphen", "a\u00adpi.good.test:{p}", 400),
    ("H17", "an A-label is compared as it is", "xn--pi-hmc.wild.test:{p}", 200),
    ("H17", "and is not what it stands for", "xn--pi-hmc.good.test:{p}", 403),
    ("H19", "a name of 253 bytes is one", "a." * 124 + "tests:{p}", 403),
    ("H19", "a name of 254 bytes", "a." * 124 + "tests1:{p}", 400),
    ("H19", "an underscore is allowed", "a_b.wild.test:{p}", 200),
    ("H19", "a label that ends with a hyphen", "a-.wild.test:{p}", 400),
    ("H19", "a label of 64 bytes", "a" * 64 + ".wild.test:{p}", 400),
    ("H19", "a label that begins with a hyphen", "-a.wild.test:{p}", 400),
    ("D01", "labels of a host listed exactly are not judged", HEX_LISTED + ".wild.test:{p}", 200),
    ("D01", "such a label below a wildcard is", HEX_OTHER + ".wild.test:{p}", 403),
    ("D01", "and below what is listed exactly", HEX_OTHER + "." + HEX_LISTED + ".wild.test:{p}",
     403),
    ("H22", "deny wins over a wildcard", "deny.wild.test:{p}", 403),
]


def run(s, w):
    gate, up = w.unpooled, w.tls
    for row, sentence, authority, code in ROWS:
        def check(row=row, authority=authority, code=code):
            before = up.accepted
            aim = enc(authority).replace(b"{p}", b"%d" % up.port)
            if code != 200:
                got = gate.denies(up, b"CONNECT %s HTTP/1.1\r\nHost: x.test:1\r\n\r\n" % aim,
                                  *(code if isinstance(code, tuple) else (code,)))
                want(not row.startswith("H12") or b"SSRF blocked: " in got, got)
                return
            want_status(gate.connect(aim), 200)
            up.wait_accepted(before + 1)  # its thread counts when it gets its turn
        s.case("%s %s: %s" % (row, sentence, code), check)

    def leaf():
        ctx = ssl.create_default_context(cafile=w.pki.path("ca.pem"))
        with gate.tls("api.good.test.:%d" % up.port, sni="api.good.test", ctx=ctx) as t:
            want(t.getpeercert()["subjectAltName"] == (("DNS", "api.good.test"),), t.getpeercert())
            t.sendall(b"GET /dot HTTP/1.1\r\nHost: api.good.test:%d\r\n\r\n" % up.port)
            want_status(recv_answer(t), 200)
        want(up.saw(b"GET /dot HTTP/1.1\r\nHost: api.good.test:%d\r\n" % up.port))
        want(not any(e.get("host", "").endswith(".") for e in gate.events()), "a dot in the log")
    s.case("H01 with a dot, the leaf and the log have the name without", leaf)

    def socks():
        for hello in (b"\x05\x01\x00", b"\x05\x01\x00\x05\x01\x00\x03\x13evil.test\0.wild.test\x01\xbb",
                      b"\x04\x01\x01\xbb\x7f\0\0\1\0"):
            before = up.accepted
            with gate.dial() as c:
                c.sendall(hello + b"\r\n\r\n")
                want_status(recv_answer(c), 400)
            want(up.accepted == before)
    s.case("H03 SOCKS is not spoken: 400", socks)

    def no_port_in_log():
        want(not any("GOOD" in (e.get("host") or "") for e in gate.events()), "upper case in log")
    s.case("H02 events have the name in lower case", no_port_in_log)

    def strict_ssrf():
        got = w.guarded.connect("api.good.test:%d" % up.port)
        want_status(got, 403)
        want(b"CONNECT blocked: SSRF blocked: api.good.test resolves to internal IP 127.0.0.1"
             in got, got)
    s.case("H14 an allowed name at an internal address is refused when dialled", strict_ssrf)

    def inside():
        mine = [a[4][0] for a in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
        fixed = ["10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "::1",
                 "fd00::1", "fe80::1", "::ffff:10.0.0.1"] + mine
        names = {"in%d.test" % i: [a] for i, a in enumerate(fixed)}
        g = w.open(["%s:%d" % (n, up.port) for n in names], ssrf=False, resolve=names)
        for name, at in names.items():
            got = g.denies(up, b"CONNECT %s:%d HTTP/1.1\r\nHost: x.test:1\r\n\r\n"
                           % (name.encode(), up.port), 403)
            want(b"SSRF blocked: %s resolves to internal IP " % name.encode() in got, (at, got))
    s.case("H14 nor at any private, link-local or loopback address, or one of this machine", inside)

    def mixed():
        want_status(w.guarded.connect("m.good.test:%d" % up.port), 403)
    s.case("H16 one internal address among public ones refuses the name", mixed)

    def metadata():
        want_status(w.guarded.connect("169.254.169.254:%d" % up.port), 403)
    s.case("H12 an address on the allowlist is still judged", metadata)

    for entry in ("*", "*.com", "*.co.uk", "", "http://x/"):
        s.case("H21 an allowlist with %r does not load, and the message says why" % entry,
               lambda entry=entry: unloadable(w, entry))

    def nothing():
        g = w.open(["api.good.test:%d" % up.port])
        g.settings["allow"] = []
        want(g.reload()["verdict"] == "block")
        want_status(g.connect("evil.test:%d" % up.port), 403)
        want_status(g.connect("api.good.test:%d" % up.port), 200)
        g.settings["allow"] = ["nothing.invalid"]  # what policies/config writes for a bottle without hosts
        want(g.reload()["verdict"] == "allow")
        for name in ("api.good.test", "evil.test", "127.0.0.1"):
            g.denies(up, b"CONNECT %s:%d HTTP/1.1\r\nHost: x.test:1\r\n\r\n"
                     % (name.encode(), up.port), 403)
        path = w.pki.path("nothing.yaml")
        with open(path, "w") as f:
            f.write("mode: strict\napi_allowlist: []\ngate: {listen: ['127.0.0.1:%d']}\n" % free_port())
        rc = subprocess.run([w.bottle, "gate", "--config", path], stderr=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, timeout=20).returncode
        want(rc == 1, rc)
    s.case("H20 an empty allowlist lets nothing through: it is refused, and the old one stays", nothing)

    resolved(s, w)


def unloadable(w, entry):
    path = w.pki.path("entry.yaml")
    with open(path, "w") as f:
        f.write("mode: strict\napi_allowlist: [a.test, '%s']\ngate: {listen: ['127.0.0.1:%d']}\n"
                % (entry, free_port()))
    out = subprocess.run([w.bottle, "gate", "--config", path, "--check"], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=20)
    want(out.returncode == 1 and out.stderr.count(b"\n") == 1, out)
    want(b":2: api_allowlist" in out.stderr, out.stderr)


INNER = "127.0.0.2"  # closed to the gate of these cases, whose ssrf.ip_allowlist has 127.0.0.1


def resolved(s, w):
    """What a name server says, and what is dialled after it."""
    port = w.plain.port
    trap = Upstream(at=(INNER, port))
    dns = Resolver({
        "rebind.test": [["127.0.0.1"], [INNER]],
        "turn.test": [["127.0.0.1"], ["127.0.0.1", INNER]],
        "alias.test": [["=db.corp.internal", INNER]],
        "chain.test": [["=one.test", "=two.test", INNER]],
        "outer.test": [["=db.corp.internal", "127.0.0.1"]],
    })
    names = ["rebind.test", "turn.test", "alias.test", "chain.test", "outer.test"]
    gate = w.open(["%s:%d" % (n, port) for n in names], open=["127.0.0.1/32"],
                  gate={"resolvers": [dns.addr], "limits": {"idle_upstreams": 0}})

    def get(name):
        host = b"%s:%d" % (name.encode(), port)
        return gate.say(b"GET http://%s/%s HTTP/1.1\r\nHost: %s\r\n\r\n"
                        % (host, name.encode(), host))

    def inner(name):
        got = get(name)
        want_status(got, 403)
        want(b"SSRF blocked: %s resolves to internal IP %s" % (name.encode(), INNER.encode())
             in got, got)
        want(trap.accepted == 0, "the internal address was dialled")

    def rebind():
        want_status(get("rebind.test"), 200)
        want(w.plain.saw(b"/rebind.test"), "another upstream answered")
        want(dns.count("rebind.test") == 1, dns.asked)
        want(trap.accepted == 0, "the second answer was dialled")
    s.case("H15 a name is resolved once, and what was judged is what is dialled", rebind)

    def rebound():
        inner("rebind.test")
        want(dns.count("rebind.test") == 2, dns.asked)
    s.case("H15 the next connection asks again, and a private answer is refused", rebound)

    def tunnelled():
        with gate.tunnel("turn.test:%d" % port) as t:
            want(t is not None)
        want(dns.count("turn.test") == 1, dns.asked)
        want_status(gate.connect("turn.test:%d" % port), 403)
        want(dns.count("turn.test") == 2 and trap.accepted == 0, dns.asked)
    s.case("H16 a tunnel too; one internal address in the answer refuses all of it", tunnelled)

    s.case("H18 an alias of an internal name is judged by its address",
           lambda: inner("alias.test"))
    s.case("H18 also at the end of a chain", lambda: inner("chain.test"))

    def outer():
        want_status(get("outer.test"), 200)
        want(all(n in names for n, _ in dns.asked), dns.asked)
    s.case("H18 the alias itself is neither asked for nor judged", outer)
