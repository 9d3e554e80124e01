#include "bottle/gatechild.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "bottle/mem.h"
#include "bottle/sig.h"
#include "fresh.h"
#include "gateseed.h"

#define SOCKETS_FD 3
#define HIGH_FD 100  /* descriptors to be handed on are first moved out of the way */
#define END_MS 1500  /* for its last events */
#define SETTLE_MS 10 /* between two looks at the log of what does not say when it is ready */
#define HANDED_MAX 16

struct bt_gatechild {
	pid_t pid;
	int pidfd;
	int sockets; /* our end; what is a gate closes its own when it is ready */
	int complain;
	int log; /* borrowed */
	bool told;
};

struct start {
	int files[BT_GATECHILD_FILES];
	size_t nfiles;
	int sockets, log, complain;
	pid_t parent;
	char *const *argv, *const *env;
};

/* Between fork and exec: async-signal-safe calls only. */
static _Noreturn void child(const struct start *s)
{
	bt_fresh_until(s->parent);
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(s->log, 1) < 0 || dup2(s->complain, 2) < 0 ||
	    dup2(s->sockets, SOCKETS_FD) < 0)
		_exit(126);
	for (size_t i = 0; i < s->nfiles; i++)
		if (dup2(s->files[i], BT_GATECHILD_FILE + (int)i) < 0)
			_exit(126);
	(void)syscall(SYS_close_range, BT_GATECHILD_FILE + (unsigned)s->nfiles, ~0u, 0);
	execve(s->argv[0], s->argv, s->env);
	_exit(127);
}

static int raise_fd(int *fd, struct bt_err *e)
{
	int high = fcntl(*fd, F_DUPFD_CLOEXEC, HIGH_FD);

	if (high < 0)
		return bt_fail_sys(e, "duplicate a descriptor");
	(void)close(*fd);
	*fd = high;
	return 0;
}

static int open_files(struct start *s, const char *const *files, size_t n, struct bt_err *e)
{
	if (n > BT_GATECHILD_FILES)
		return bt_fail(e, BT_LIMIT, "%zu files for the gate", n);
	for (; s->nfiles < n; s->nfiles++) {
		int fd = open(files[s->nfiles], O_RDONLY | O_CLOEXEC | O_NOCTTY);

		if (fd < 0)
			return bt_fail_sys(e, "open %s", files[s->nfiles]);
		s->files[s->nfiles] = fd;
		if (raise_fd(&s->files[s->nfiles], e) < 0) {
			(void)close(fd);
			return -1;
		}
	}
	return 0;
}

