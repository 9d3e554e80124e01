/* harden.c - rights that a gate does not need are given up before it reads a stranger's byte. */
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "gate_int.h"

int bt_harden(struct bt_err *e)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files;

	/* No core file, and nobody of the same user reads our memory: there is a CA key in it. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return bt_fail_sys(e, "core dumps");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return bt_fail_sys(e, "no_new_privs");
	/* Two descriptors a connection: take what the hard limit gives. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	return 0;
}

int bt_harden_bound(struct bt_err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capset, &head, none) < 0)
		return bt_fail_sys(e, "drop capabilities");
	return 0;
}
