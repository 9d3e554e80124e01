#!/usr/bin/env python3
"""gate.py BUILD [ROUNDS] [SECONDS] - what a proxy costs: the gate, squid with ssl-bump, mitmproxy, and none.

Requests per second *of the proxy's own processor time* are what is compared: they do not depend on what
else the machine does. Rounds alternate, medians are printed, ratios are of this run. Ends with a table."""
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import peers
from peers import HOSTS, NAME, Bench, cpu, free_port, rss, spent
from harness import Pki

UPLOAD = 64 << 20
PATIENCE = 15  # seconds for what was begun when the time is over
HELD = 200    # connections, for the memory of one
SETTLE = 3    # seconds without load, before memory is looked at
STARTS = {"gate": 15, "squid": 9, "mitmproxy": 3}
# title, connections, body, mode, what is compared, the goal against squid
JOBS = (("GET, 64 connections, a second of its core", 64, 0, "keep", "core", "≥ 3.5"),
        ("GET, 1 connection: p50 / p99", 1, 0, "keep", "p50", "≤ 0.65"),
        ("POST 16 KiB, 64 connections, a second of its core", 64, 16384, "keep", "core", "≥ 2.9"),
        ("POST 16 KiB, 1 connection: p50 / p99", 1, 16384, "keep", "p50", "≤ 0.65"),
        ("new CONNECT, TLS, one GET; upstream kept", 8, 0, "new", "core", "≥ 1.9"),
        ("the same, upstream TLS resumed", 8, 0, "new", "core", "≥ 1.4"),
        ("plain HTTP, absolute form, 64 connections", 64, 0, "plain", "core", "≥ 2.5"))


def end(p):
    p.send_signal(signal.SIGTERM)
    try:
        p.wait(10)
    except subprocess.TimeoutExpired:
        p.kill()
        p.wait()


def loader(b, proxy, conns, seconds, body, mode):
    up, name = (b.plain if mode == "plain" else b.tls), NAME
    if mode == "first":
        up, name = b.pair, "wild.test"
    p = subprocess.Popen(["taskset", "-c", "1", os.path.join(b.build, "bench_load"), str(proxy), str(up), name,
                          str(conns), str(seconds), str(body), mode],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)
    p.stdout.readline()
    return p


def load(b, peer, conns, seconds, body, mode):
    port, pid = peer
    p = loader(b, port, conns, seconds, body, mode)
    before = cpu(pid) if pid else 0
    try:
        out, _ = p.communicate("\n", timeout=seconds + PATIENCE)
    except subprocess.TimeoutExpired:  # not even one in that time
        p.kill()
        p.communicate()
        return {"rate": 0, "core": 0, "p50": 0, "p99": 0, "failed": 1}
    used = cpu(pid) - before if pid else 0
    n, failed, p50, p99, _ = map(int, out.split())
    return {"rate": n / seconds, "core": n / used if used else 0, "p50": p50, "p99": p99, "failed": failed}


def medians(rows):
    return {k: statistics.median(r[k] for r in rows) for k in rows[0]}


def held(b, peer):
    """KiB of the proxy for one intercepted connection that has served a request and waits."""
    before = rss(peer[1])
    p = loader(b, peer[0], HELD, 1, 0, "hold")
    time.sleep(SETTLE)
    after = rss(peer[1])
    p.communicate("\n")
    return (after - before) * 1024 / HELD


def starts(b, make, times):
    """Milliseconds from exec until the port answers, until CONNECT does, and the processor time of both:
    medians, and the least of each."""
    seen = []
    ask = ("CONNECT %s:%d HTTP/1.1\r\nHost: x\r\n\r\n" % (NAME, b.tls)).encode()
    for _ in range(times):
        port = free_port()
        begin = time.perf_counter()
        p = make(port)
        while True:
            s = socket.socket()
            if s.connect_ex(("127.0.0.1", port)) == 0:
                break
            s.close()
            if p.poll() is not None or time.perf_counter() > begin + 60:
                raise RuntimeError("%s does not listen" % p.args)
            time.sleep(0.0005)
        listening = time.perf_counter()
        s.sendall(ask)
        got = s.recv(100)
        done = time.perf_counter()
        used = spent(p.pid)
        s.close()
        end(p)
        if b" 200 " in got:
            seen.append(((listening - begin) * 1e3, (done - begin) * 1e3, used))
    return [statistics.median(x) for x in zip(*seen)], [min(x) for x in zip(*seen)]


