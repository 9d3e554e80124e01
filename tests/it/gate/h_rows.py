"""H: hosts and addresses (authorities as they come on the wire)."""

from harness import Upstream, enc, status, want, want_status
from resolver import Resolver

HEX_LISTED = "0123456789abcdef" * 2  # an entry names it exactly
HEX_OTHER = "fedcba9876543210" * 2   # a wildcard covers it

# id, sentence, authority of CONNECT ({p}: the upstream's port), status
ROWS = [
    ("H01", "a trailing dot is dropped", "api.good.test.:{p}", 200),
    ("H02", "case does not matter", "API.GOOD.TEST:{p}", 200),
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
    ("H19", "a name of 254 bytes", "a." * 124 + "test.x:{p}", (400, 403)),
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
        def check(authority=authority, code=code):
            before = up.accepted
            got = gate.connect(enc(authority).replace(b"{p}", b"%d" % up.port))
            want_status(got, *(code if isinstance(code, tuple) else (code,)))
            if status(got) != 200:
                want(up.accepted == before, "an upstream socket was opened")
            if status(got) == 200:
                up.wait_accepted(before + 1)  # its thread counts when it gets its turn
        s.case("%s %s: %s" % (row, sentence, code), check)

    def no_port_in_log():
        want(not any("GOOD" in (e.get("host") or "") for e in gate.events()), "upper case in log")
    s.case("H02 events have the name in lower case", no_port_in_log)

    def strict_ssrf():
        got = w.guarded.connect("api.good.test:%d" % up.port)
        want_status(got, 403)
        want(b"CONNECT blocked: SSRF blocked: api.good.test resolves to internal IP 127.0.0.1"
             in got, got)
    s.case("H14 an allowed name at an internal address is refused when dialled", strict_ssrf)

    def mixed():
        want_status(w.guarded.connect("m.good.test:%d" % up.port), 403)
    s.case("H16 one internal address among public ones refuses the name", mixed)

    def metadata():
        want_status(w.guarded.connect("169.254.169.254:%d" % up.port), 403)
    s.case("H12 an address on the allowlist is still judged", metadata)

    resolved(s, w)


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
