/* cell_spawn.c - bwrap as a child, with exactly the descriptors it is to have. */
#include "cell_impl.h"
#include "fresh.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/close_range.h>

#include "bottle/cellseccomp.h"
#include "bottle/mem.h"

#define WIRE_FD 3 /* BT_INIT_WIRE */
#define STACK (64 * 1024)
#define FIRST_FD 10 /* what is handed on lies above what the child moves about */

struct handed {
	int *fd; /* owned copies, all >= FIRST_FD and close-on-exec here */
	size_t n;
};

static void handed_close(struct handed *h)
{
	for (size_t i = 0; i < h->n; i++)
		(void)close(h->fd[i]);
	free(h->fd);
}

static int hand(struct handed *h, int fd, int *moved, struct bt_err *e)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);

	if (copy < 0)
		return bt_fail_sys(e, "duplicate a descriptor");
	h->fd[h->n++] = copy;
	*moved = copy;
	return 0;
}

struct birth {
	const struct handed *h;
	const int *ends; /* the wire's far end, and where it complains */
	char *const *argv, *const *env;
};

/* bwrap stays as long as the bottle does, and anybody of this user reads what it was started with:
 * of the operator's environment, which holds credentials, it gets what systemd-run finds the
 * operator's systemd by. */
static const char *const passed[] = { "PATH", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
	                              "DBUS_SYSTEM_BUS_ADDRESS" };
#define PASSED (sizeof passed / sizeof *passed)

/* Points into our own environment, whose strings are NAME=VALUE. */
static void environment(char *env[PASSED + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < PASSED; i++) {
		char *value = getenv(passed[i]);

		if (value)
			env[n++] = value - strlen(passed[i]) - 1;
	}
	env[n] = NULL;
}

/* Between clone and exec: async-signal-safe calls only, and nothing of ours is written to. */
static int child(void *arg)
{
	const struct birth *b = arg;
	const struct handed *h = b->h;
	const int *ends = b->ends;
	char *const *argv = b->argv;

	bt_fresh(); /* Ctrl-C is for the agent, by way of its own terminal */
	/* Root's groups are not the agent's, and nobody else may drop them. The call itself: libc's
	 * would tell the threads of the memory that we share. */
	(void)syscall(SYS_setgroups, 0, NULL);
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(ends[1], 2) < 0)
		_exit(126);
	(void)syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC);
	for (size_t i = 0; i < h->n; i++)
		(void)fcntl(h->fd[i], F_SETFD, 0);
	if (dup2(ends[0], WIRE_FD) < 0)
		_exit(126);
	execve(argv[0], argv, b->env);
	static const char said[] = "cannot be run\n";

	(void)!write(2, said, sizeof said - 1);
	_exit(127);
}

static int words(const struct bt_cell_spec *spec, const struct bt_bwrap_spec *b,
                 struct bt_argv *out, struct bt_err *e)
{
	struct bt_argv a = { 0 };
	size_t n = 0;

	if (bt_bwrap_argv(b, &a, e) < 0)
		return -1;
	while (spec->before && spec->before[n])
		n++;
	out->v = bt_calloc(n + a.n + 1, sizeof *out->v);
	for (size_t i = 0; i < n; i++)
		out->v[i] = bt_strdup(spec->before[i]);
	memcpy(out->v + n, a.v, a.n * sizeof *a.v);
	out->n = n + a.n;
	free(a.v);
	return 0;
}

static int hand_all(const struct bt_cell_spec *spec, struct handed *h, struct bt_view *view,
                    int *filter, struct bt_err *e)
{
	h->fd = bt_calloc(spec->nview + 1, sizeof *h->fd);
	for (size_t i = 0; i < spec->nview; i++) {
		view[i] = spec->view[i];
		if ((view[i].kind == BT_VIEW_DATA || view[i].kind == BT_VIEW_FILE) &&
		    hand(h, view[i].fd, &view[i].fd, e) < 0)
			return -1;
	}
	BT_OWN_FD int seccomp = -1;

	return bt_cell_seccomp(&seccomp, e) < 0 || hand(h, seccomp, filter, e) < 0 ? -1 : 0;
}

/* We wait until it is another program, and meanwhile it works on our memory: that of a process that
 * has loaded a policy takes longer to be copied than bwrap takes to be called. */
static pid_t bear(struct birth *b)
{
	_Alignas(16) char stack[STACK];

	return clone(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, b);
}

static int fork_it(struct bt_cell *c, const struct handed *h, const int ends[2],
                   const struct bt_argv *argv, struct bt_err *e)
{
	char *env[PASSED + 1];
	sigset_t all, old;

	environment(env);
	/* No handler of ours may run in the child before it has put the defaults back. */
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	pid_t pid = bear(&(struct birth){ h, ends, argv->v, env });

	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0)
		return bt_fail_sys(e, "fork");
	c->pid = pid;
	c->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (c->pidfd < 0)
		return bt_fail_sys(e, "pidfd_open");
	(void)fcntl(c->pidfd, F_SETFD, FD_CLOEXEC);
	return 0;
}

static int connect_both(struct bt_cell *c, int *far, int *complain, struct bt_err *e)
{
	int pair[2], err[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return bt_fail_sys(e, "socketpair");
	c->wire = pair[0];
	*far = fcntl(pair[1], F_DUPFD_CLOEXEC, FIRST_FD); /* not where the child puts it */
	(void)close(pair[1]);
	if (*far < 0)
		return bt_fail_sys(e, "duplicate a descriptor");
	if (pipe2(err, O_CLOEXEC | O_NONBLOCK) < 0)
		return bt_fail_sys(e, "pipe");
	c->complain = err[0];
	*complain = err[1];
	return 0;
}

int bt_cell_fork(struct bt_cell *c, const struct bt_cell_spec *spec, struct bt_err *e)
{
	BT_OWN_MEM struct bt_view *view = bt_calloc(spec->nview, sizeof *view);
	const char *init[] = { spec->init, NULL };
	struct bt_bwrap_spec b = { .bwrap = spec->bwrap,
		                   .view = view,
		                   .nview = spec->nview,
		                   .hostname = spec->hostname,
		                   .init = init };
	BT_OWN_FD int far = -1;
	BT_OWN_FD int complain = -1;
	struct handed h = { 0 };
	struct bt_argv argv = { 0 };
	int rc = -1;

	if (connect_both(c, &far, &complain, e) == 0 &&
	    hand_all(spec, &h, view, &b.seccomp, e) == 0 && words(spec, &b, &argv, e) == 0)
		rc = fork_it(c, &h, (int[]){ far, complain }, &argv, e);
	handed_close(&h);
	bt_argv_free(&argv);
	return rc;
}
