/* gateseed.c - the gate's process, forked while there is nothing in memory that it should not have:
 * no policy, no secret, no VM. It loads nothing anew and has itself ready when its files come. */
#include "gateseed.h"
#include "fresh.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bottle/gatechild.h"
#include "bottle/own.h"

#define SOCK_FD 3
#define HANDED (3 + BT_GATECHILD_FILES) /* sockets, log, complaints, files */
#define TEXT 4096                       /* all words of its command line */
#define WORDS 32
#define HIGH_FD 100 /* out of the way of what comes by message */

static struct {
	pid_t pid; /* 0: none */
	pid_t parent;
	int sock;
	bool asked; /* it makes, or has made, the CA */
} seed;

/* In the child: certificate and key, each plus one. */
static int authority[2];

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(HANDED * sizeof(int))];
};

/* What the operator's environment and command line say is no business of the gate's; what ps shows
 * is what this process is. */
static void forget(char **argv)
{
	static const char name[] = "bottle gate";

	for (char **p = environ; *p; p++)
		explicit_bzero(*p, strlen(*p));
	(void)clearenv();
	for (char **p = argv; *p; p++) {
		size_t n = strlen(*p);

		memset(*p, 0, n);
		if (p == argv) /* one word of it is left, and that is ours */
			(void)snprintf(*p, n + 1, "%s", name);
	}
	(void)prctl(PR_SET_NAME, "bottle-gate");
	(void)setenv("PATH", "/usr/bin:/bin", 1);
	(void)setenv("BOTTLE_GATE_SOCKETS", "3", 1);
}

/* Between fork and exec, too: async-signal-safe calls only. */
static void alone(pid_t parent, int sock)
{
	bt_fresh_until(parent);
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    dup2(sock, SOCK_FD) < 0)
		_exit(126);
	(void)syscall(SYS_close_range, SOCK_FD + 1, ~0u, 0);
}

static int keep_file(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);

	(void)close(fd);
	return high + 1;
}

/* What it may know of the CA goes back; an empty answer: there is none. */
static void make_ca(const struct bt_gateseed_ops *ops, const char *slug)
{
	struct bt_gateseed_ca said = { 0 };
	struct bt_err e = { 0 };
	int file[2];
	bool made = ops->ca(&said, file, slug, &e) == 0;

	for (int i = 0; made && i < 2; i++)
		authority[i] = keep_file(file[i]);
	made = authority[0] && authority[1];
	(void)!send(SOCK_FD, &said, made ? sizeof said : 1, MSG_NOSIGNAL);
}

/* Its files in their places, the CA's after them. */
static bool place(const int *fd, size_t n)
{
	int to = BT_GATECHILD_FILE;

	for (size_t i = 0; i < n; i++)
		if (dup2(fd[i], to++) < 0)
			return false;
	for (size_t i = 0; i < 2 && authority[i]; i++)
		if (dup2(authority[i] - 1, to++) < 0)
			return false;
	(void)syscall(SYS_close_range, (unsigned)to, ~0u, 0);
	return true;
}

/* One message; how many descriptors came with it, which are the lowest free numbers, in order. 0
 * bytes: nobody wants a gate. */
static ssize_t hear(char text[TEXT], int fd[HANDED], size_t *nfd)
{
	union control control;
	struct iovec iov = { text, TEXT };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = control.room,
		              .msg_controllen = sizeof control.room };
	ssize_t got;

	do
		got = recvmsg(SOCK_FD, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	*nfd = 0;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		*nfd = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fd, CMSG_DATA(c), *nfd * sizeof(int));
	}
	return got > 0 && text[got - 1] == '\0' ? got : 0;
}

/* What is not a command line with its standard output and error, its sockets' messenger and its
 * files is the bottle's name, for its CA. */
static ssize_t take_over(const struct bt_gateseed_ops *ops, char text[TEXT])
{
	int fd[HANDED];
	size_t n;
	ssize_t len;

	while ((len = hear(text, fd, &n)) > 0 && n == 0)
		make_ca(ops, text);
	/* Files move down by three. */
	if (len == 0 || n < 3 || dup2(fd[0], SOCK_FD) < 0 || dup2(fd[1], 1) < 0 ||
	    dup2(fd[2], 2) < 0 || !place(fd + 3, n - 3))
		return 0;
	return len;
}

