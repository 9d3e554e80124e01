/* seccomp.c - the filter of a sandbox, from its rules; at build time (gen/mkfilter.c). */
#include "filter.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Refused as if the kernel had never heard of them, so that programs take their other way. */
static const char *const absent[] = {
	"io_uring_setup",
	"io_uring_enter",
	"io_uring_register",
	"clone3",
	"openat2", /* its mode stands in memory: see refuse_modes */
	"bpf",
	"userfaultfd",
	"perf_event_open",
	"memfd_secret",
	"quotactl_fd",
	"open_tree",
	"open_tree_attr",
	"move_mount",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"mount_setattr",
	"statmount",
	"listmount",
};

static const char *const forbidden[] = {
	/* keys: the kernel's keyrings know no namespaces */
	"keyctl",
	"add_key",
	"request_key",
	/* other processes */
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"process_madvise",
	"kcmp",
	"pidfd_getfd",
	/* mounts and namespaces */
	"mount",
	"umount",
	"umount2",
	"pivot_root",
	"setns",
	"open_by_handle_at",
	/* the machine */
	"init_module",
	"finit_module",
	"delete_module",
	"create_module",
	"query_module",
	"get_kernel_syms",
	"kexec_load",
	"kexec_file_load",
	"reboot",
	"swapon",
	"swapoff",
	"acct",
	"quotactl",
	"settimeofday",
	"stime",
	"clock_settime",
	"clock_settime64",
	"clock_adjtime",
	"clock_adjtime64",
	"adjtimex",
	"sethostname",
	"setdomainname",
	"syslog",
	"iopl",
	"ioperm",
	"vhangup",
	"fanotify_init",
	"nfsservctl",
	"lookup_dcookie",
	/* old or odd */
	"modify_ldt",
	"vm86",
	"vm86old",
	"uselib",
	"ustat",
	"sysfs",
	"_sysctl",
	"migrate_pages",
	"move_pages",
};

/* What may be newer than this libseccomp: from 424 on a call has one number on all machines, but on
 * those that count from somewhere else. */
static int number_of(const char *name)
{
	static const struct {
		const char *name;
		int nr;
	} newer[] = {
		{ "quotactl_fd", 443 }, { "memfd_secret", 447 },   { "statmount", 457 },
		{ "listmount", 458 },   { "open_tree_attr", 467 },
	};
	int nr = seccomp_syscall_resolve_name(name);

#if !defined(__alpha__) && !defined(__mips__)
	for (size_t i = 0; nr == __NR_SCMP_ERROR && i < sizeof newer / sizeof *newer; i++)
		if (strcmp(newer[i].name, name) == 0)
			nr = newer[i].nr;
#endif
	return nr;
}

static int refuse(scmp_filter_ctx ctx, const char *const *names, size_t n, int err,
                  struct bt_err *e)
{
	for (size_t i = 0; i < n; i++) {
		int nr = number_of(names[i]);

		if (nr == __NR_SCMP_ERROR) /* nothing is known of it */
			continue;
		int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO((unsigned)err), nr, 0);

		if (rc == -EDOM) /* no such call on this machine */
			continue;
		if (rc < 0) {
			errno = -rc;
			return bt_fail_sys(e, "seccomp rule for %s", names[i]);
		}
	}
	return 0;
}

static int rule(scmp_filter_ctx ctx, int nr, struct scmp_arg_cmp cmp, struct bt_err *e)
{
	int rc = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), nr, 1, &cmp);

	if (rc == 0)
		return 0;
	errno = -rc;
	return bt_fail_sys(e, "seccomp rule for call %d", nr);
}

/* The kernel looks at 32 bits of these arguments; a comparison of 64 could be walked around. */
#define LOW 0xffffffffu
#define BIT(arg, bit) SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, (bit), (bit))
#define LOW_EQ(arg, v) SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, LOW, (v))

#ifdef __s390__
#define CLONE_ARG 1
#else
#define CLONE_ARG 0
#endif

static int refuse_namespaces(scmp_filter_ctx ctx, struct bt_err *e)
{
	static const unsigned long long bits[] = { CLONE_NEWUSER,  CLONE_NEWNS,  CLONE_NEWPID,
		                                   CLONE_NEWNET,   CLONE_NEWIPC, CLONE_NEWUTS,
		                                   CLONE_NEWCGROUP };

	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
		if (rule(ctx, SCMP_SYS(clone), BIT(CLONE_ARG, bits[i]), e) < 0 ||
		    rule(ctx, SCMP_SYS(unshare), BIT(0, bits[i]), e) < 0)
			return -1;
	return rule(ctx, SCMP_SYS(unshare), BIT(0, 0x80ull), e); /* CLONE_NEWTIME */
}

