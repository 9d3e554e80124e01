"""keepalive.py BUILD [ROUNDS] [SECONDS] - what a native bottle adds to a request over a kept connection:
a client in the bottle, through its gate, which opens and scans; the same client outside, straight to
the same upstream; one request at a time. Rounds alternate; the median of each round's median counts."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import peers  # noqa: E402
from harness import Pki  # noqa: E402

POLICY = """local policy = require "policy"
policy.rule("allowlist", { id = "bench", run = function() return { "%s:%d" } end })
policy.rule("resolve", { id = "bench", run = function(_, map) map:set("%s", "127.0.0.1") end })
policy.rule("ssrf", { id = "bench", run = function() return { "127.0.0.1/32" } end })
policy.rule("roots", { id = "bench", run = function() return { "%s" } end })
"""
BODIES = ((0, "GET"), (16384, "POST of 16 KiB"))


def p50(argv, folder):
    said = subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True, text=True)
    done, failed, middle = said.stdout.split()[1:4]  # behind its "go"
    if int(failed) or not int(done):
        sys.exit("   %s: %s requests, %s failures; %s" % (argv[0], done, failed, said.stderr[-300:]))
    return float(middle)


def main():
    build = os.path.realpath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    seconds = sys.argv[3] if len(sys.argv) > 3 else "1"
    pki = Pki(tempfile.mkdtemp())
    peer, name = peers.Bench(build, pki, 1), peers.NAME
    os.chmod(pki.dir, 0o755)
    project = pki.path("project")
    os.mkdir(project)
    shutil.copy(os.path.join(build, "bench_load"), project)
    policy = pki.path("policy.lua")
    with open(policy, "w") as f:
        f.write(POLICY % (name, peer.tls, name, pki.path("up-ca.pem")))
    os.chmod(policy, 0o644)
    run = [os.path.join(build, "bottle"), "run", "-y", "--backend", "native", policy, "--"]
    server = peer.nginx()
    try:
        for body, what in BODIES:
            seen = {"direct": [], "bottle": []}
            for _ in range(rounds):
                for way, port, before in (("direct", 0, []), ("bottle", 8888, run)):
                    load = [os.path.join(project, "bench_load"), port, peer.tls, name, 1, seconds, body]
                    seen[way].append(p50(before + [str(w) for w in load], project))
            mid = {n: statistics.median(v) for n, v in seen.items()}
            print("   %s over a kept connection: direct %.0f µs, from a bottle %.0f: %.3f ms added (least %.3f)"
                  % (what, mid["direct"], mid["bottle"], (mid["bottle"] - mid["direct"]) / 1e3,
                     (min(seen["bottle"]) - min(seen["direct"])) / 1e3))
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(pki.dir)


main()
