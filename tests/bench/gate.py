#!/usr/bin/env python3
"""gate.py BUILD [ROUNDS] [SECONDS] - what a proxy costs: the gate, squid with ssl-bump, mitmproxy where it is.

The proxy has core 0, load and upstream share core 1. Requests per second *of the proxy's own processor
time* are what is compared: they do not depend on what else the machine does. Rounds alternate, medians are
printed; "x squid" and "x direct" are ratios of this run."""
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "it", "gate"))
from harness import Pki, free_port  # noqa: E402

NAME = "api.good.test"
CERTGEN = "/usr/lib/squid/security_file_certgen"
JOBS = (("GET, 64 connections", 64, 0, "keep"), ("GET, 1 connection", 1, 0, "keep"),
        ("POST 16 KiB, 64 connections", 64, 16384, "keep"), ("POST 16 KiB, 1 connection", 1, 16384, "keep"),
        ("new connection, CONNECT, TLS, one GET; 8 at a time", 8, 0, "new"),
        ("plain HTTP, absolute form, 64 connections", 64, 0, "plain"))
HELD = 200    # connections, for the memory of one
STARTS = 15   # of each proxy


def pinned(core, argv, **kw):
    return subprocess.Popen(["taskset", "-c", str(core)] + argv, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, **kw)


def wait_port(port, proc):
    for _ in range(200):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        if proc.poll() is not None:
            raise RuntimeError("%s ended with %d" % (proc.args, proc.returncode))
        time.sleep(0.05)
    raise RuntimeError("nobody listens on %d" % port)


def nginx(pki, port):
    """What answers a POST has read it: squid gives up an upstream that answers sooner, and dials again."""
    conf = pki.path("nginx.conf")
    with open(conf, "w") as f:
        f.write("""daemon off; master_process off; pid %s/nginx.pid; error_log /dev/null crit;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000; client_max_body_size 1m; client_body_buffer_size 1m;
  server { listen 127.0.0.1:%d backlog=512; server_name %s; location / { return 200 "ok"; } }
  server { listen 127.0.0.1:%d ssl backlog=512; server_name %s; ssl_certificate %s; ssl_certificate_key %s;
    location / { return 200 "ok"; }
    location /post { proxy_pass http://unix:%s/nginx.sock:/; proxy_buffering off; } }
  server { listen unix:%s/nginx.sock; location / { return 200 "ok"; } } }
""" % (pki.dir, PLAIN, NAME, port, NAME, pki.path("good.pem"), pki.path("good-key.pem"), pki.dir, pki.dir))
    return pinned(1, ["nginx", "-c", conf, "-p", pki.dir], stderr=subprocess.DEVNULL)


def gate(build, pki, port, stream=False, **limits):
    conf = pki.path("gate-%d.yaml" % port)
    with open(conf, "w") as f:
        json.dump({"version": 1, "mode": "strict", "enforce": True, 
                   "api_allowlist": [NAME, NAME + ":%d" % UP, NAME + ":%d" % PLAIN],
                   "forward_proxy": {"enabled": True}, "ssrf": {"ip_allowlist": ["127.0.0.0/8"]},
                   "fetch_proxy": {"monitoring": {"max_requests_per_minute": 0}},
                   "tls_interception": {"enabled": True, "ca_cert": pki.path("ca.pem"),
                                        "ca_key": pki.path("ca-key.pem")},
                   "gate": {"listen": ["127.0.0.1:%d" % port], "resolve": {NAME: ["127.0.0.1"]},
                            "roots": pki.path("up-ca.pem"), "limits": limits,
                            "stream_bodies": stream}}, f)
    return pinned(0, [os.path.join(build, "bottle"), "gate", "--config", conf])


