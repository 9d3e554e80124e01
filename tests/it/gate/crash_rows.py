"""Crash: a gate that crashes: nothing goes out by it any more, and where it was asked for, the next one comes."""
import os
import signal
import subprocess
import time

from harness import TOKEN, Gate, ended, want, want_status

MIB = 1 << 20


def until(fact):
    end = time.time() + 15
    while not fact():
        want(time.time() < end, "waited in vain")
        time.sleep(0.02)


def children(pid):
    out = []
    for n in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % n) as f:
                after = f.read().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if n.isdigit() and after[1] == str(pid) and after[0] != "Z":
            out.append(int(n))
    return out


def gone(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def refused(g):
    try:
        g.dial().close()
        return False
    except ConnectionRefusedError:
        return True


def run(s, w):
    up = w.plain
    host = b"plain.good.test:%d" % up.port
    secure = "api.good.test:%d" % w.tls.port
    get = b"GET http://%s/z HTTP/1.1\r\nHost: %s\r\n\r\n" % (host, host)

    def gate(*args):
        return Gate(w.bottle, w.pki, w, [host.decode(), secure], max_body=MIB, args=list(args),
                    gate={"stream_bodies": True})

    def under_way(g, path):
        """An open tunnel, and an upload of which some has arrived."""
        n = up.accepted
        tunnel, upload = g.tls(secure), g.dial()
        upload.sendall(b"POST http://%s%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n"
                       % (host, path, host, 8 * MIB) + b"some words; " * (MIB // 12))
        up.wait_accepted(n + 1)
        return tunnel, upload

    def crash(g, pid, path):
        del up.cut[:]
        open_ones = under_way(g, path)
        os.kill(pid, signal.SIGABRT)
        want(all(ended(c) for c in open_ones), "still open")
        for c in open_ones:
            c.close()
        want(not up.saw(path), "what was cut was taken for whole")

    def end():
        g = gate()
        crash(g, g.proc.pid, b"/z-end")
        want(g.proc.wait(10) == -signal.SIGABRT, g.proc.returncode)
        want(refused(g), "somebody listens")
        want(not [f for f in os.listdir(g.dir) + os.listdir(".") if f.startswith("core")], "a core file")
        g.stop()
    s.case("N20 a gate that crashes is gone, with all that was open, and nothing listens", end)

    def again():
        g = gate("--restart")
        for sig in (signal.SIGABRT, signal.SIGKILL):
            (worker,) = children(g.proc.pid)
            if sig == signal.SIGABRT:
                crash(g, worker, b"/z-again")
            else:
                os.kill(worker, sig)
            until(lambda: len([e for e in g.events() if e["event"] == "ready"]) > (
                1 if sig == signal.SIGABRT else 2))
            want(g.proc.poll() is None and children(g.proc.pid) != [worker])
            want_status(g.say(get), 200)
            want_status(g.https(secure, b"GET /z HTTP/1.1\r\nHost: %s\r\n\r\n" % secure.encode()), 200)
            got = g.say(get.replace(b"/z ", b"/?k=%s " % TOKEN.encode()))
            want_status(got, 403)
        told = [e for e in g.events() if e["event"] == "worker_restart"]
        want(len(told) == 2 and "signal 6" in told[0]["reason"] and "signal 9" in told[1]["reason"], told)
        (worker,) = children(g.proc.pid)
        g.proc.send_signal(signal.SIGHUP)
        g.wait_event("config_reload", verdict="allow")
        want(children(g.proc.pid) == [worker], "a reload is no restart")
        rc, err = g.stop()
        want(rc == 0 and gone(worker) and b"Sanitizer" not in err, (rc, err[-2000:]))
    s.case("N20 with --restart the next one comes, judges alike, and the crash is told", again)

    def with_parent():
        g = gate("--restart")
        (worker,) = children(g.proc.pid)
        g.proc.kill()
        until(lambda: gone(worker))
        want(refused(g), "somebody listens")
        g.stop()
    s.case("N20 a gate ends with the parent that would restart it", with_parent)

    def config():
        g = gate("--restart")
        (worker,) = children(g.proc.pid)
        with open(g.config, "w") as f:
            f.write("gate: [")
        until(lambda: [e for e in g.events() if e["event"] == "config_reload"])
        want_status(g.say(get), 200)
        os.kill(worker, signal.SIGABRT)
        want(g.proc.wait(15) == 1, "it goes on with a configuration that is none")
        want(refused(g), "somebody listens")
        g.stop()
    s.case("N20 one that cannot start again ends them both", config)

    def known():
        r, wr = os.pipe()
        p = subprocess.run([w.bottle, "gate", "--config", "/nonexistent", "--restart", "--known", str(r)],
                           pass_fds=(r,), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.close(r)
        os.close(wr)
        want(p.returncode == 2 and b"not together with --known" in p.stderr, p)
    s.case("N20 values that are handed over once are not for a gate that is restarted", known)
