/* harden.c - rights that a gate does not need are given up before it reads a stranger's byte. */
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bottle/str.h"
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

struct who {
	uid_t uid;
	gid_t gid;
};

/* A name, or UID[:GID]. */
static int look_up(const char *text, struct who *w, struct bt_err *e)
{
	struct bt_str gid = bt_str(text), uid;
	bool both = bt_str_cut(&gid, ':', &uid);
	uint64_t u, g;

	if (bt_str_uint(uid, UINT32_MAX - 1, &u) &&
	    bt_str_uint(both ? gid : uid, UINT32_MAX - 1, &g)) {
		*w = (struct who){ (uid_t)u, (gid_t)g };
	} else {
		const struct passwd *p = getpwnam(text);

		if (!p)
			return bt_fail(e, BT_INVALID, "gate.user: there is no user %s", text);
		*w = (struct who){ p->pw_uid, p->pw_gid };
	}
	return w->uid && w->gid ? 0 : bt_fail(e, BT_INVALID, "gate.user: want another than root");
}

/* For good: nothing is left that could come back. */
static int become(const char *user, struct bt_err *e)
{
	int with_parent = 0; /* a new identity takes it away */
	struct who w;

	if (!user)
		return 0;
	if (look_up(user, &w, e) < 0)
		return -1;
	if (geteuid() == w.uid && getegid() == w.gid)
		return 0;
	if (geteuid() != 0)
		return bt_fail(e, BT_DENIED, "gate.user: only root can become %s", user);
	(void)prctl(PR_GET_PDEATHSIG, &with_parent);
	if (setgroups(0, NULL) < 0 || setresgid(w.gid, w.gid, w.gid) < 0 ||
	    setresuid(w.uid, w.uid, w.uid) < 0)
		return bt_fail_sys(e, "gate.user: become %s", user);
	if (with_parent && prctl(PR_SET_PDEATHSIG, with_parent) < 0)
		return bt_fail_sys(e, "gate.user: end with the parent");
	if (setuid(0) == 0)
		return bt_fail(e, BT_SYS, "gate.user: the way back to root is open");
	return 0;
}

int bt_harden_bound(const struct bt_gate_config *c, struct bt_err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (become(c->user, e) < 0)
		return -1;
	if (syscall(SYS_capset, &head, none) < 0)
		return bt_fail_sys(e, "drop capabilities");
	/* Another user may have made it readable again. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return bt_fail_sys(e, "core dumps");
	return 0;
}
