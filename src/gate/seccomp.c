/* seccomp.c - what is left of the kernel for a gate that serves; at build time (gen/mkfilter.c). A
 * list of permissions: it moves bytes between sockets, and reads files again when it reloads. It
 * writes no file, starts nothing, maps nothing executable and speaks no protocol family but IPv4
 * and IPv6. */
#include <asm/ioctls.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "filter.h"

static const char *const allowed[] = {
	/* bytes */
	"read",
	"readv",
	"pread64",
	"write",
	"writev",
	"recvfrom",
	"recvmsg",
	"recvmmsg",
	"sendto",
	"sendmsg",
	"sendmmsg",
	"splice",
	"tee",
	"close",
	"shutdown",
	"lseek",
	"_llseek",
	/* sockets; which families: socket() below */
	"accept",
	"accept4",
	"bind",
	"connect",
	"getpeername",
	"getsockname",
	"getsockopt",
	"setsockopt",
	"pipe2",
	/* waiting */
	"epoll_create1",
	"epoll_ctl",
	"epoll_wait",
	"epoll_pwait",
	"epoll_pwait2",
	"eventfd2",
	"poll",
	"ppoll",
	"timerfd_create",
	"timerfd_settime",
	"nanosleep",
	"clock_nanosleep",
	"futex",
	"sched_yield",
	"restart_syscall",
	/* time and chance */
	"clock_gettime",
	"clock_gettime64",
	"clock_getres",
	"gettimeofday",
	"time",
	"getrandom",
	/* files, to be read: open below */
	"access",
	"faccessat",
	"faccessat2",
	"fcntl",
	"fcntl64",
	"fstat",
	"fstat64",
	"fstatfs",
	"getcwd",
	"getdents64",
	"inotify_add_watch",
	"inotify_rm_watch",
	"lstat",
	"newfstatat",
	"fstatat64",
	"readlink",
	"readlinkat",
	"stat",
	"stat64",
	"statx",
	"unlink", /* the admin socket's, at the end */
	"unlinkat",
	/* memory; what for: mmap and mprotect below */
	"brk",
	"madvise",
	"mlock",
	"mremap",
	"munlock",
	"munmap",
	/* itself */
	"exit",
	"exit_group",
	"getegid",
	"geteuid",
	"getgid",
	"getpid",
	"gettid",
	"getuid",
	"prlimit64",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"sigaltstack",
	"sysinfo",
	"uname",
};

/* Nothing of ours ever asks for these: whoever does has taken the process over, and then nobody
 * uses it any more. Everything else that is not allowed is as if the kernel had never heard of it.
 */
static const char *const deadly[] = {
	"execve",
	"execveat",
	"fork",
	"vfork",
	"ptrace",
	"process_vm_readv",
	"setns",
	"unshare",
	"mount",
	"pidfd_getfd",
	"process_vm_writev",
	"io_uring_setup",
};

static int add(scmp_filter_ctx ctx, uint32_t action, const char *name, unsigned n,
               const struct scmp_arg_cmp *cmp)
{
	int nr = seccomp_syscall_resolve_name(name);
	int rc = nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add_array(ctx, action, nr, n, cmp);

	return rc == -EDOM ? 0 : rc; /* no such call on this machine */
}

static int add_all(scmp_filter_ctx ctx, uint32_t action, const char *const *names, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add(ctx, action, names[i], 0, NULL);
	return rc;
}

/* The kernel looks at 32 bits of these arguments; a comparison of 64 could be walked around. */
#define LOW 0xffffffffu
#define LOW_EQ(arg, v) SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, LOW, (v))

static int add_by_argument(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp v4 = LOW_EQ(0, AF_INET), v6 = LOW_EQ(0, AF_INET6),
	                          not_exec = SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
	                          self = LOW_EQ(0, BT_GATE_FILTER_PID),
	                          waiting = LOW_EQ(1, FIONREAD), tty = LOW_EQ(1, TCGETS),
	                          pause = LOW_EQ(1, FIONBIO);
	/* To write, to make or to cut short: not one of these bits. */
	const unsigned long long bits = O_ACCMODE | O_CREAT | O_TRUNC;
	const struct scmp_arg_cmp at = SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, bits, O_RDONLY),
	                          old = SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, bits, O_RDONLY);
	const struct {
		const char *name;
		const struct scmp_arg_cmp *cmp;
	} rules[] = {
		{ "socket", &v4 },      { "socket", &v6 },   { "mmap", &not_exec },
		{ "mmap2", &not_exec }, { "tgkill", &self }, { "mprotect", &not_exec },
		{ "ioctl", &waiting },  { "ioctl", &tty },   { "ioctl", &pause },
		{ "openat", &at },      { "open", &old },
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof rules / sizeof *rules && rc == 0; i++)
		rc = add(ctx, SCMP_ACT_ALLOW, rules[i].name, 1, rules[i].cmp);
	return rc;
}

static int fill(scmp_filter_ctx ctx)
{
	int rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (rc == 0)
		rc = add_all(ctx, SCMP_ACT_ALLOW, allowed, sizeof allowed / sizeof *allowed);
	if (rc == 0)
		rc = add_all(ctx, SCMP_ACT_KILL_PROCESS, deadly, sizeof deadly / sizeof *deadly);
	return rc ? rc : add_by_argument(ctx);
}

int bt_gate_filter_make(int fd, struct bt_err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int rc = ctx ? fill(ctx) : -ENOMEM;

	if (rc == 0)
		rc = seccomp_export_bpf(ctx, fd);
	seccomp_release(ctx);
	if (rc == 0)
		return 0;
	errno = -rc;
	return bt_fail_sys(e, "a gate's filter of system calls");
}
