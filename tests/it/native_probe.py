# What a program inside a native bottle can reach: one line a try, "NAME RESULT". Run by native_test.sh.
import ctypes, errno, os, socket, struct, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)


def name(e):
    return errno.errorcode.get(e, str(e))


def say(what, result):
    print(what, result, flush=True)


def call(what, nr, *args):
    ctypes.set_errno(0)
    r = libc.syscall(nr, *[ctypes.c_void_p(a) if isinstance(a, int) else a for a in args])
    say(what, "ok" if r >= 0 else name(ctypes.get_errno()))


def attempt(what, fn):
    try:
        fn()
        say(what, "ok")
    except OSError as e:
        say(what, name(e.errno) if e.errno else "timeout")


def connect(family, kind, to):
    def go():
        s = socket.socket(family, kind)
        s.settimeout(2)
        s.connect(to)
        if kind == socket.SOCK_DGRAM:
            s.send(b"x")
    return go


T, U = socket.SOCK_STREAM, socket.SOCK_DGRAM
V4, V6 = socket.AF_INET, socket.AF_INET6
up = sys.argv[1]
attempt("tcp-public", connect(V4, T, ("1.1.1.1", 443)))
attempt("tcp-upstream", connect(V4, T, (up, 443)))
attempt("udp-dns", connect(V4, U, ("1.1.1.1", 53)))
attempt("udp-quic", connect(V4, U, ("1.1.1.1", 443)))
attempt("dot", connect(V4, T, ("1.1.1.1", 853)))
attempt("tcp6", connect(V6, T, ("2606:4700:4700::1111", 443)))
attempt("link-local6", connect(V6, U, ("fe80::1", 9, 0, 1)))
attempt("multicast6", connect(V6, U, ("ff02::1", 9, 0, 1)))
attempt("broadcast", connect(V4, U, ("255.255.255.255", 9)))
attempt("host-port", connect(V4, T, ("127.0.0.1", int(sys.argv[2]))))
attempt("icmp", lambda: socket.socket(V4, U, socket.IPPROTO_ICMP))
attempt("raw", lambda: socket.socket(V4, socket.SOCK_RAW, socket.IPPROTO_ICMP))
attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW))
attempt("vsock", lambda: socket.socket(40, T))
attempt("alg", lambda: socket.socket(38, socket.SOCK_SEQPACKET))
attempt("netlink-audit", lambda: socket.socket(16, socket.SOCK_RAW, 9))
attempt("netlink-netfilter", lambda: socket.socket(16, socket.SOCK_RAW, 12))
for path in ["/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket",
             "/tmp/.X11-unix/X0", sys.argv[3]]:
    attempt("unix:" + path, connect(socket.AF_UNIX, T, path))
attempt("abstract-stream", connect(socket.AF_UNIX, T, "\0" + sys.argv[4]))
attempt("abstract-dgram", connect(socket.AF_UNIX, U, "\0" + sys.argv[4] + "-dgram"))
call("io_uring", 425, 1, 0)
call("bpf", 321, 0, 0, 0)
call("keyctl", 250, 0, 0)
call("userfaultfd", 323, 0)
call("ptrace", 101, 0, 0, 0, 0)
call("mount", 165, 0, 0, 0, 0, 0)
call("unshare-user", 272, 0x10000000)
call("setns", 308, 0, 0)
call("clone3", 435, 0, 0)
call("perf", 298, 0, 0, 0, 0, 0)
call("reboot", 169, 0, 0, 0, 0)
attempt("setuid", lambda: os.setuid(1))
attempt("setgid", lambda: os.setgid(1))
attempt("sysrq", lambda: os.open("/proc/sysrq-trigger", os.O_WRONLY))
attempt("core-pattern", lambda: os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
attempt("port-start", lambda: os.open("/proc/sys/net/ipv4/ip_unprivileged_port_start", os.O_WRONLY))
attempt("write-usr", lambda: open("/usr/x", "w"))
attempt("write-etc", lambda: open("/etc/x", "w"))
attempt("write-root", lambda: open("/x", "w"))
attempt("init-mem", lambda: open("/proc/1/mem", "rb").read(1))
attempt("init-root", lambda: os.listdir("/proc/1/root"))
attempt("init-fd", lambda: os.open("/proc/1/fd/3", os.O_RDWR))
attempt("shadow", lambda: open("/etc/shadow").read())
attempt("ssh-keys", lambda: os.listdir("/etc/ssh"))
attempt("sys", lambda: os.listdir("/sys"))
attempt("disk", lambda: os.mknod("/tmp/sda", 0o60600, os.makedev(8, 0)))


def writable(top):
    for d, ds, fs in os.walk(top):
        if d == "/proc":
            ds[:] = [x for x in ds if not x.isdigit() and x not in ("self", "thread-self")]
        for f in fs:
            path = os.path.join(d, f)
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
                yield path
            except OSError:
                pass


say("proc-writable", ",".join(writable("/proc")) or "none")
say("descriptors", ",".join(sorted(x for x in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + x))))
for f in ("kmsg", "kcore", "kpageflags", "slabinfo", "vmallocinfo"):
    attempt("read-" + f, lambda: os.open("/proc/" + f, os.O_RDONLY))
attempt("suid-file", lambda: os.open("suid", os.O_CREAT | os.O_WRONLY, 0o4755))
attempt("suid-chmod", lambda: os.chmod("/tmp", 0o4755))
attempt("discipline", lambda: __import__("fcntl").ioctl(0, 0x5423, struct.pack("i", 21)))
say("core", [line.split()[4:6] for line in open("/proc/self/limits") if line.startswith("Max core")][0][1])
attempt("own-gate-port", lambda: socket.socket(V4, T).bind(("127.0.0.1", 8888)))
for tool in (["ip", "route", "add", "default", "dev", "lo"], ["ip", "addr", "add", "192.0.2.1/24", "dev", "lo"],
             ["unshare", "-Urn", "true"]):
    r = subprocess.run(tool, capture_output=True)
    say("run:" + "-".join(tool[:2]), "ok" if r.returncode == 0 else "refused")
st = open("/proc/self/status").read()
for line in st.splitlines():
    key = line.split(":")[0]
    if key in ("CapPrm", "CapEff", "CapBnd", "CapInh", "CapAmb", "Seccomp", "NoNewPrivs"):
        say(key, line.split()[1])
say("devices", ",".join(sorted(os.listdir("/dev"))))
say("pids", str(sum(p.isdigit() for p in os.listdir("/proc"))))
fd = os.memfd_create("x")
os.write(fd, open("/usr/bin/id", "rb").read())
say("memfd-exec", subprocess.run(["/proc/self/fd/%d" % fd, "-u"], pass_fds=[fd], capture_output=True,
                                 text=True).stdout.strip() or "refused")
# Another way to start a program is no way to other rights.
loader = next((p for p in ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1") if os.path.exists(p)), None)
for what, argv in (("ld-linux", [loader, "/usr/bin/id", "-u"]),
                   ("self-exe", ["/proc/self/exe", "-I", "-c", "import os; print(os.getuid())"])):
    r = subprocess.run(argv, capture_output=True, text=True)
    say(what, r.stdout.strip() or "refused")
say("keys", str(sum(b"PRIVATE KEY" in open(os.path.join(d, f), "rb").read(100000)
                    for top in ("/etc/ssl", "/tmp", "/run", "/home") for d, _, fs in os.walk(top)
                    for f in fs if os.access(os.path.join(d, f), os.R_OK))))
try:
    say("environ-secret", str(sys.argv[5] in open("/proc/1/environ").read()))
except OSError:
    say("environ-secret", "False")