/* Families above NETLINK, and those below but the ones in use; of netlink, routes alone (which
 * getaddrinfo and ip(8) read; writing needs a capability that nobody inside has). */
static int refuse_sockets(scmp_filter_ctx ctx, struct bt_err *e)
{
	for (int family = 0; family <= AF_NETLINK; family++) {
		if (family == AF_UNIX || family == AF_INET || family == AF_INET6 ||
		    family == AF_NETLINK)
			continue;
		if (rule(ctx, SCMP_SYS(socket), LOW_EQ(0, (unsigned)family), e) < 0)
			return -1;
	}
	if (rule(ctx, SCMP_SYS(socket), SCMP_CMP64(0, SCMP_CMP_GT, AF_NETLINK), e) < 0)
		return -1;
	struct scmp_arg_cmp netlink[] = { LOW_EQ(0, AF_NETLINK),
		                          SCMP_CMP64(2, SCMP_CMP_NE, 0 /* NETLINK_ROUTE */) };
	int rc = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 2, netlink);

	errno = -rc;
	return rc < 0 ? bt_fail_sys(e, "seccomp rule for netlink") : 0;
}

/* A set-user-ID program left in the project folder would be one outside. Where a call takes a mode
 * only with a flag, the argument may hold anything without it. */
static int refuse_modes(scmp_filter_ctx ctx, struct bt_err *e)
{
	static const struct {
		const char *name;
		unsigned mode, flags, flag; /* which arguments; no flag: always a mode */
	} calls[] = {
		{ "chmod", 1, 0, 0 },          { "fchmod", 1, 0, 0 },
		{ "fchmodat", 2, 0, 0 },       { "fchmodat2", 2, 0, 0 },
		{ "creat", 1, 0, 0 },          { "mkdir", 1, 0, 0 },
		{ "mkdirat", 2, 0, 0 },        { "mknod", 1, 0, 0 },
		{ "mknodat", 2, 0, 0 },        { "open", 2, 1, O_CREAT },
		{ "openat", 3, 2, O_CREAT },   { "open", 2, 1, O_TMPFILE },
		{ "openat", 3, 2, O_TMPFILE },
	};

	for (size_t i = 0; i < 2 * sizeof calls / sizeof *calls; i++) {
		unsigned bit = i % 2 ? S_ISUID : S_ISGID, mode = calls[i / 2].mode;
		unsigned flag = calls[i / 2].flag;
		int nr = seccomp_syscall_resolve_name(calls[i / 2].name);
		struct scmp_arg_cmp both[] = { BIT(mode, bit), BIT(calls[i / 2].flags, flag) };

		if (nr < 0) /* not a call of this machine, or newer than this libseccomp */
			continue;
		int rc = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), nr, flag ? 2 : 1, both);

		errno = -rc;
		if (rc < 0)
			return bt_fail_sys(e, "seccomp rule for %s", calls[i / 2].name);
	}
	return 0;
}

/* TIOCSTI types into a terminal as its user would; TIOCLINUX pastes on a console; TIOCSETD loads
 * line disciplines, kernel modules that nobody needs here; TIOCCONS takes the console's output. */
static int refuse_arguments(scmp_filter_ctx ctx, struct bt_err *e)
{
	static const unsigned requests[] = { TIOCSTI, TIOCLINUX, TIOCSETD, TIOCCONS };

	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
		if (rule(ctx, SCMP_SYS(ioctl), LOW_EQ(1, requests[i]), e) < 0)
			return -1;
	return refuse_namespaces(ctx, e) < 0 || refuse_sockets(ctx, e) < 0 ||
	                       refuse_modes(ctx, e) < 0
	               ? -1
	               : 0;
}

static int build(scmp_filter_ctx *out, struct bt_err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	if (!ctx)
		return bt_fail(e, BT_LIMIT, "seccomp: out of memory");
	if (seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)) < 0 ||
	    refuse(ctx, absent, sizeof absent / sizeof *absent, ENOSYS, e) < 0 ||
	    refuse(ctx, forbidden, sizeof forbidden / sizeof *forbidden, EPERM, e) < 0 ||
	    refuse_arguments(ctx, e) < 0) {
		seccomp_release(ctx);
		return -1;
	}
	*out = ctx;
	return 0;
}

int bt_filter_make(int fd, struct bt_err *e)
{
	scmp_filter_ctx ctx;

	if (build(&ctx, e) < 0)
		return -1;
	int rc = seccomp_export_bpf(ctx, fd);

	seccomp_release(ctx);
	errno = -rc;
	return rc < 0 ? bt_fail_sys(e, "export the seccomp filter") : 0;
}
