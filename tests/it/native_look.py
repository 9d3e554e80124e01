# What a prober of sandboxes lists inside a native bottle, "NAME RESULT" a line: identity, namespaces,
# mounts, devices, sockets, limits, /proc, /sys, environment, and each system call that has no business
# there. Run by native_test.sh; what is tried against the host's things is in native_probe.py.
import ctypes, errno, os, resource, socket, stat

libc = ctypes.CDLL(None, use_errno=True)


def say(what, result):
    print(what, result, flush=True)


def lines(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read().splitlines()
    except OSError:
        return []


# Who, and in which namespaces.
say("ids", f"{os.getuid()} {os.geteuid()} {os.getgid()} {os.getegid()}")
say("groups", ",".join(map(str, os.getgroups())) or "none")
for which in ("uid", "gid"):
    say(f"{which}-map-size", ",".join(line.split()[2] for line in lines(f"/proc/self/{which}_map")))
say("setgroups", (lines("/proc/self/setgroups") or ["-"])[0])
for ns in ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts"):
    say(f"ns-{ns}", os.readlink(f"/proc/self/ns/{ns}"))
say("cgroup", ",".join(lines("/proc/self/cgroup")) or "none")
say("hostname", os.uname().nodename)
say("terminal", "yes" if os.path.exists("/dev/tty") and os.isatty(0) else "no")

# Mounts: what can be written, what could run set-user-ID programs, what could hold devices.
plain, suid, device = [], [], []
for line in lines("/proc/self/mountinfo"):
    fields = line.split()
    options = fields[5].split(",")
    kind = fields[fields.index("-") + 1]
    if "ro" not in options:
        plain.append(fields[4])
    if "nosuid" not in options:
        suid.append(fields[4])
    if "nodev" not in options and kind not in ("devtmpfs", "devpts"):
        device.append(fields[4])
say("mounts-writable", ",".join(sorted(set(plain))))
say("mounts-suid", ",".join(sorted(set(suid))) or "none")
# A bind of one device node is all that a device mount may be.
say("mounts-dev", ",".join(sorted(set(m for m in device if not m.startswith("/dev/")))) or "none")
say("mounts-kinds", ",".join(sorted({line.split(" - ")[1].split()[0] for line in lines("/proc/self/mountinfo")})))
say("root", ",".join(sorted(os.listdir("/"))))
for path in ("/sys", "/boot", "/root", "/srv", "/mnt", "/media", "/opt", "/etc/machine-id", "/etc/shadow",
             "/etc/sudoers", "/etc/ssh", "/run/systemd", "/run/user", "/var/lib", "/var/log"):
    say("there:" + path, "yes" if os.path.lexists(path) else "no")


def devices(top):
    for d, _, names in os.walk(top):
        for name in names:
            mode = os.lstat(os.path.join(d, name)).st_mode
            if stat.S_ISBLK(mode):
                yield "block:" + name
            elif stat.S_ISCHR(mode) and not d.startswith("/dev/pts"):
                yield name


say("devices", ",".join(sorted(devices("/dev"))))
for major, minor in ((1, 1), (1, 2), (1, 3), (8, 0), (10, 200), (10, 229)):
    try:
        os.mknod(f"/tmp/node{major}.{minor}", 0o20666 if major != 8 else 0o60666, os.makedev(major, minor))
        say(f"mknod:{major}:{minor}", "ok")
    except OSError as e:
        say(f"mknod:{major}:{minor}", errno.errorcode[e.errno])

# Every family of sockets that opens at all.
opened = set()
for family in range(64):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind).close()
            opened.add(family)
        except OSError:
            pass
say("families", ",".join(map(str, sorted(opened))))

# Sockets: who listens here, and every name that is seen.
tcp = sorted({int(line.split()[1].split(":")[1], 16) for f in ("tcp", "tcp6")
              for line in lines("/proc/net/" + f)[1:] if line.split()[3] == "0A"})
say("listen-tcp", ",".join(map(str, tcp)))
say("unix-names", ",".join(line.split()[7] for line in lines("/proc/net/unix")[1:] if len(line.split()) > 7) or "none")
say("interfaces", ",".join(sorted(line.split(":")[0].strip() for line in lines("/proc/net/dev")[2:])))
say("routes", str(len(lines("/proc/net/route")) - 1))
say("neighbours", str(max(0, len(lines("/proc/net/arp")) - 1)))

# /proc: others, and the kernel's secrets.
pids = [p for p in os.listdir("/proc") if p.isdigit()]
say("processes", str(len(pids)))
say("foreign-uids", ",".join(sorted({line.split()[1] for p in pids for line in lines(f"/proc/{p}/status")
                                     if line.startswith("Uid:")} - {str(os.getuid())})) or "none")
def told(path):
    try:
        if os.path.isdir(path):
            return bool(os.listdir(path))
        with open(path, "rb") as f:
            return bool(f.read(1))
    except OSError:
        return False


