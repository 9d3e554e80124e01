"""I: the process itself: what it gave up before it read a stranger's byte."""
import os
import signal
import subprocess

from harness import Gate, free_port, want, want_status


def facts(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def refused(w, user, words, uid=None):
    conf = w.pki.path("user.yaml")
    with open(conf, "w") as f:
        f.write("mode: strict\napi_allowlist: [a.test]\ngate: {listen: ['127.0.0.1:%d'], user: '%s'}\n"
                % (free_port(), user))
    argv = [w.bottle, "gate", "--config", conf]
    if uid is not None:
        argv = ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups"] + argv
    out = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
    want(out.returncode == 1 and words in out.stderr and b"ready" not in out.stdout, out)


def run(s, w):
    sanitized = b"libasan" in subprocess.run(["ldd", w.bottle], stdout=subprocess.PIPE).stdout

    def hardened():
        have = facts(w.gate.proc.pid)
        for key in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            want(have[key] == "0" * 16, (key, have[key]))
        want(have["NoNewPrivs"] == "1", have["NoNewPrivs"])
        want(sanitized or have["Seccomp"] == "2", have["Seccomp"])
        with open("/proc/%d/limits" % w.gate.proc.pid) as f:
            core = [line.split()[4:6] for line in f if line.startswith("Max core file size")]
        want(core == [["0", "0"]], core)
    s.case("I01 it has no capability, no way to new ones, no core file, and a filter of calls", hardened)

    if os.geteuid() != 0:
        return

    def dropped():
        port = free_port(low=True)
        plain = "plain.good.test:%d" % w.plain.port
        g = Gate(w.bottle, w.pki, w, [plain], gate={"user": "64124:64125", "transparent": {
            "http": "127.0.0.1:%d" % port}}, readable=64125)
        w.gates.append(g)
        have = facts(g.proc.pid)
        want(have["Uid"].split() == ["64124"] * 4, have["Uid"])
        want(have["Gid"].split() == ["64125"] * 4, have["Gid"])
        want(have["Groups"].strip() == "", have["Groups"])
        want_status(g.say(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % plain.encode(), port=port), 200)
        g.proc.send_signal(signal.SIGHUP)
        g.wait_event("config_reload", verdict="allow")
    s.case("I02 started by root with gate.user it binds low ports, is that user, and reloads", dropped)

    def bad():
        refused(w, "0", b"another than root")
        refused(w, "65534:0", b"another than root")
        refused(w, "root", b"another than root")
        refused(w, "no-such-user-here", b"there is no user")
    s.case("I02 root and a user that is not there are refused", bad)

    def powerless():
        os.chmod(w.pki.dir, 0o755)
        refused(w, "64124", b"only root can become", uid=64126)
    s.case("I02 who is not root cannot become another user, and does not start", powerless)
