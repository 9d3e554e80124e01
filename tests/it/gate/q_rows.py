"""Q: everything at once for a few seconds (`make soak` is the same for a quarter of an hour)."""
import os
import subprocess
import sys

from harness import want

SOAK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "soak", "soak.py")


def run(s, w):
    def soaked():
        p = subprocess.run([sys.executable, SOAK, os.path.dirname(w.bottle), "5"], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, env=dict(os.environ, SOAK_CLIENTS="8", SOAK_LIMIT="120"),
                           universal_newlines=True)
        want(p.returncode == 0, p.stdout)
    s.case("Q01 under mixed load, reloads and bad upstreams every request is accounted for", soaked)