static int become(const struct bt_gateseed_ops *ops)
{
	static char text[TEXT];
	char *argv[WORDS + 1] = { NULL };
	ssize_t len = take_over(ops, text);
	int argc = 0;

	if (len == 0)
		return 0;
	for (char *p = text; p < text + len && argc < WORDS; p += strlen(p) + 1)
		argv[argc++] = p;
	return ops->run(argc, argv);
}

/* The parent's part. */
static int planted(pid_t pid, const int pair[2], struct bt_err *e)
{
	(void)close(pair[1]);
	if (pid < 0) {
		(void)close(pair[0]);
		return bt_fail_sys(e, "fork");
	}
	seed.pid = pid;
	seed.parent = getpid();
	seed.sock = pair[0];
	seed.asked = false;
	return 0;
}

int bt_gateseed_plant(const struct bt_gateseed_ops *ops, char **argv, struct bt_err *e)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return bt_fail_sys(e, "socketpair");
	pid_t pid = fork();

	if (pid == 0) {
		alone(parent, pair[1]);
		forget(argv);
		ops->warm();
		_exit(become(ops));
	}
	return planted(pid, pair, e);
}

int bt_gateseed_plant_anew(const char *exe, struct bt_err *e)
{
	char path[] = "PATH=/usr/bin:/bin", sockets[] = "BOTTLE_GATE_SOCKETS=3",
	     prepared[] = BT_GATESEED_ENV "=3", word[] = "gate";
	char *const argv[] = { (char *)(uintptr_t)exe, word, NULL };
	char *const env[] = { path, sockets, prepared, NULL };
	pid_t parent = getpid();
	sigset_t all, old;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return bt_fail_sys(e, "socketpair");
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old); /* our handlers are not for the child */
	pid_t pid = fork();

	if (pid == 0) {
		alone(parent, pair[1]);
		execve(exe, argv, env);
		_exit(127);
	}
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return planted(pid, pair, e);
}

int bt_gateseed_serve(const struct bt_gateseed_ops *ops)
{
	(void)unsetenv(BT_GATESEED_ENV);
	(void)prctl(PR_SET_NAME, "bottle-gate");
	ops->warm();
	return become(ops);
}

bool bt_gateseed_here(void)
{
	return seed.pid != 0 && seed.parent == getpid();
}

bool bt_gateseed_ask(const char *slug)
{
	if (!bt_gateseed_here() || strlen(slug) >= TEXT)
		return false;
	seed.asked = send(seed.sock, slug, strlen(slug) + 1, MSG_NOSIGNAL) > 0;
	return seed.asked;
}

int bt_gateseed_answer(struct bt_gateseed_ca *out, struct bt_err *e)
{
	ssize_t n;

	if (!seed.asked)
		return bt_fail(e, BT_INVALID, "no CA was asked for");
	do
		n = recv(seed.sock, out, sizeof *out, 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof *out)
		return bt_fail(e, BT_IO, "gate: it made no CA");
	return 0;
}

void bt_gateseed_drop(void)
{
	if (!bt_gateseed_here())
		return;
	(void)kill(seed.pid, SIGKILL);
	while (waitpid(seed.pid, NULL, 0) < 0 && errno == EINTR)
		;
	seed.pid = 0;
	bt_fd_p(&seed.sock);
}

/* The words, each with its NUL; 0 when they do not fit. */
static size_t pack(const char *const *argv, char text[TEXT])
{
	size_t used = 0;

	for (int i = 0; argv[i]; i++) {
		size_t n = strlen(argv[i]) + 1;

		if (i == WORDS || n > TEXT - used)
			return 0;
		memcpy(text + used, argv[i], n);
		used += n;
	}
	return used;
}

pid_t bt_gateseed_use(const char *const *argv, const int *fds, size_t n)
{
	char text[TEXT];
	union control control = { 0 };
	struct iovec iov = { text, pack(argv, text) };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = control.room,
		              .msg_controllen = CMSG_SPACE(n * sizeof *fds) };
	pid_t pid = seed.pid, none = seed.asked ? -1 : 0;

	errno = EPIPE;
	if (pid == 0 || n > HANDED || iov.iov_len == 0)
		return none;
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof *fds);
	memcpy(CMSG_DATA(c), fds, n * sizeof *fds);
	ssize_t sent = sendmsg(seed.sock, &msg, MSG_NOSIGNAL);

	seed.pid = 0;
	bt_fd_p(&seed.sock);
	return sent > 0 ? pid : none;
}
