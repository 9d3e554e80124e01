#!/usr/bin/env python3
"""run.py BOTTLE [LETTER…]: the gate as a black box, real bytes on loopback sockets, no Docker."""
import importlib
import os
import shutil
import sys
import tempfile

import h_rows
from harness import Gate, Pki, Suite, Upstream

# Every file X_rows.py is a letter: whoever adds one need not say so here.
LETTERS = {n[:-8]: importlib.import_module(n[:-3])
           for n in sorted(os.listdir(os.path.dirname(os.path.abspath(__file__))))
           if n.endswith("_rows.py")}


class World:
    def __init__(self, bottle, where):
        self.bottle = bottle
        self.pki = p = Pki(where)

        def tls(name):
            return Upstream(p.path(name + ".pem"), p.path(name + "-key.pem"))
        self.tls, self.plain = tls("good"), Upstream()
        self.bad = {n: tls(n) for n in ("expired", "wrong", "self", "unknown", "cn", "sha1", "nulcn",
                                          "nulsan")}
        t, c = self.tls.port, self.plain.port
        allow = ["api.good.test:%d" % t, "api.good.test", "m.good.test:%d" % t, "*.wild.test:%d" % t,
                 "pass.test:%d" % t, "plain.good.test:%d" % c, "a.wild.test:1", "nowhere.invalid",
                 h_rows.HEX_LISTED + ".wild.test:%d" % t]
        allow += ["api.good.test:%d" % u.port for u in self.bad.values()]
        self.gates = []
        self.gate = self.open(allow, passthrough=["pass.test"], block=["deny.wild.test:%d" % t],
                              odd=h_rows.ODD, labels=h_rows.LABELS)
        # One that keeps no upstream connection: who counts connections asks this one.
        self.unpooled = self.open(allow, block=["deny.wild.test:%d" % t], odd=h_rows.ODD,
                                  labels=h_rows.LABELS,
                                  gate={"limits": {"idle_upstreams": 0}})
        self.warn = self.open(allow, action="warn")
        self.small = self.open(allow, max_body=1 << 20, seed=False)
        self.guarded = self.open(allow + ["169.254.169.254:%d" % t], ssrf=False,
                                 resolve={"m.good.test": ["192.0.43.8", "10.0.0.1"]})

    def open(self, allow, odd=(), **kw):
        g = Gate.__new__(Gate)
        allow = list(allow) + ["%s:%d" % (a, self.tls.port) for a in odd]
        g.__init__(self.bottle, self.pki, self, allow, **kw)
        g.settings["allow"] = g.settings["allow"] + ["loop.test:%d" % g.port]
        g.write()
        g.wait_event("config_reload")
        self.gates.append(g)
        return g

    def close(self, s):
        for g in self.gates:
            def ended(g=g):
                rc, err = g.stop()
                if rc != 0 or b"Sanitizer" in err or b"runtime error" in err:
                    raise AssertionError("exit %d: %s" % (rc, err[-3000:]))
            s.case("a gate told to stop ends with 0 and nothing leaked", ended)


def main():
    where = tempfile.mkdtemp(prefix="gate-pki.")
    s = Suite()
    try:
        w = World(sys.argv[1], where)
        for letter in sys.argv[2:] or LETTERS:
            LETTERS[letter].run(s, w)
        w.close(s)
    finally:
        shutil.rmtree(where)
    return s.close()


if __name__ == "__main__":
    sys.exit(main())