def squid(pki, port, at_once=False):
    """Peek, then bump: the upstream connection is the client's own, as the gate's is. Bumping at once, it
    would dial anew for each POST; for new connections that is the faster of the two, and its pool is used."""
    conf, hosts, db = pki.path("squid-%d.conf" % port), pki.path("hosts"), pki.path("ssl_db-%d" % port)
    with open(hosts, "w") as f:
        f.write("127.0.0.1 %s\n" % NAME)
    subprocess.run([CERTGEN, "-c", "-s", db, "-M", "4MB"], check=True, stdout=subprocess.DEVNULL)
    with open(conf, "w") as f:
        f.write("""http_port 127.0.0.1:%d ssl-bump cert=%s key=%s generate-host-certificates=on
sslcrtd_program %s -s %s -M 4MB
sslcrtd_children 1
%sssl_bump bump all
tls_outgoing_options cafile=%s
http_access allow all
cache deny all
cache_mem 8 MB
hosts_file %s
access_log stdio:/dev/null
cache_log /dev/null
pid_filename %s/squid-%d.pid
pinger_enable off
netdb_filename none
shutdown_lifetime 0 seconds
client_persistent_connections on
max_filedescriptors 4096
""" % (port, pki.path("ca.pem"), pki.path("ca-key.pem"), CERTGEN, db,
            "" if at_once else "acl hello at_step SslBump1\nssl_bump peek hello\n", pki.path("up-ca.pem"),
            hosts, pki.dir, port))
    if os.geteuid() == 0:
        for d, _, files in os.walk(pki.dir):
            for n in [d] + [os.path.join(d, x) for x in files]:
                if not n.startswith(pki.path("ca-key.pem")) and not n.endswith(".yaml"):
                    shutil.chown(n, "proxy", "proxy")
        os.chmod(pki.path("ca-key.pem"), 0o640)
        shutil.chown(pki.path("ca-key.pem"), "root", "proxy")
    return pinned(0, ["squid", "-N", "-f", conf], stderr=subprocess.DEVNULL)


def cpu(pid):
    with open("/proc/%d/stat" % pid) as f:
        v = f.read().rsplit(")", 1)[1].split()
    return (int(v[11]) + int(v[12])) / os.sysconf("SC_CLK_TCK")


def spent(pid):
    """Milliseconds of processor time, finer than the ticks of cpu()."""
    with open("/proc/%d/schedstat" % pid) as f:
        return int(f.read().split()[0]) / 1e6


def rss(pid):
    with open("/proc/%d/status" % pid) as f:
        return [int(x.split()[1]) for x in f if x.startswith("VmRSS")][0] / 1024


def mitmproxy(pki, port):
    home = pki.path("mitm")
    os.makedirs(home, exist_ok=True)
    return pinned(0, ["mitmdump", "-q", "-p", str(port), "--listen-host", "127.0.0.1", "--set",
                      "confdir=" + home, "--set", "ssl_verify_upstream_trusted_ca=" + pki.path("up-ca.pem")],
                  stderr=subprocess.DEVNULL)


