#!/usr/bin/env python3
"""gate.py BUILD [ROUNDS] [SECONDS] - TLS requests through CONNECT: direct, squid with ssl-bump, the gate.

The proxy has core 0, load and upstream share core 1. Requests per second *of the proxy's own processor
time* are what is compared: they do not depend on what else the machine does. Rounds alternate, medians are
printed; "/ squid" and "/ direct" are ratios of this run."""
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
JOBS = (("GET, 64 connections", 64, 0), ("GET, 1 connection", 1, 0),
        ("POST 16 KiB, 64 connections", 64, 16384), ("POST 16 KiB, 1 connection", 1, 16384))


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
  server { listen 127.0.0.1:%d ssl backlog=512; server_name %s; ssl_certificate %s; ssl_certificate_key %s;
    location / { return 200 "ok"; }
    location /post { proxy_pass http://unix:%s/nginx.sock:/; proxy_buffering off; } }
  server { listen unix:%s/nginx.sock; location / { return 200 "ok"; } } }
""" % (pki.dir, port, NAME, pki.path("good.pem"), pki.path("good-key.pem"), pki.dir, pki.dir))
    return pinned(1, ["nginx", "-c", conf, "-p", pki.dir], stderr=subprocess.DEVNULL)


def gate(build, pki, port):
    conf = pki.path("gate.yaml")
    with open(conf, "w") as f:
        json.dump({"version": 1, "mode": "strict", "enforce": True, "api_allowlist": [NAME, NAME + ":%d" % UP],
                   "forward_proxy": {"enabled": True}, "ssrf": {"ip_allowlist": ["127.0.0.0/8"]},
                   "fetch_proxy": {"monitoring": {"max_requests_per_minute": 0}},
                   "tls_interception": {"enabled": True, "ca_cert": pki.path("ca.pem"),
                                        "ca_key": pki.path("ca-key.pem")},
                   "gate": {"listen": ["127.0.0.1:%d" % port], "resolve": {NAME: ["127.0.0.1"]},
                            "roots": pki.path("up-ca.pem")}}, f)
    return pinned(0, [os.path.join(build, "bottle"), "gate", "--config", conf])


def squid(pki, port):
    """Peek, then bump: the upstream connection is the client's own, as the gate's is. Bumping at once, it
    would dial anew for each POST."""
    conf, hosts, db = pki.path("squid.conf"), pki.path("hosts"), pki.path("ssl_db")
    with open(hosts, "w") as f:
        f.write("127.0.0.1 %s\n" % NAME)
    subprocess.run([CERTGEN, "-c", "-s", db, "-M", "4MB"], check=True, stdout=subprocess.DEVNULL)
    with open(conf, "w") as f:
        f.write("""http_port 127.0.0.1:%d ssl-bump cert=%s key=%s generate-host-certificates=on
sslcrtd_program %s -s %s -M 4MB
sslcrtd_children 1
acl hello at_step SslBump1
ssl_bump peek hello
ssl_bump bump all
tls_outgoing_options cafile=%s
http_access allow all
cache deny all
cache_mem 8 MB
hosts_file %s
access_log stdio:/dev/null
cache_log /dev/null
pid_filename %s/squid.pid
pinger_enable off
netdb_filename none
shutdown_lifetime 0 seconds
client_persistent_connections on
max_filedescriptors 4096
""" % (port, pki.path("ca.pem"), pki.path("ca-key.pem"), CERTGEN, db, pki.path("up-ca.pem"), hosts,
            pki.dir))
    if os.geteuid() == 0:
        for d, _, files in os.walk(pki.dir):
            for n in [d] + [os.path.join(d, x) for x in files]:
                shutil.chown(n, "proxy", "proxy")
    return pinned(0, ["squid", "-N", "-f", conf], stderr=subprocess.DEVNULL)


def cpu(pid):
    with open("/proc/%d/stat" % pid) as f:
        v = f.read().rsplit(")", 1)[1].split()
    return (int(v[11]) + int(v[12])) / os.sysconf("SC_CLK_TCK")


def rss(pid):
    with open("/proc/%d/status" % pid) as f:
        return [int(x.split()[1]) for x in f if x.startswith("VmRSS")][0] / 1024


def load(build, proxy, conns, seconds, body, pid):
    p = subprocess.Popen(["taskset", "-c", "1", os.path.join(build, "bench_load"), str(proxy), str(UP), NAME,
                          str(conns), str(seconds), str(body)], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, universal_newlines=True)
    p.stdout.readline()
    before = cpu(pid) if pid else 0
    out, _ = p.communicate("\n")
    used = cpu(pid) - before if pid else 0
    n, failed, p50, p99, _ = map(int, out.split())
    return {"rate": n / seconds, "core": n / used if used else 0, "p50": p50, "p99": p99, "failed": failed}


def main():
    build, rounds, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    pki = Pki(tempfile.mkdtemp(prefix="bench-gate."))
    os.chmod(pki.dir, 0o755)
    procs, peers = [], {"direct": (0, None)}

    def start(name, proc, port):
        procs.append(proc)
        wait_port(port, proc)
        if name:
            peers[name] = (port, proc.pid)
    try:
        start(None, nginx(pki, UP), UP)
        port = free_port()
        start("gate", gate(build, pki, port), port)
        if shutil.which("squid") and os.access(CERTGEN, os.X_OK):
            port = free_port()
            start("squid", squid(pki, port), port)
        else:
            print("   no squid with TLS: the gate against no proxy alone")
        for title, conns, body in JOBS:
            seen = {n: [] for n in peers}
            for _ in range(rounds):
                for name, (port, pid) in peers.items():
                    seen[name].append(load(build, port, conns, seconds, body, pid))
            show(title, conns, seen)
        print("   RSS after it: " + ", ".join("%s %.0f MB" % (n, rss(pid)) for n, (_, pid) in peers.items() if pid))
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
        print("     %-7s %s" % (n, text))


UP = free_port()
if __name__ == "__main__":
    main()
