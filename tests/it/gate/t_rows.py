"""T: TLS and names."""
import ssl
import subprocess
import time

from harness import ESTABLISHED, TOKEN, recv_answer, status, want, want_status

GET = b"GET /x HTTP/1.1\r\nHost: %s\r\n\r\n"


def closed(sock):
    sock.settimeout(3)
    try:
        return sock.recv(10) == b""
    except ConnectionResetError:
        return True


def refused_handshake(w, **kw):
    try:
        w.gate.tls(**kw).close()
    except (ssl.SSLError, OSError):
        return
    raise AssertionError("the handshake went through")


def hello(name, extra=b""):
    """A TLS 1.2 ClientHello with this server_name extension body."""
    import struct
    ext = struct.pack(">HH", 0, len(name)) + name + extra
    body = (b"\x03\x03" + b"\0" * 32 + b"\0" + b"\0\x02\xc0\x2b" + b"\x01\0"
            + struct.pack(">H", len(ext)) + ext)
    msg = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack(">H", len(msg)) + msg


def sni_list(*names):
    import struct
    items = b"".join(b"\0" + struct.pack(">H", len(n)) + n for n in names)
    return struct.pack(">H", len(items)) + items


def upstream_cert(w, name, words):
    up = w.bad[name]
    got = w.gate.https("api.good.test:%d" % up.port,
                       GET % (b"api.good.test:%d" % up.port) + b"")
    want_status(got, 502)
    want(b"upstream error" in got, got)
    want(any(x in got.lower() for x in words), got)
    want(not up.requests, "the upstream saw a request")