def loader(build, proxy, conns, seconds, body, mode):
    p = subprocess.Popen(["taskset", "-c", "1", os.path.join(build, "bench_load"), str(proxy),
                          str(PLAIN if mode == "plain" else UP), NAME, str(conns), str(seconds), str(body),
                          mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)
    p.stdout.readline()
    return p


def load(build, proxy, conns, seconds, body, pid, mode="keep"):
    p = loader(build, proxy, conns, seconds, body, mode)
    before = cpu(pid) if pid else 0
    out, _ = p.communicate("\n")
    used = cpu(pid) - before if pid else 0
    n, failed, p50, p99, _ = map(int, out.split())
    return {"rate": n / seconds, "core": n / used if used else 0, "p50": p50, "p99": p99, "failed": failed}


def held(build, port, pid):
    """KiB of the proxy for one intercepted connection that has served a request and waits."""
    before = rss(pid)
    p = loader(build, port, HELD, 1, 0, "hold")
    after = rss(pid)
    p.communicate("\n")
    return (after - before) * 1024 / HELD


def starts(pki, make):
    """Milliseconds from exec until the port answers, until CONNECT does, and the processor time of both:
    medians, and the least of each."""
    seen = []
    ask = ("CONNECT %s:%d HTTP/1.1\r\nHost: x\r\n\r\n" % (NAME, UP)).encode()
    for _ in range(STARTS):
        port = free_port()
        begin = time.perf_counter()
        p = make(pki, port)
        while True:
            s = socket.socket()
            if s.connect_ex(("127.0.0.1", port)) == 0:
                break
            s.close()
            time.sleep(0.0005)
        listening = time.perf_counter()
        s.sendall(ask)
        got = s.recv(100)
        done = time.perf_counter()
        used = spent(p.pid)
        s.close()
        p.send_signal(signal.SIGTERM)
        p.wait(20)
        if b" 200 " in got:
            seen.append(((listening - begin) * 1e3, (done - begin) * 1e3, used))
    return [statistics.median(x) for x in zip(*seen)], [min(x) for x in zip(*seen)]


def main():
    build, rounds, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    pki = Pki(tempfile.mkdtemp(prefix="bench-gate."))
    os.chmod(pki.dir, 0o755)
    procs, peers = [], {"direct": (0, None)}
    makers = {"gate": lambda p, port: gate(build, p, port)}
    has_squid = shutil.which("squid") and os.access(CERTGEN, os.X_OK)
    if has_squid:
        makers["squid"] = squid
    else:
        print("   no squid with TLS: the gate against no proxy alone")

    def start(name, proc, port):
        procs.append(proc)
        wait_port(port, proc)
        if name:
            peers[name] = (port, proc.pid)
    try:
        start(None, nginx(pki, UP), UP)
        for name, make in makers.items():
            seen = zip(*starts(pki, make))
            print("   %s: exec to listening %.1f ms (least %.1f), to CONNECT answered %.1f (%.1f); "
                  "processor time %.1f (%.1f)" % ((name,) + tuple(x for pair in seen for x in pair)))
        for name, make in makers.items():
            port = free_port()
            start(name, make(pki, port), port)
        if shutil.which("mitmdump"):
            port = free_port()
            start("mitm", mitmproxy(pki, port), port)
        idle = {n: rss(pid) for n, (_, pid) in peers.items() if pid}
        for title, conns, body, mode in JOBS:
            here = {n: p for n, p in peers.items() if n != "mitm" or conns == 64}
            if mode == "new":
                port = free_port()
                start("unpooled", gate(build, pki, port, idle_upstreams=0), port)
                here["unpooled"] = peers.pop("unpooled")
                if has_squid:
                    port = free_port()
                    start("squid-new", squid(pki, port, at_once=True), port)
                    here["squid"] = peers.pop("squid-new")
            seen = {n: [] for n in here}
            for _ in range(rounds):
                for name, (port, pid) in here.items():
                    seen[name].append(load(build, port, conns, seconds, body, pid, mode))
            show(title, conns, seen)
        for n, (port, pid) in peers.items():
            if pid:
                print("   %s: RSS %.0f MB, after all of it %.0f MB, an idle intercepted connection %.0f KiB"
                      % (n, idle[n], rss(pid), held(build, port, pid)))
    finally:
        for p in procs:
            p.send_signal(signal.SIGTERM)
        for p in procs:
            p.wait(20)
        shutil.rmtree(pki.dir)


def show(title, conns, seen):
    mid = {n: {k: statistics.median(r[k] for r in rs) for k in rs[0]} for n, rs in seen.items()}
    print("   " + title)
    for n, m in mid.items():
        text = "%7.0f/s  p50 %5.0f µs  p99 %6.0f µs" % (m["rate"], m["p50"], m["p99"])
        if m["core"]:
            text += "  %7.0f/s of its core" % m["core"]
            if "squid" in mid and n != "squid":
                text += "  %.2f × squid" % (m["core"] / mid["squid"]["core"])
        if n == "gate" and conns == 1 and "squid" in mid:
            text += ", p50 %.2f × squid" % (m["p50"] / mid["squid"]["p50"])
        if n != "direct" and conns == 1:
            text += ", %.2f × direct" % (m["p50"] / mid["direct"]["p50"])
        if m["failed"]:
            text += "  %d FAILED" % m["failed"]
        print("     %-8s %s" % (n, text))


UP, PLAIN = free_port(), free_port()
if __name__ == "__main__":
    main()
