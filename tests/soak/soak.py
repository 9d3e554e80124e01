#!/usr/bin/env python3
"""soak.py BUILD [SECONDS] - one gate under everything at once, reloaded every second.

Fails where a client waits too long, a request and the events disagree about what became of it, a
secret comes to an upstream or an event, a connection, a body or a descriptor is left when the load is
gone, or (in five minutes and more, without a sanitizer) memory grows by more than 5 %."""
import json
import os
import re
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "it", "gate"))
import clients  # noqa: E402
from harness import TOKEN, Pki, free_port  # noqa: E402
from wire import LIMIT, Book, Wire, request  # noqa: E402

CLIENTS = int(os.environ.get("SOAK_CLIENTS", "14"))
SETTLE = 5 + LIMIT  # seconds for what is open to end when nobody asks for more
NAMES = ("api.good.test", "m.good.test", "plain.good.test", "pass.test")


class Events:
    """What the gate says, as it says it. by: (event, status, scanner) of every numbered request."""

    def __init__(self, fd):
        self.fd, self.by, self.reloads, self.bad, self.lines = fd, {}, 0, [], 0
        self.ready, self.over = threading.Event(), threading.Event()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        with os.fdopen(self.fd, "rb") as f:
            for line in f:
                self.line(line)
        self.over.set()

    def line(self, line):
        self.lines += 1
        if TOKEN.encode() in line:
            self.bad.append("a secret in an event: %r" % line[:300])
        ev = json.loads(line)
        if ev["event"] == "ready":
            self.ready.set()
        elif ev["event"] == "config_reload":
            self.reloads += 1
            if ev["verdict"] != "allow":
                self.bad.append("reload: %r" % line)
        m = re.search(r"/(\d+)$", ev.get("path", "")) or re.match(r"n(\d+)\.nope\.test$", ev.get("host", ""))
        if m and ev["event"] in ("request", "blocked", "error", "body_dlp", "header_dlp"):
            self.by.setdefault(int(m.group(1)), []).append(
                (ev["event"], ev.get("status", 0), ev.get("scanner", "")))