static int open_channels(struct bt_gatechild *g, struct start *s, struct bt_err *e)
{
	int pair[2], err[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return bt_fail_sys(e, "socketpair");
	g->sockets = pair[0];
	s->sockets = pair[1];
	if (pipe2(err, O_CLOEXEC | O_NONBLOCK) < 0)
		return bt_fail_sys(e, "pipe");
	g->complain = err[0];
	s->complain = err[1];
	return raise_fd(&s->sockets, e) < 0 || raise_fd(&s->complain, e) < 0 ? -1 : 0;
}

static pid_t fork_anew(const struct start *s)
{
	sigset_t all, old;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	pid_t pid = fork();

	if (pid == 0)
		child(s);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

static pid_t use_prepared(const struct start *s)
{
	int fds[3 + BT_GATECHILD_FILES] = { s->sockets, s->log, s->complain };

	memcpy(fds + 3, s->files, s->nfiles * sizeof *fds);
	return bt_gateseed_use((const char *const *)s->argv, fds, 3 + s->nfiles);
}

static int start(struct bt_gatechild *g, struct start *s, struct bt_err *e)
{
	BT_OWN_FD int log = fcntl(g->log, F_DUPFD_CLOEXEC, HIGH_FD);

	if (log < 0)
		return bt_fail_sys(e, "duplicate a descriptor");
	s->log = log;
	s->parent = getpid();
	pid_t pid = use_prepared(s);

	if (pid == 0)
		pid = fork_anew(s);
	if (pid < 0)
		return bt_fail_sys(e, "fork");
	g->pid = pid;
	g->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return g->pidfd < 0 ? bt_fail_sys(e, "pidfd_open") : 0;
}

int bt_gatechild_open(struct bt_gatechild **out, const char *const *argv, const char *const *files,
                      size_t nfiles, int log, struct bt_err *e)
{
	char env[] = "BOTTLE_GATE_SOCKETS=3", path[] = "PATH=/usr/bin:/bin";
	char *const envp[] = { env, path, NULL };
	BT_OWN(bt_gatechild) g = bt_calloc(1, sizeof *g);
	struct start s = { .sockets = -1, .complain = -1, .env = envp };
	int rc = -1;

	s.argv = (char *const *)(uintptr_t)argv;
	g->pidfd = g->sockets = g->complain = -1;
	g->log = log;
	if (open_channels(g, &s, e) == 0 && open_files(&s, files, nfiles, e) == 0)
		rc = start(g, &s, e);
	bt_fd_p(&s.sockets);
	bt_fd_p(&s.complain);
	for (size_t i = 0; i < s.nfiles; i++)
		(void)close(s.files[i]);
	if (rc < 0)
		return -1;
	*out = BT_STEAL(g);
	return 0;
}

int bt_gatechild_hand(struct bt_gatechild *g, const int *fds, size_t n, struct bt_err *e)
{
	char byte = 's';
	struct iovec iov = { &byte, 1 };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(HANDED_MAX * sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = control.room,
		              .msg_controllen = CMSG_SPACE(n * sizeof *fds) };

	if (n > HANDED_MAX || g->sockets < 0)
		return bt_fail(e, BT_INVALID, "sockets for the gate");
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof *fds);
	memcpy(CMSG_DATA(c), fds, n * sizeof *fds);
	/* Where it is gone already, bt_gatechild_ready tells why. */
	if (sendmsg(g->sockets, &msg, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
		return bt_fail_sys(e, "hand sockets to the gate");
	return 0;
}

static bool said_ready(int log)
{
	char text[4096];
	ssize_t n = pread(log, text, sizeof text - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	char *at = strstr(text, "\"event\":\"ready\"");

	return at && strchr(at, '\n');
}

/* Its last line says why, without the name that our own report begins with. */
static int complaint(struct bt_gatechild *g, struct bt_err *e)
{
	char said[400];
	ssize_t n = read(g->complain, said, sizeof said - 1);

	if (n <= 0)
		return bt_fail(e, BT_IO, "gate: ended without a word");
	said[n] = '\0';
	said[strcspn(said, "\n")] = '\0';
	return bt_fail(e, BT_IO, "gate: %s", strncmp(said, "bottle: ", 8) == 0 ? said + 8 : said);
}

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int bt_gatechild_ready(struct bt_gatechild *g, int timeout_ms, struct bt_err *e)
{
	int64_t end = now_ms() + timeout_ms;

	while (!said_ready(g->log)) {
		struct pollfd p[2] = { { g->pidfd, POLLIN, 0 }, { g->sockets, POLLIN, 0 } };

		if (bt_sig_poll(p, 2, SETTLE_MS, e) < 0)
			return -1;
		if (p[0].revents)
			return complaint(g, e);
		if (p[1].revents) { /* once: from here on it would be told at once for ever */
			(void)close(g->sockets);
			g->sockets = -1;
		}
		if (now_ms() > end)
			return bt_fail(e, BT_TIMEOUT, "gate: not ready in %d ms", timeout_ms);
	}
	return 0;
}

int bt_gatechild_fd(const struct bt_gatechild *g)
{
	return g->pidfd;
}

pid_t bt_gatechild_pid(const struct bt_gatechild *g)
{
	return g->pid;
}

/* Once: told twice, a gate does not let end what is under way. */
void bt_gatechild_stop(struct bt_gatechild *g)
{
	if (g->pid > 0 && !g->told)
		(void)kill(g->pid, SIGTERM);
	g->told = true;
}

void bt_gatechild_close(struct bt_gatechild *g)
{
	if (!g)
		return;
	bt_gatechild_stop(g);
	if (g->pid > 0) {
		struct pollfd p = { g->pidfd, POLLIN, 0 };

		if (g->pidfd < 0 || poll(&p, 1, END_MS) <= 0)
			(void)kill(g->pid, SIGKILL);
		while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	bt_fd_p(&g->pidfd);
	bt_fd_p(&g->sockets);
	bt_fd_p(&g->complain);
	free(g);
}

int bt_gatelog_open(int *out, struct bt_err *e)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		fd = memfd_create("events", MFD_CLOEXEC);
	if (fd < 0 || fcntl(fd, F_SETFL, O_APPEND) < 0) {
		bt_fd_p(&fd);
		return bt_fail_sys(e, "open the event log");
	}
	*out = fd;
	return 0;
}
