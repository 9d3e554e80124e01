"""N03: questions for names. N14: many, slow, half gone clients: what one does is bounded, and others do
not feel it."""
import os
import resource
import socket
import struct
import time

from harness import ended, free_port, recv_answer, status, want, want_status
from resolver import Resolver, spell

NXDOMAIN = 3


def question(name, kind, edns):
    extra = b"\0" + struct.pack(">HHIH", 41, 4096, 0, 12) + struct.pack(">HH", 65001, 8) + b"leakleak"
    return (struct.pack(">HHHHHH", 77, 0x0100, 1, 0, 0, 1 if edns else 0) + spell(name)
            + struct.pack(">HH", kind, 1) + (extra if edns else b""))


def asked(s, w):
    """The gate is the only name server that an agent has; this one stands behind the gate."""
    dns = Resolver({"api.good.test": [["127.0.0.1"]]})
    port = free_port()
    g = w.open(["api.good.test", "*.wild.test"], gate={
        "resolvers": [dns.addr], "resolve": {},
        "dns": {"listen": "127.0.0.1:%d" % port, "address": "127.0.0.9"}})

    def ask(name, kind=1, edns=False, tcp=False):
        raw = question(name, kind, edns)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as c:
            c.settimeout(5)
            c.connect(("127.0.0.1", port))
            c.sendall(struct.pack(">H", len(raw)) + raw if tcp else raw)
            got = c.recv(4096)
            while tcp and (len(got) < 2 or len(got) < 2 + int.from_bytes(got[:2], "big")):
                more = c.recv(4096)
                want(more, got)
                got += more
        got = got[2:] if tcp else got
        want(got[:2] == raw[:2] and got[2] & 0x80, got)
        return got[3] & 15, struct.unpack(">H", got[6:8])[0], got

    def denied():
        for i, kind in enumerate((1, 28, 16, 15, 10, 12, 33, 64, 65, 255)):
            for edns in (False, True):
                for tcp in (False, True):
                    name = "c2VjcmV0%d.evil.test" % i
                    want(ask(name, kind, edns, tcp)[:2] == (NXDOMAIN, 0), (kind, edns, tcp))
        for name in ("q7x2kz9w4mb8vn3rtl5yj6hd.evil.test", "wild.test", "evil.test.good.test"):
            want(ask(name)[:2] == (NXDOMAIN, 0), name)
        g.wait_event("dns", host="c2vjcmv00.evil.test", verdict="block")
        want(dns.asked == [], dns.asked)
    s.case("N03 a name that is not allowed does not exist, whatever is asked about it; nobody else is asked",
           denied)

    def allowed():
        code, n, got = ask("api.good.test")
        want((code, n) == (0, 1) and got.endswith(socket.inet_aton("127.0.0.9")), got)
        for kind in (28, 16, 15, 65):  # TXT and the like of an allowed name carry nothing either
            code, n, got = ask("api.good.test", kind)
            want((code, n) == (0, 0), (kind, got))
        want(dns.asked == [], dns.asked)
    s.case("N03 an allowed name has the gate's address and no other record, and nobody else is asked", allowed)