say("proc-told", ",".join(p for p in (
    "acpi", "asound", "config.gz", "interrupts", "kcore", "key-users", "keys", "kmsg", "kpagecount", "kpagecgroup", "kpageflags",
    "latency_stats", "pagetypeinfo", "sched_debug", "scsi", "slabinfo", "sysrq-trigger", "timer_list", "timer_stats",
    "vmallocinfo", "1/environ", "1/root", "1/cwd", "1/exe", "1/maps", "1/mem", "1/ns/net") if told("/proc/" + p)) or "none")
say("kallsyms", "zero" if not any(line.split()[0].strip("0") for line in lines("/proc/kallsyms")) else "told")
say("keys", str(len(lines("/proc/keys"))))
say("timers", str(len(lines("/proc/timer_list"))))
for what in ("core", "memlock"):
    say("limit-" + what, str(resource.getrlimit(getattr(resource, "RLIMIT_" + what.upper()))[1]))
say("ambient", (lambda s: [x.split()[1] for x in s if x.startswith("CapAmb")][0])(lines("/proc/self/status")))

# The environment: nothing of the operator's but what the plan names.
for name in ("SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY", "DOCKER_HOST",
             "IT_LEAK", "SUDO_USER", "LD_PRELOAD"):
    say("env:" + name, "yes" if name in os.environ else "no")

# System calls of x86-64 that no agent needs: number, and arguments that would be harmless.
CLONE_NEWUSER, SIGCHLD = 0x10000000, 17
calls = {
    "add_key": (248,), "request_key": (249,), "kexec_load": (246,), "kexec_file_load": (320,), "init_module": (175,),
    "finit_module": (313, -1), "delete_module": (176,), "swapon": (167,), "swapoff": (168,), "pivot_root": (155,),
    "umount2": (166,), "open_by_handle_at": (304, -1), "iopl": (172, 3),
    "ioperm": (173, 0, 1, 1), "acct": (163,), "quotactl": (179,), "syslog": (103, 10), "settimeofday": (164,),
    "clock_settime": (227,), "sethostname": (170,), "setdomainname": (171,), "process_vm_readv": (310,),
    "process_vm_writev": (311,), "kcmp": (312,), "pidfd_getfd": (438, -1), "fsopen": (430,), "open_tree": (428, -1),
    "move_mount": (429, -1), "fsmount": (432, -1), "mount_setattr": (442, -1), "fanotify_init": (300,),
    "vhangup": (153,), "io_uring_enter": (426, -1), "io_uring_register": (427, -1), "clone-user": (56, CLONE_NEWUSER | SIGCHLD),
    "nfsservctl": (180,), "lookup_dcookie": (212,), "move_pages": (279,), "migrate_pages": (256,),
    "fsconfig": (431, -1), "fspick": (433, -1), "quotactl_fd": (443, -1), "memfd_secret": (447,), "statmount": (457,),
    "listmount": (458,), "open_tree_attr": (467, -1), "perf_event_open": (298,), "bpf": (321,), "userfaultfd": (323,),
    "io_uring_setup": (425, 1), "clone3": (435,), "keyctl": (250,), "mount": (165,), "reboot": (169,), "setns": (308, -1),
    "unshare-user": (272, CLONE_NEWUSER), "unshare-net": (272, 0x40000000), "unshare-mnt": (272, 0x20000),
    "unshare-pid": (272, 0x20000000), "clone-net": (56, 0x40000000 | SIGCHLD), "ptrace-init": (101, 16, 1),
    "ptrace-seize": (101, 0x4206, 1), "ptrace-me": (101, 0), "process_madvise": (440, -1), "modify_ldt": (154,),
    "uselib": (134,), "ustat": (136,), "_sysctl": (156,), "sysfs": (139, 3), "create_module": (174,),
    "get_kernel_syms": (177,), "query_module": (178,), "adjtimex": (159,), "clock_adjtime": (305,),
    "x32-getpid": (0x40000000 + 39,), "ioctl-TIOCSTI": (16, 0, 0x5412), "ioctl-TIOCSTI-high": (16, 0, 0x5412 | 1 << 32),
    "ioctl-TIOCLINUX": (16, 0, 0x541C), "ioctl-TIOCCONS": (16, 0, 0x541D), "ioctl-TIOCSETD": (16, 0, 0x5423),
}
try:
    os.chroot("/")
    say("call:chroot", "ok")
except OSError as e:
    say("call:chroot", errno.errorcode[e.errno])
for name, (number, *args) in calls.items():
    ctypes.set_errno(0)
    r = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) for a in args + [0] * (6 - len(args))])
    if name.startswith("clone") and r == 0:
        os._exit(0)
    say("call:" + name, "ok" if r >= 0 else errno.errorcode.get(ctypes.get_errno(), "?"))
