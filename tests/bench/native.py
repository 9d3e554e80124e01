"""native.py BOTTLE [SRT]: whole commands in alternating rounds, so that all see the same machine:
a native bottle, bare bwrap, and where there is one srt (npm @anthropic-ai/sandbox-runtime), which
is given as little to do: one allowed domain, a writable folder. Medians, least, processor time."""
import json
import os
import resource
import statistics
import subprocess
import sys
import time

ROUNDS = int(os.environ.get("ROUNDS", "40"))


def run(argv):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    status = subprocess.call(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    took = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if status != 0:
        sys.exit(f"   {argv[0]}: status {status}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took * 1000, cpu * 1000


def main():
    bottle, srt = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    plan = [bottle, "run", "default", "--backend", "native", "-y"]
    peers = {
        "bare bwrap": ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"],
        "bottle": plan + ["--", "true"],
        "bottle --cwd none": plan + ["--cwd", "none", "--", "true"],
    }
    if srt:
        with open("srt.json", "w") as f:
            json.dump({"network": {"allowedDomains": ["claude.ai"], "deniedDomains": []},
                       "filesystem": {"denyRead": [], "allowWrite": ["."], "denyWrite": []}}, f)
        peers["srt"] = [srt, "--settings", "srt.json", "true"]
    seen = {name: [] for name in peers}
    for turn in range(ROUNDS + 2):
        for name, argv in peers.items():
            if name == "srt" and turn % 4:
                continue
            one = run(argv)
            if turn >= 2:
                seen[name].append(one)
    bare = statistics.median(w for w, _ in seen["bare bwrap"])
    own = statistics.median(w for w, _ in seen["bottle"])
    for name, all_ in seen.items():
        wall = statistics.median(w for w, _ in all_)
        cpu = statistics.median(c for _, c in all_)
        print(f"   {name:18} {wall:6.1f} ms, least {min(w for w, _ in all_):6.1f}, "
              f"processor {cpu:5.1f}; {wall / bare:5.1f} x bwrap, {wall / own:5.1f} x bottle")


main()