def run(s, w):
    asked(s, w)
    up = w.plain
    host = b"plain.good.test:%d" % up.port
    get = b"GET http://%s/n HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, host)
    other = w.open([host.decode()])  # another bottle's

    def many():
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        most = min(10000, hard - 500 if hard != resource.RLIM_INFINITY else 10000)
        g = w.open([host.decode()], gate={"limits": {"connections": 64}})
        held = []
        try:
            while len(held) < most:
                c = socket.socket()
                c.setblocking(False)
                c.connect_ex(("127.0.0.1", g.port))
                held.append(c)
                if len(held) % 500 == 0:
                    want_status(other.say(get), 200)
            with open("/proc/%d/status" % g.proc.pid) as f:
                kb = [int(x.split()[1]) for x in f if x.startswith("VmRSS")][0]
            with open("/proc/%d/maps" % g.proc.pid) as f:
                sanitized = "libasan" in f.read()
            want(sanitized or kb < 65536, "%d KiB" % kb)
        finally:
            for c in held:
                c.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        end = time.time() + 20
        while status(g.say(get)) != 200:
            want(time.time() < end, "it does not come back")
    s.case("N14 ten thousand connections at once: others are served, memory is bounded, it comes back", many)

    def crowded():
        path = os.path.join(w.pki.dir, "crowded.sock")
        g = w.open([host.decode()], gate={"admin": path, "limits": {"client_connections": 3}})

        def refused_from_here():
            c = g.dial()
            try:
                return c.recv(1) == b""
            except ConnectionResetError:
                return True
            finally:
                c.close()

        def others(where):
            with socket.create_connection(("127.0.0.1", g.port), 5, source_address=(where, 0)) as c:
                c.sendall(get)
                return status(recv_answer(c))
        held = [g.dial() for _ in range(3)]
        for c in held:
            c.sendall(get)
            want_status(recv_answer(c), 200)
        want(refused_from_here(), "a fourth one was let in")
        ev = g.wait_event("blocked", scanner="limit")
        want(ev["rule"] == "gate.limits.client_connections", ev)
        want(others("127.0.0.2") == 200 and others("127.0.0.3") == 200, "others feel it")
        with socket.socket(socket.AF_UNIX) as c:
            c.settimeout(5)
            c.connect(path)
            c.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            want(b"bottle_gate_connections_refused_total 1\n" in recv_answer(c))
        for c in held:
            c.close()
        end = time.time() + 20
        while status(g.say(get)) != 200:
            want(time.time() < end, "it does not come back")
    s.case("N14 one address may have limits.client_connections, and others go on", crowded)

    def slow():
        g = w.open([host.decode()], gate={"limits": {"header_ms": 300}})
        before = up.accepted
        for raw in (b"GET http://", b"GET http://%s/ HTTP/1.1\r\nX: " % host,
                    b"POST http://%s/ HTTP/1.1\r\nHost: %s\r\nContent-Length: 5\r\n\r\nab" % (host, host),
                    b"POST http://%s/ HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
                    % (host, host)):
            with g.dial() as c:
                c.sendall(raw)
                got = recv_answer(c, 10)
                want(status(got) in (0, 408), got)
                want(ended(c), "still open: %r" % raw)
        want(up.accepted == before, "the upstream was bothered")
        with g.dial() as c:  # a byte every now and then does not buy more time
            end, got = time.time() + 10, b""
            c.settimeout(0.05)
            for b in b"GET http://%s/n HTTP/1.1\r\n" % host + b"X: y\r\n" * 200:
                try:
                    c.sendall(bytes([b]))
                    got = c.recv(4096)
                    break
                except socket.timeout:
                    continue
                except OSError:
                    break
            want(time.time() < end and status(got) in (0, 408), got)
    s.case("N14 a head or a body that does not come to its end is given up, however it trickles", slow)

    def half():
        for _ in range(20):
            with w.gate.dial() as c:
                c.sendall(get)
                c.shutdown(socket.SHUT_WR)
                want_status(recv_answer(c), 200)
            with w.gate.dial() as c:
                c.sendall(get[:-10])
                c.shutdown(socket.SHUT_WR)
                recv_answer(c)
                want(ended(c), "still open")
        with w.gate.tls("api.good.test:%d" % w.tls.port) as t:
            t.sendall(b"GET /half HTTP/1.1\r\nHost: api.good.test:%d\r\n\r\n" % w.tls.port)
            want_status(recv_answer(t), 200)
    s.case("N14 a client that has said all it had gets its answer; one that breaks off, its end", half)

    def storm():
        for i in range(300):
            c = w.gate.dial()
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            c.sendall((get, b"CONNECT api.good.test:%d HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03" % w.tls.port,
                       get[:-3], b"\xff" * 50)[i % 4])
            c.close()
        want_status(w.gate.say(get), 200)
    s.case("N14 resets in every state leave it unmoved", storm)
