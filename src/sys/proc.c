#include "bottle/proc.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bottle/mem.h"
#include "bottle/sig.h"
#include "fs_error.h"
#include "proc_private.h"

extern char **environ;

/* The child's ends of its streams, all above 2 so that no dup2 overwrites another's source. */
struct ends {
	int child[3];
	int ours[3];
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void ends_close(struct ends *n)
{
	for (int i = 0; i < 3; i++) {
		close_fd(&n->child[i]);
		close_fd(&n->ours[i]);
	}
}

static int lift(int fd, struct bt_err *e)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return high < 0 ? bt_fail_sys(e, "dup") : high;
}

static int make_pipe(struct ends *n, int i, struct bt_err *e)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return bt_fail_sys(e, "pipe");
	BT_OWN_FD int child = p[i == 0 ? 0 : 1];

	n->ours[i] = p[i == 0 ? 1 : 0];
	n->child[i] = lift(child, e);
	if (n->child[i] < 0)
		return -1;
	return fcntl(n->ours[i], F_SETFL, O_NONBLOCK) < 0 ? bt_fail_sys(e, "pipe") : 0;
}

static int make_end(struct ends *n, int i, struct bt_proc_stream s, struct bt_err *e)
{
	switch (s.io) {
	case BT_PROC_INHERIT:
		return (n->child[i] = lift(i, e)) < 0 ? -1 : 0;
	case BT_PROC_FD:
		return (n->child[i] = lift(s.fd, e)) < 0 ? -1 : 0;
	case BT_PROC_STDOUT:
		return (n->child[i] = lift(n->child[1], e)) < 0 ? -1 : 0;
	case BT_PROC_PIPE:
		return make_pipe(n, i, e);
	default:
		break;
	}
	BT_OWN_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return bt_fail_sys(e, "open /dev/null");
	return (n->child[i] = lift(null, e)) < 0 ? -1 : 0;
}

static int set_actions(posix_spawn_file_actions_t *fa, posix_spawnattr_t *at,
                       const struct bt_proc_spec *spec, const struct ends *n)
{
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	sigset_t set;
	int rc = 0;

	for (int i = 0; i < 3 && rc == 0; i++)
		rc = posix_spawn_file_actions_adddup2(fa, n->child[i], i);
	/* Also what others opened without O_CLOEXEC: Lua's io.open does. */
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(fa, 3);
	if (rc == 0 && spec->cwd)
		rc = posix_spawn_file_actions_addchdir_np(fa, spec->cwd);
	(void)sigfillset(&set); /* ours ignores SIGPIPE, which an exec would keep */
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(at, &set);
	(void)sigemptyset(&set);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(at, &set);
	if (spec->group)
		flags |= POSIX_SPAWN_SETPGROUP;
	return rc ? rc : posix_spawnattr_setflags(at, flags);
}

static int start(struct bt_proc *p, const struct bt_proc_spec *spec, const struct ends *n,
                 struct bt_err *e)
{
	/* Not posix_spawnp: an empty part of PATH would run what lies in the project folder. */
	BT_OWN_MEM char *path = NULL;
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	char *const *argv = (char *const *)(uintptr_t)spec->argv;
	char *const *env = spec->env ? (char *const *)(uintptr_t)spec->env : environ;

	if (strchr(argv[0], '/'))
		path = bt_strdup(argv[0]);
	else if (bt_proc_which(argv[0], &path, e) < 0)
		return bt_wrap(e, "run %s", argv[0]);
	(void)posix_spawn_file_actions_init(&fa);
	(void)posix_spawnattr_init(&at);
	int rc = set_actions(&fa, &at, spec, n);

	if (rc == 0)
		rc = posix_spawn(&p->pid, path, &fa, &at, argv, env);
	(void)posix_spawn_file_actions_destroy(&fa);
	(void)posix_spawnattr_destroy(&at);
	if (rc) {
		p->pid = -1;
		errno = rc;
		return spec->cwd ? fs_fail(e, "run %s in %s", argv[0], spec->cwd)
		                 : fs_fail(e, "run %s", argv[0]);
	}
	/* It is not reaped yet, so the number is still its own. */
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	return p->pidfd < 0 ? bt_fail_sys(e, "pidfd_open") : 0;
}

int bt_proc_spawn(struct bt_proc **out, const struct bt_proc_spec *spec, struct bt_err *e)
{
	const struct bt_proc_stream streams[3] = { spec->in, spec->out, spec->err };
	struct ends n = { { -1, -1, -1 }, { -1, -1, -1 } };
	BT_OWN(bt_proc) p = bt_calloc(1, sizeof *p);
	int rc = 0;

	p->pid = -1;
	p->pidfd = p->in = p->out = p->err = -1;
	p->group = spec->group;
	if (!spec->argv || !spec->argv[0])
		return bt_fail(e, BT_INVALID, "run: no program given");
	for (int i = 0; i < 3 && rc == 0; i++)
		rc = make_end(&n, i, streams[i], e);
	if (rc == 0)
		rc = start(p, spec, &n, e);
	if (rc == 0) {
		p->in = n.ours[0];
		p->out = n.ours[1];
		p->err = n.ours[2];
		n.ours[0] = n.ours[1] = n.ours[2] = -1;
		*out = BT_STEAL(p);
	}
	ends_close(&n);
	return rc;
}

pid_t bt_proc_pid(const struct bt_proc *p)
{
	return p->pid;
}

int bt_proc_fd(const struct bt_proc *p)
{
	return p->pidfd;
}

static int reap(struct bt_proc *p, struct bt_err *e)
{
	siginfo_t info = { 0 };

	while (waitid(P_PID, (id_t)p->pid, &info, WEXITED) < 0)
		if (errno != EINTR)
			return bt_fail_sys(e, "wait for process %d", (int)p->pid);
	p->ended = true;
	p->status.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	p->status.code = p->status.signal ? 128 + p->status.signal : info.si_status;
	return 0;
}

int bt_proc_wait(struct bt_proc *p, int timeout_ms, struct bt_proc_status *st, struct bt_err *e)
{
	struct pollfd fd = { .fd = p->pidfd, .events = POLLIN };

	if (!p->ended) {
		int ready = bt_sig_poll(&fd, 1, timeout_ms, e);

		if (ready < 0)
			return -1;
		if (ready == 0)
			return bt_fail(e, BT_TIMEOUT, "process %d still runs after %d ms",
			               (int)p->pid, timeout_ms);
		if (reap(p, e) < 0)
			return -1;
	}
	*st = p->status;
	return 0;
}

int bt_proc_kill(struct bt_proc *p, int sig, struct bt_err *e)
{
	if (p->ended || p->pid <= 0)
		return 0;
	if (kill(p->group ? -p->pid : p->pid, sig) < 0 && errno != ESRCH)
		return bt_fail_sys(e, "kill process %d", (int)p->pid);
	return 0;
}

void bt_proc_close(struct bt_proc *p)
{
	struct bt_err ignored = { 0 };

	if (!p)
		return;
	if (p->pid > 0 && !p->ended && bt_proc_kill(p, SIGKILL, &ignored) == 0)
		(void)!reap(p, &ignored);
	close_fd(&p->pidfd);
	close_fd(&p->in);
	close_fd(&p->out);
	close_fd(&p->err);
	free(p);
}