class Run:
    def __init__(self, b, seconds):
        self.b, self.seconds, self.procs, self.rows = b, seconds, [], []
        self.makers = {"mitmproxy": b.mitmproxy, "squid": b.squid, "gate": b.gate}
        self.why = b.missing()
        for name in self.why:
            print("   skipped: " + self.why[name])
            del self.makers[name]

    def begin(self, make, **kw):
        port = free_port()
        proc = make(port, **kw)
        self.procs.append(proc)
        peers.wait_port(port, proc)
        return port, proc.pid

    def row(self, title, cells, ratio="", goal=""):
        self.rows.append((title, cells, ratio, goal))
        print("   %s: %s%s" % (title, "; ".join("%s %s" % c for c in cells.items()),
                               "; %s × squid (goal %s)" % (ratio, goal) if ratio else ""))
        sys.stdout.flush()

    def job(self, title, conns, body, mode, what, goal):
        b, here = self.b, dict({"direct": (0, None)}, **self.peers)
        if mode == "new" and "squid" in here:
            here["squid"] = self.begin(b.squid, at_once=True)
        if title.startswith("the same"):
            here = {"gate": self.begin(b.gate, idle_upstreams=0), "squid": here.get("squid")}
            here = {n: p for n, p in here.items() if p}
        seen = {n: [] for n in here}
        for _ in range(b.rounds):
            for n, peer in here.items():
                seen[n].append(load(b, peer, conns, self.seconds, body, mode))
        mid, cells = {n: medians(r) for n, r in seen.items()}, {}
        for n, m in mid.items():
            cells[n] = "%d / %d µs" % (m["p50"], m["p99"]) if what == "p50" else \
                "%s/s" % format(int(m["core"] or m["rate"]), ",")
            cells[n] += " (%d FAILED)" % m["failed"] if m["failed"] else ""
        if what == "core" and "direct" in cells:
            del cells["direct"]  # has no core of its own
        other = mid.get("squid", {}).get(what)
        self.row(title, cells, "%.2f" % (mid["gate"][what] / other) if other else "", goal)

    def uploads(self):
        """One connection; MB per second of the proxy's processor time, and how many were dropped."""
        b, cells = self.b, {}
        here = dict(self.peers, gate=self.begin(b.gate, stream=True))
        for n, peer in here.items():
            got = [load(b, peer, 1, self.seconds, UPLOAD, "keep") for _ in range(1 if n == "mitmproxy" else b.rounds)]
            m = medians(got)
            cells[n] = "%d MB, %d of %d dropped" % (m["core"] * UPLOAD / 1e6, sum(r["failed"] for r in got),
                                                    sum(r["failed"] + round(r["rate"] * self.seconds) for r in got)) \
                if m["core"] else "none"
        self.row("64 MiB uploads in pieces, a second of its core", cells, goal="≥ 700 MB")

    def first(self):
        """A connection to a name never seen, and one to the same name at another port: both upstream
        connections are new, so what differs is the name."""
        b, cells = self.b, {}
        seen = {n: [] for n in self.peers}
        for r in range(b.rounds):
            for n, peer in self.peers.items():
                seen[n].append(load(b, peer, 1, 20, r * HOSTS, "first"))
        for n, rows in seen.items():
            m = medians(rows)
            cells[n] = "%.2f ms" % ((m["p50"] - m["p99"]) / 1000)
            cells[n] += " (%d FAILED)" % m["failed"] if m["failed"] else ""
        self.row("added by the first connection to a new host", cells, goal="≤ 0.3 ms")

    def measure(self):
        b = self.b
        self.procs.append(b.nginx())
        wall, used = {}, {}
        for n, make in self.makers.items():
            mid, least = starts(b, make, STARTS[n])
            wall[n] = "%.1f / %.1f ms (least %.1f / %.1f)" % (mid[0], mid[1], least[0], least[1])
            used[n] = "%.1f ms (%.1f)" % (mid[2], least[2])
        self.row("exec to listening / first CONNECT answered", wall, goal="≤ 5 / ≤ 8 ms")
        self.row("processor time of that (least)", used)
        self.peers = {n: self.begin(make) for n, make in self.makers.items()}
        idle = {n: rss(p[1]) for n, p in self.peers.items()}
        for job in JOBS:
            self.job(*job)
        self.uploads()
        self.first()
        time.sleep(SETTLE)
        self.row("RSS idle / after all of it", {n: "%.0f / %.0f MB" % (idle[n], rss(p[1]))
                                                for n, p in self.peers.items()}, goal="≤ 10 / ≤ 24 MB")
        self.row("an idle intercepted connection", {n: "%.0f KiB" % held(b, p) for n, p in self.peers.items()},
                 goal="≤ 64 KiB")

    def table(self):
        print("\n| | mitmproxy | squid | gate | gate / squid | goal | no proxy |\n|---|---|---|---|---|---|---|")
        for title, cells, ratio, goal in self.rows:
            print("| %s |" % " | ".join([title] + [cells.get(n, "not here" if n in self.why else "–")
                                                  for n in ("mitmproxy", "squid", "gate")]
                                        + [ratio or "–", goal or "–", cells.get("direct", "–")]))


def main():
    rounds, seconds = int((sys.argv[2:] + ["3"])[0]), float((sys.argv[3:] + ["1.2"])[0])
    pki = Pki(tempfile.mkdtemp(prefix="bench-gate."))
    os.chmod(pki.dir, 0o755)
    run = Run(Bench(sys.argv[1], pki, rounds), seconds)
    try:
        run.measure()
        run.table()
    finally:
        for p in run.procs:
            end(p)
        shutil.rmtree(pki.dir)


if __name__ == "__main__":
    main()
