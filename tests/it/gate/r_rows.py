"""R: start, refusals of the configuration, reload, stop, forwards, transparent listeners."""
import os
import signal
import socket
import ssl
import subprocess
import time

from harness import Gate, free_port, recv_answer, want, want_status


def refused_config(w, text, *words):
    path = w.pki.path("bad.yaml")
    with open(path, "w") as f:
        f.write(text)
    out = subprocess.run([w.bottle, "gate", "--config", path], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=20)
    want(out.returncode == 1, (out.returncode, out.stderr))
    want(out.stderr.count(b"\n") == 1, out.stderr)
    for x in words:
        want(x in out.stderr, out.stderr)


def run(s, w):
    head = "mode: strict\napi_allowlist: [a.test]\ngate: {listen: ['127.0.0.1:%d']}\n" % free_port()
    for sentence, text, words in (
            ("an unknown key", head + "nonsense: 1\n", (b"nonsense",)),
            ("a bare address in ssrf.ip_allowlist", head + "ssrf: {ip_allowlist: ['172.18.0.5']}\n",
             (b"ip_allowlist",)),
            ("strict without an allowlist", "mode: strict\n", (b"api_allowlist",)),
            ("a CA that is not there", head + "tls_interception: {enabled: true, ca_cert: /no/c.pem,"
             " ca_key: /no/k.pem}\n", (b"/no/",))):
        s.case("C21 %s: exit 1 and one line that names it" % sentence,
               lambda text=text, words=words: refused_config(w, text, *words))

    def admin():
        path = os.path.join(w.pki.dir, "admin.sock")
        g = Gate(w.bottle, w.pki, w, ["api.good.test"], gate={"admin": path})
        try:
            want(os.stat(path).st_mode & 0o777 == 0o600, oct(os.stat(path).st_mode))
            for target, code, text in ((b"/metrics", 200, b"bottle_gate_requests_total "),
                                       (b"/health", 200, b"healthy"),
                                       (b"/routes", 200, b'{"routes":[]}\n'), (b"/fetch", 404, b"there is"),
                                       (b"http://api.good.test/", 404, b"there is")):
                with socket.socket(socket.AF_UNIX) as c:
                    c.connect(path)
                    c.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % target)
                    got = recv_answer(c)
                want_status(got, code)
                want(text in got, got)
            with socket.socket(socket.AF_UNIX) as c:
                c.connect(path)
                c.sendall(b"CONNECT api.good.test:443 HTTP/1.1\r\nHost: x\r\n\r\n")
                want_status(recv_answer(c), 405)
        finally:
            g.stop()
        want(not os.path.exists(path), "the socket is left")
    s.case("admin: health and metrics on a socket of the operator's own", admin)

    def rate():
        g = Gate(w.bottle, w.pki, w, ["api.good.test:%d" % w.tls.port],
                 gate={"requests_per_minute": 5})
        try:
            host = "api.good.test:%d" % w.tls.port
            for _ in range(5):
                want_status(g.connect(host), 200)
            got = g.connect(host)
            want_status(got, 429)
            want(b"CONNECT blocked: rate limit exceeded for api.good.test\n" in got, got)
        finally:
            g.stop()
    s.case("C22 one CONNECT more than the minute allows is 429", rate)

    def check_only():
        rc = subprocess.run([w.bottle, "gate", "--config", w.gate.config, "--check"]).returncode
        want(rc == 0, rc)
    s.case("--check reads the configuration and listens to nothing", check_only)

    def hardened():
        with open("/proc/%d/status" % w.gate.proc.pid) as f:
            text = f.read()
        want("NoNewPrivs:\t1" in text, text)
        want("CapEff:\t0000000000000000" in text and "CapPrm:\t0000000000000000" in text, text)
        with open("/proc/%d/limits" % w.gate.proc.pid) as f:
            core = [x for x in f if x.startswith("Max core")][0].split()
        want(core[4] == "0" and core[5] == "0", core)
    s.case("no core dumps and no new privileges", hardened)

    def reload():
        up = w.tls
        g = Gate(w.bottle, w.pki, w, ["api.good.test:%d" % up.port])
        try:
            m = "m.good.test:%d" % up.port
            want_status(g.connect(m), 403)
            g.settings["allow"] = [m]
            with g.tls("api.good.test:%d" % up.port) as t:
                t.sendall(b"GET / HTTP/1.1\r\nHost: api.good.test:%d\r\n\r\n" % up.port)
                want_status(recv_answer(t), 200)
                g.write()  # seen without a signal
                g.wait_event("config_reload", verdict="allow")
                t.settimeout(3)
                try:
                    want(t.recv(10) == b"", "the tunnel to a removed host is open")
                except (ssl.SSLError, ConnectionResetError):
                    pass
            want_status(g.connect(m), 200)
            want_status(g.connect("api.good.test:%d" % up.port), 403)
            with open(g.config, "w") as f:
                f.write("mode: [")
            g.proc.send_signal(signal.SIGHUP)
            g.wait_event("config_reload", verdict="block")
            want_status(g.connect(m), 200)
        finally:
            rc, err = g.stop()
        want(b"config reload failed" in err, err)
        want(rc == 0, (rc, err))
    s.case("C24 a reload takes effect whole, or not at all", reload)

    def closed_address(name, **kw):
        up = w.tls
        host = "%s:%d" % (name, up.port)
        g = Gate(w.bottle, w.pki, w, [host], passthrough=["pass.test"])
        try:
            with g.tls(host, **kw) as t:
                for _ in range(2):  # the second after a reload that closes nothing
                    t.sendall(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode())
                    want_status(recv_answer(t), 200)
                    g.proc.send_signal(signal.SIGHUP)
                    g.wait_event("config_reload", verdict="allow")
                g.settings["open"] = ["10.9.0.0/16"]
                g.write()
                g.wait_event("blocked", scanner="ssrf", host=name)
                t.settimeout(3)
                try:
                    want(t.recv(10) == b"", "the tunnel to a closed address is open")
                except (ssl.SSLError, ConnectionResetError):
                    pass
            want_status(g.connect(host), 403)
        finally:
            g.stop()
    s.case("C24 a tunnel whose address a reload closes ends",
           lambda: closed_address("api.good.test"))
    s.case("C24 one to a passthrough host too", lambda: closed_address(
        "pass.test", ctx=ssl.create_default_context(cafile=w.pki.path("up-ca.pem"))))

    def forward():
        port = free_port()
        g = Gate(w.bottle, w.pki, w, ["api.good.test"], gate={"forwards": [
            {"listen": "127.0.0.1:%d" % port, "host": "plain.good.test", "port": w.plain.port}]})
        try:
            got = g.say(b"GET /fwd HTTP/1.1\r\nHost: q\r\n\r\n", port=port)
            want_status(got, 200)
            g.wait_event("tunnel_close", host="plain.good.test", port=w.plain.port)
        finally:
            g.stop()
    s.case("a forward goes to its one host and port", forward)

    def transparent():
        t, h = free_port(), free_port()
        g = Gate(w.bottle, w.pki, w, ["api.good.test", "plain.good.test:%d" % w.plain.port],
                 gate={"transparent": {"tls": "127.0.0.1:%d" % t, "http": "127.0.0.1:%d" % h}})
        try:
            host = b"plain.good.test:%d" % w.plain.port
            got = g.say(b"GET /t HTTP/1.1\r\nHost: %s\r\n\r\n" % host, port=h)
            want_status(got, 200)
            got = g.say(b"GET /t HTTP/1.1\r\nHost: evil.test\r\n\r\n", port=h)
            want_status(got, 403)
            ctx = ssl.create_default_context(cafile=w.pki.path("ca.pem"))
            with ctx.wrap_socket(g.dial(t), server_hostname="api.good.test") as c:
                c.sendall(b"POST / HTTP/1.1\r\nHost: evil.test\r\nContent-Length: 0\r\n\r\n")
                want_status(recv_answer(c), 403)
            for name in ("evil.test", None):
                ctx.check_hostname = name is not None
                try:
                    ctx.wrap_socket(g.dial(t), server_hostname=name).close()
                    raise AssertionError("handshake with %s" % name)
                except (ssl.SSLError, OSError):
                    pass
            g.wait_event("blocked", host="evil.test", port=443)
            g.wait_event("blocked", scanner="sni")
        finally:
            g.stop()
    s.case("transparent: SNI and Host decide, no name is no way", transparent)

    def slow_head():
        with w.gate.dial() as c:
            c.sendall(b"GET http://plain")
            time.sleep(0.1)
            want_status(w.gate.say(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), 200)
    s.case("N14 who is slow keeps nobody waiting", slow_head)

    def no_forward_proxy():
        g = Gate(w.bottle, w.pki, w, ["plain.good.test:%d" % w.plain.port], forward=False)
        host = b"plain.good.test:%d" % w.plain.port
        try:
            got = g.connect(host)
            want_status(got, 405)
            want(b"CONNECT not supported" in got, got)
            got = g.say(b"GET http://%s/ HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, host))
            want_status(got, 405)
            want_status(g.say(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), 200)
        finally:
            g.stop()
    s.case("forward_proxy.enabled: false is no proxy", no_forward_proxy)

    def held_bodies():
        g = Gate(w.bottle, w.pki, w, ["plain.good.test:%d" % w.plain.port],
                 gate={"limits": {"body_bytes": 4 << 20}})
        host = b"plain.good.test:%d" % w.plain.port
        post = b"POST http://%s/ HTTP/1.1\r\nHost: %s\r\n" % (host, host)
        part = post + b"Content-Length: 1000001\r\n\r\n" + b"a" * 1000000
        try:
            waiting = [g.dial() for _ in range(4)]
            for c in waiting:
                c.sendall(part)
            time.sleep(0.3)
            for raw in (part, post + b"Transfer-Encoding: chunked\r\n\r\nf4240\r\n"
                        + b"a" * 1000000):
                got = g.say(raw)
                want_status(got, 503)
                want(b"X-Bottle-Reason: limit; gate.limits.body_bytes" in got, got)
            for c in waiting:
                c.sendall(b"a")
                want_status(recv_answer(c), 200)
                c.close()
            want_status(g.say(part + b"a"), 200)
        finally:
            rc, err = g.stop()
        want(rc == 0, (rc, err))
    s.case("N14 bodies that wait on many connections are bounded together", held_bodies)

    def many():
        socks = [w.gate.dial() for _ in range(200)]
        for c in socks:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            c.close()
        want_status(w.gate.say(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), 200)
    s.case("N14 200 connections that are reset leave it unmoved", many)

    def no_files():
        fds = len(os.listdir("/proc/%d/fd" % w.gate.proc.pid))
        time.sleep(2.5)
        want(len(os.listdir("/proc/%d/fd" % w.gate.proc.pid)) < 60, fds)
    s.case("connections that ended left no descriptor behind", no_files)