def run(s, w):
    p = w.tls.port
    api = "api.good.test:%d" % p

    def fronting_sni():
        before = len(w.tls.requests)
        with w.gate.tunnel(api) as t:
            ctx = ssl.create_default_context(cafile=w.pki.path("ca.pem"))
            try:
                ctx.wrap_socket(t, server_hostname="evil.test")
                raise AssertionError("handshake")
            except (ssl.SSLError, OSError):
                pass
        w.gate.wait_event("sni_mismatch", host="api.good.test")
        want(len(w.tls.requests) == before, "the upstream saw a request")
    s.case("T01 C08 another name in SNI closes the tunnel without a byte", fronting_sni)

    def fronting_host():
        before = len(w.tls.requests)
        got = w.gate.https(api, GET % b"evil.test")
        want_status(got, 403)
        want(len(w.tls.requests) == before, "the upstream saw a request")
        want(b"authority mismatch: blocked" in got, got)
        w.gate.wait_event("blocked", scanner="tls_authority_mismatch")
    s.case("T02 C17 another Host inside the tunnel is refused", fronting_host)

    def no_sni():
        ctx = ssl.create_default_context(cafile=w.pki.path("ca.pem"))
        ctx.check_hostname = False
        with ctx.wrap_socket(w.gate.tunnel(api)) as t:
            san = t.getpeercert()["subjectAltName"]
            want(san == (("DNS", "api.good.test"),), san)
            t.sendall(GET % api.encode())
            want_status(recv_answer(t), 200)
    s.case("T03 without SNI the leaf and the host are those of CONNECT", no_sni)

    for what, ext in (("two names", sni_list(b"api.good.test", b"evil.test")),
                      ("a NUL", sni_list(b"api.good.test\0x")),
                      ("an address", sni_list(b"127.0.0.1")),
                      ("a trailing dot", sni_list(b"api.good.test."))):
        def bad_sni(ext=ext):
            with w.gate.tunnel(api) as t:
                t.sendall(hello(ext))
                want(closed(t), "still open")
        s.case("T04 %s in SNI closes the tunnel" % what, bad_sni)

    def ech():
        with w.gate.tunnel("pass.test:%d" % p) as t:
            before = len(w.tls.requests)
            t.sendall(hello(sni_list(b"pass.test"), b"\xfe\x0d\0\x04\0\0\0\0"))
            time.sleep(0.2)
            want(len(w.tls.requests) == before)
        w.gate.wait_event("anomaly", scanner="tls_intercept", host="pass.test")
    s.case("T05 an encrypted ClientHello is intercepted even for a passthrough host", ech)

    def second_request():
        with w.gate.tls(api) as t:
            t.sendall(GET % api.encode())
            want_status(recv_answer(t), 200)
            t.sendall(GET % b"evil.test")
            want_status(recv_answer(t), 403)
            t.sendall(GET % api.encode())
            want_status(recv_answer(t), 200)
    s.case("T06 each request of a tunnel is judged, and a refused one does not end it",
           second_request)

    def wrong_port():
        want_status(w.gate.https(api, GET % b"api.good.test:1"), 403)
    s.case("T06 another port in Host is another authority", wrong_port)

    for name, words in (("expired", [b"expired"]), ("wrong", [b"not for", b"mismatch"]),
                        ("self", [b"self"]), ("unknown", [b"unknown", b"issuer", b"untrusted"]),
                        ("cn", [b"not for", b"mismatch"]), ("sha1", [b"too weak"]),
                        ("nulcn", [b"not for", b"mismatch"]),
                        ("nulsan", [b"not for", b"mismatch"])):
        s.case("T09 an upstream certificate that is %s is 502 with the reason" % name,
               lambda name=name, words=words: upstream_cert(w, name, words))

    def secret_never_left():
        up = w.bad["unknown"]
        body = b"x=1"
        w.gate.https("api.good.test:%d" % up.port,
                     b"POST / HTTP/1.1\r\nHost: api.good.test:%d\r\nContent-Length: 3\r\n\r\n%s"
                     % (up.port, body))
        want(not up.requests, up.requests)
    s.case("T09 nothing is sent before the certificate was found good", secret_never_left)

    def prior_knowledge():
        got = w.gate.https(api, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        want_status(got, 400)
    s.case("T10 HTTP/2 without ALPN is 400", prior_knowledge)

    for host in ("api.good.test", "pass.test"):
        def not_tls(host=host):
            with w.gate.tunnel("%s:%d" % (host, p)) as t:
                t.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
                want(closed(t), "still open")
            w.gate.wait_event("blocked", scanner="tls_handshake_error", host=host)
        s.case("T11 C09 what is not TLS ends a tunnel to %s" % host, not_tls)

    def slow_hello():
        with w.gate.tunnel(api) as t:
            raw = hello(sni_list(b"api.good.test"))
            for i in range(len(raw)):
                t.sendall(raw[i:i + 1])
            t.settimeout(5)
            want(t.recv(1) in (b"\x15", b"\x16"), "neither a hello nor an alert")
    s.case("T12 a ClientHello in pieces of a byte is waited for, within bounds", slow_hello)

    def byte_records():
        with w.gate.tunnel(api) as t:
            raw = hello(sni_list(b"api.good.test"))
            for b in raw[5:]:
                t.sendall(raw[:3] + b"\0\1" + bytes([b]))
            t.settimeout(5)
            want(t.recv(1) in (b"\x15", b"\x16"), "neither a hello nor an alert")
        with w.gate.tunnel(api) as t:  # fronting does not hide in the cuts
            raw = hello(sni_list(b"evil.test"))
            for b in raw[5:]:
                t.sendall(raw[:3] + b"\0\1" + bytes([b]))
            want(closed(t), "still open")
    s.case("T12 a ClientHello in records of a byte is read, and its name judged", byte_records)

    def huge_hello():
        for size, name, first in ((17000, b"api.good.test", (b"\x15", b"\x16")),
                                  (17000, b"evil.test", (b"",)), (33000, b"api.good.test", (b"",))):
            with w.gate.tunnel(api) as t:
                raw = hello(sni_list(name), b"\0\x15" + size.to_bytes(2, "big") + b"\0" * size)[5:]
                t.settimeout(5)
                try:
                    for i in range(0, len(raw), 16000):
                        part = raw[i:i + 16000]
                        t.sendall(b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part)
                    got = t.recv(1)
                except (ConnectionResetError, BrokenPipeError):  # it may end before all is said
                    got = b""
                want(got in first, (size, name, got))
    s.case("T12 one over 16 KiB is read, one over 32 KiB ends the tunnel", huge_hello)

    def dripped():
        g = w.open([api], gate={"limits": {"client_hello_ms": 300}})
        raw = hello(sni_list(b"api.good.test"))
        with g.tunnel(api) as t:
            t.sendall(raw[:40])
            want(closed(t), "still open")
        g.wait_event("blocked", scanner="tls_handshake_error", rule="timeout")
    s.case("T12 one that does not come to its end is waited for so long and no longer", dripped)

    for what, version in (("SSLv3", 0), ("TLS 1.0", 1), ("TLS 1.1", 2)):
        def too_old(version=version):
            with w.gate.tunnel(api) as t:
                raw = bytearray(hello(sni_list(b"api.good.test")))
                raw[9:11] = b"\x03" + bytes([version])
                t.sendall(bytes(raw))
                t.settimeout(5)
                got = b""
                while len(got) < 7:
                    more = t.recv(7 - len(got))
                    want(more, got)
                    got += more
                want(got[0] == 0x15 and got[5] == 2, got)  # a fatal alert
                want(closed(t), "still open")
        s.case("T13 a hello of %s is answered by an alert" % what, too_old)

    def old_tls():
        out = subprocess.run(
            ["openssl", "s_client", "-proxy", "127.0.0.1:%d" % w.gate.port, "-connect", api,
             "-tls1", "-cipher", "ALL:@SECLEVEL=0"], input=b"", stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=20)
        want(b"alert protocol version" in out.stdout or b"no protocols" in out.stdout
             or out.returncode != 0, out.stdout[-800:])
    s.case("T13 TLS 1.0 is refused", old_tls)

    def passthrough():
        ctx = ssl.create_default_context(cafile=w.pki.path("up-ca.pem"))
        with w.gate.tls("pass.test:%d" % p, ctx=ctx) as t:
            t.sendall(b"POST /p HTTP/1.1\r\nHost: pass.test\r\nContent-Length: %d\r\n\r\n%s"
                      % (len(TOKEN), TOKEN.encode()))
            want_status(recv_answer(t), 200)
        w.gate.wait_event("tunnel_close", host="pass.test")
    s.case("C12 passthrough: the upstream's own certificate, and nothing is scanned", passthrough)

    def established():
        want(w.gate.connect(api) == ESTABLISHED)
    s.case("C01 CONNECT is answered by the status line and nothing more", established)

    def dead_port():
        got = w.gate.connect("a.wild.test:1")
        want_status(got, 502)
        want(b"tunnel dial failed" in got, got)
    s.case("C01 C07 a closed port is 502 tunnel dial failed", dead_port)

    def no_name():
        got = w.gate.connect("nowhere.invalid:443")
        want_status(got, 403)
        want(b"SSRF check failed: DNS resolution error for nowhere.invalid" in got, got)
    s.case("C07 a name that does not resolve is 403", no_name)
    want(status(b"") == 0)