class World:
    def __init__(self, build, seconds):
        self.bottle, self.seconds = os.path.join(build, "bottle"), seconds
        self.pki = Pki(tempfile.mkdtemp(prefix="soak."))
        self.book, self.stopping, self.pause = Book(), threading.Event(), 0.05
        self.problems, self.series, self.procs = [], [], []
        with open(self.bottle, "rb") as f:
            self.sanitized = b"__asan_init" in f.read()
        self.port, self.tls_port, self.http_port = free_port(), free_port(), free_port()
        self.dns_port, self.forward_port, self.dead = free_port(), free_port(), free_port()
        self.own = "127.77.%d.%d" % (os.getpid() >> 8 & 255, os.getpid() & 255 or 1)
        self.ctx, self.ctx_h2 = self.context("ca.pem", "http/1.1"), self.context("ca.pem", "h2", "http/1.1")
        self.ctx_up = self.context("up-ca.pem")

    def context(self, ca, *alpn):
        ctx = ssl.create_default_context(cafile=self.pki.path(ca))
        if alpn:
            ctx.set_alpn_protocols(list(alpn))
        return ctx

    def start(self):
        self.up = subprocess.Popen([sys.executable, os.path.join(HERE, "upstreams.py"), self.pki.dir, self.own],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)
        self.procs.append(self.up)
        self.ups = json.loads(self.up.stdout.readline())
        self.nginx = self.start_nginx() if shutil.which("nginx") else 0
        self.write(0)
        r, w = os.pipe()
        self.err = open(self.pki.path("stderr"), "wb+")
        self.gate = subprocess.Popen([self.bottle, "gate", "--config", self.pki.path("gate.yaml")], stdout=w,
                                     stderr=self.err)
        self.procs.append(self.gate)
        os.close(w)
        self.events = Events(r)
        if not self.events.ready.wait(10 + LIMIT):
            raise RuntimeError("the gate is not ready: " + self.said())
        self.fds_before = self.fds()

    def start_nginx(self):
        port, conf = free_port(), self.pki.path("nginx.conf")
        with open(conf, "w") as f:
            f.write("""daemon off; master_process off; pid %s/nginx.pid; error_log /dev/null crit;
events { worker_connections 256; }
http { access_log off; keepalive_requests 7;
  server { listen 127.0.0.1:%d ssl http2; ssl_certificate %s; ssl_certificate_key %s; add_header X-Up 1;
    location / { return 200 "from nginx"; } } }
""" % (self.pki.dir, port, self.pki.path("good.pem"), self.pki.path("good-key.pem")))
        self.procs.append(subprocess.Popen(["nginx", "-c", conf, "-p", self.pki.dir], stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL))
        return port

    def write(self, turn):
        """Every turn is another policy; every fourth is without m.good.test."""
        t, plain = sorted({p for k, p in self.ups.items() if k != "plain"}), self.ups["plain"]
        allow = ["api.good.test:%d" % p for p in t + [self.nginx or 1]]
        allow += ["pass.test:%d" % p for p in t] + ["plain.good.test:%d" % p for p in (plain, self.dead)]
        allow += ["t.wild.test", "api.good.test", "turn-%d.example" % turn]
        allow += [] if turn % 4 == 3 else ["m.good.test:%d" % p for p in t]
        doc = {
            "version": 1, "mode": "strict", "enforce": True, "api_allowlist": allow,
            "forward_proxy": {"enabled": True, "idle_timeout_seconds": 4},
            "ssrf": {"ip_allowlist": ["127.0.0.0/8"]}, "explain_blocks": turn % 2 == 1,
            "request_body_scanning": {"action": "block", "max_body_bytes": 65536 + 4096 * (turn % 3),
                                      "header_mode": "all"},
            "dlp": {"patterns": [{"name": "Turn", "regex": "turn-%d-[a-z]{12}" % turn}]},
            "tls_interception": {"enabled": True, "ca_cert": self.pki.path("ca.pem"),
                                 "ca_key": self.pki.path("ca-key.pem"), "passthrough_domains": ["pass.test"]},
            "gate": {"slug": "soak-abcde", "listen": ["127.0.0.1:%d" % self.port],
                     "transparent": {"tls": "127.0.0.1:%d" % self.tls_port,
                                     "http": "127.0.0.1:%d" % self.http_port},
                     "dns": {"listen": "127.0.0.1:%d" % self.dns_port, "address": "127.0.0.1"},
                     "admin": self.pki.path("admin"), "stream_bodies": True,
                     "forwards": [{"listen": "127.0.0.1:%d" % self.forward_port, "host": "plain.good.test",
                                   "port": plain}],
                     "resolve": dict({n: ["127.0.0.1"] for n in NAMES}, **{"t.wild.test": [self.own]}),
                     "roots": self.pki.path("up-ca.pem"), "limits": {"idle_upstream_ms": 3000}}}
        with open(self.pki.path("gate.yaml.new"), "w") as f:
            json.dump(doc, f)  # JSON is YAML
        os.rename(self.pki.path("gate.yaml.new"), self.pki.path("gate.yaml"))

    def said(self):
        with open(self.err.name, "rb") as f:
            return f.read().decode(errors="replace")

    def fds(self):
        return len(os.listdir("/proc/%d/fd" % self.gate.pid))

    def rss(self):
        with open("/proc/%d/status" % self.gate.pid) as f:
            return [int(x.split()[1]) for x in f if x.startswith("VmRSS")][0]

    def metrics(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(LIMIT)
            s.connect(self.pki.path("admin"))
            wire = Wire.__new__(Wire)
            wire.s, wire.buf, wire.eof = s, b"", False
            wire.s.sendall(request("GET", "/metrics", "x", extra=b"Connection: close\r\n"))
            while wire.more():
                pass
        return {k: int(v) for k, v in re.findall(r"(?m)^bottle_gate_(\w+) (\d+)$", wire.buf.decode())}

    def load(self):
        threads = [threading.Thread(target=clients.run, args=(self, i), daemon=True) for i in range(CLIENTS)]
        for t in threads:
            t.start()
        begin, turn = time.time(), 0
        while time.time() < begin + self.seconds and self.gate.poll() is None:
            turn += 1
            self.write(turn)
            time.sleep(1)
            self.reloaded(turn)
            m = self.metrics()
            self.series.append((time.time() - begin, self.rss(), self.fds(), m["connections"], m["upstream_kept"],
                                m["body_bytes"]))
            if turn % 60 == 0:
                self.show()
        self.turns = turn
        self.stopping.set()
        for t in threads:
            t.join(3 * LIMIT)
            if t.is_alive():
                self.problems.append("a client does not end")

    def reloaded(self, turn):
        """One at a time: two changes at once are one reload."""
        end = time.time() + LIMIT
        while self.events.reloads < turn and time.time() < end and self.gate.poll() is None:
            time.sleep(0.02)

    def show(self):
        last = self.series[-60:]
        print("   %4.0f s: RSS %.1f MB, %d descriptors, %d connections, %d kept upstream; %d requests"
              % (last[-1][0], statistics.median(s[1] for s in last) / 1024, statistics.median(s[2] for s in last),
                 statistics.median(s[3] for s in last), statistics.median(s[4] for s in last), self.book.n))
        sys.stdout.flush()

    def drain(self):
        """Nobody asks any more: everything ends by itself, and the pool empties."""
        end, m, fds = time.time() + SETTLE, {}, 0
        while time.time() < end and self.gate.poll() is None:
            m, fds = self.metrics(), self.fds()
            # this question is a connection itself
            if m["connections"] <= 1 and not m["tunnels"] and not m["upstream_kept"] and fds <= self.fds_before:
                break
            time.sleep(0.2)
        else:
            self.problems.append("left when the load was gone: %s, %d descriptors of %d at first"
                                 % ({k: m.get(k) for k in ("connections", "tunnels", "upstream_kept")}, fds,
                                    self.fds_before))
        if m.get("body_bytes") or m.get("events_dropped_total"):
            self.problems.append("body bytes %s, events dropped %s"
                                 % (m.get("body_bytes"), m.get("events_dropped_total")))
        self.last = m

    def stop(self):
        self.gate.terminate()
        rc = self.gate.wait(5 + LIMIT)
        self.events.over.wait(LIMIT)
        said = self.said()
        if rc != 0 or "Sanitizer" in said or "runtime error" in said or TOKEN in said:
            self.problems.append("the gate ended with %d: %s" % (rc, said[-3000:]))
        out, _ = self.up.communicate("\n", timeout=5 + LIMIT)
        got = json.loads(out)
        self.seen = set(got["seen"])
        if got["secrets"]:
            self.problems.append("%d secrets came to an upstream" % got["secrets"])

    def judge(self, n):
        """What is wrong about request n; None: client, upstream and events agree."""
        op, secret = self.book.asked[n]
        how, status = self.book.ended.get(n, ("left", 0))
        evs = [e for e in self.events.by.get(n, []) if e[2] != "ws_dlp"]
        if op == "h2 grpc" and how == "gate" and status == 200 and evs and evs[0][0] == "blocked":
            status = evs[0][1]  # refused in gRPC's words, which are in the trailers
        want = {"up": ("request", status), "gate": ("blocked", status)}.get(how)
        seen = n in self.seen
        if want and [e[:2] for e in evs] != [want]:
            return "events do not say so"
        if len(evs) > 1 or (not evs and (seen or how == "cut")):
            return "events"
        if secret and (seen or how == "up"):
            return "a secret passed"
        return None

    def compare(self):
        wrong = [(n, self.judge(n)) for n in sorted(self.book.asked)]
        wrong = [(n, w) for n, w in wrong if w]
        for n, why in wrong[:10]:
            self.problems.append("request %d %s: client %s, seen upstream %s, events %s: %s"
                                 % (n, self.book.asked[n], self.book.ended.get(n), n in self.seen,
                                    self.events.by.get(n), why))
        if len(wrong) > 10:
            self.problems.append("and %d more like these" % (len(wrong) - 10))
        self.problems += self.book.odd[:10] + self.events.bad[:10]
        if self.book.stuck:
            self.problems.append("waited too long: %s" % self.book.stuck[:20])
        if self.events.reloads < self.turns:
            self.problems.append("%d reloads of %d" % (self.events.reloads, self.turns))

    def memory(self):
        """Median of the fourth minute, or where that would be, against the last one."""
        minute = min(60.0, self.seconds / 15)
        early = [s[1] for s in self.series if 3 * minute <= s[0] < 4 * minute]
        late = [s[1] for s in self.series if s[0] >= self.seconds - minute]
        if not early or not late:
            return "no figures"
        a, b = statistics.median(early), statistics.median(late)
        if self.seconds >= 300 and not self.sanitized and b > 1.05 * a:
            self.problems.append("RSS grew from %.1f to %.1f MB" % (a / 1024, b / 1024))
        return "%.1f MB in the fourth minute, %.1f in the last (%+.1f %%)" % (a / 1024, b / 1024, (b / a - 1) * 100)


def main():
    seconds = float((sys.argv[2:] + ["900"])[0])
    w = World(sys.argv[1], seconds)
    try:
        w.start()
        w.load()
        w.drain()
        w.stop()
        w.compare()
        hows = {}
        for how, _ in w.book.ended.values():
            hows[how] = hows.get(how, 0) + 1
        print("   %d s, %d requests (%s), %d events, %d reloads; RSS %s" % (
            seconds, w.book.n, ", ".join("%s %d" % h for h in sorted(hows.items())), w.events.lines,
            w.events.reloads, w.memory()))
        if os.environ.get("SOAK_VERBOSE"):
            print("   " + json.dumps(w.book.counts, sort_keys=True))
    finally:
        for p in w.procs:
            if p.poll() is None:
                p.kill()
            p.wait()
        shutil.rmtree(w.pki.dir)
    for p in w.problems:
        print("   PROBLEM: " + p)
    print("soak: %s" % ("%d problems" % len(w.problems) if w.problems else "ok"))
    return 1 if w.problems else 0


if __name__ == "__main__":
    sys.exit(main())
