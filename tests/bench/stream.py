#!/usr/bin/env python3
"""stream.py BUILD [ROUNDS] [SECONDS] - uploads of 64 MiB through the gate in streaming mode, one connection,
TLS on both sides: megabytes per second of the gate's own processor time, and how many were dropped."""
import os
import shutil
import signal
import statistics
import sys
import tempfile

import gate as bench
from harness import Pki, free_port

SIZE = 64 << 20


def sink(pki, port):
    """nginx reads and throws away: what it does with a body costs nothing here."""
    conf = pki.path("nginx.conf")
    with open(conf, "w") as f:
        f.write("""daemon off; master_process off; pid %s/nginx.pid; error_log /dev/null crit;
events { worker_connections 64; }
http { access_log off; keepalive_requests 100000000; client_max_body_size 1g;
  server { listen 127.0.0.1:%d ssl; server_name %s; ssl_certificate %s; ssl_certificate_key %s;
    location / { return 200 "ok"; } } }
""" % (pki.dir, port, bench.NAME, pki.path("good.pem"), pki.path("good-key.pem")))
    return bench.pinned(1, ["nginx", "-c", conf, "-p", pki.dir])


def main():
    build = sys.argv[1]
    rounds, seconds = int((sys.argv[2:] + ["3"])[0]), float((sys.argv[3:] + ["3"])[0])
    pki = Pki(tempfile.mkdtemp(prefix="bench-stream."))
    bench.UP, port, procs = free_port(), free_port(), []
    try:
        procs.append(sink(pki, bench.UP))
        bench.wait_port(bench.UP, procs[-1])
        procs.append(bench.gate(build, pki, port, stream=True))
        bench.wait_port(port, procs[-1])
        got = [bench.load(build, port, 1, seconds, SIZE, procs[-1].pid) for _ in range(rounds)]
        print("64 MiB upload: %.0f MB per CPU second, %d dropped, RSS %.1f MB" % (
            statistics.median(r["core"] for r in got) * SIZE / 1e6, sum(r["failed"] for r in got),
            bench.rss(procs[-1].pid)))
    finally:
        for p in procs:
            p.send_signal(signal.SIGTERM)
            p.wait()
        shutil.rmtree(pki.dir)


if __name__ == "__main__":
    main()
