/* cell_settle.c - what is made in the sandbox from outside: the last of its view, its sockets.
 * A child joins the user namespace that owns it (allowed to whoever made that one), its mounts and
 * its network, does its work, and hands the sockets back. Ports below 1024 and mounts need no more
 * than that, and the sandbox keeps no capability, not even for a moment. */
#include "cell_impl.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bottle/mem.h"

#define BACKLOG 1024

static const struct {
	int type;
	uint16_t port;
} wanted[BT_PORT_COUNT] = {
	[BT_PORT_PROXY] = { SOCK_STREAM, 8888 }, [BT_PORT_TLS] = { SOCK_STREAM, 443 },
	[BT_PORT_HTTP] = { SOCK_STREAM, 80 },    [BT_PORT_DNS_TCP] = { SOCK_STREAM, 53 },
	[BT_PORT_DNS_UDP] = { SOCK_DGRAM, 53 },
};

static int one_socket(int type, uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		                  .sin_port = htons(port),
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 ||
	    (type == SOCK_STREAM && listen(fd, BACKLOG) < 0))
		return -1;
	return fd;
}

struct work {
	int netns, mntns;
	const struct bt_late *late;
	size_t nlate;
	int *outside; /* of bt_late_look */
};

static int join(const struct work *w, struct bt_err *e)
{
	BT_OWN_FD int owner = ioctl(w->netns, NS_GET_USERNS);

	/* Ours alone: who joins mounts shares its root with nobody. */
	if (owner < 0 || setns(owner, CLONE_NEWUSER) < 0 || setns(w->netns, CLONE_NEWNET) < 0 ||
	    (w->nlate && setns(w->mntns, CLONE_NEWNS) < 0))
		return bt_fail_sys(e, "join the sandbox");
	(void)umask(0);
	return 0;
}

static int listen_all(struct bt_cell_msg *m, struct bt_err *e)
{
	for (int i = 0; i < BT_PORT_COUNT; i++) {
		int fd = one_socket(wanted[i].type, wanted[i].port);

		if (fd < 0)
			return bt_fail_sys(e, "listen on 127.0.0.1:%d in the sandbox",
			                   wanted[i].port);
		if (i < BT_CELL_FDS)
			m->fds[m->nfds++] = fd;
		else
			m->b = fd; /* goes in a second message */
	}
	m->op = BT_CELL_DONE;
	return 0;
}

static _Noreturn void helper(const struct work *w, int sock)
{
	static struct bt_cell_msg m, rest;
	struct bt_err e = { 0 };

	if (bt_late_look(w->late, w->nlate, w->outside, &e) < 0 || join(w, &e) < 0 ||
	    bt_late_apply(w->late, w->nlate, w->outside, &e) < 0 || listen_all(&m, &e) < 0) {
		m = (struct bt_cell_msg){ .op = BT_CELL_FAILED, .a = (int32_t)e.code };
		(void)snprintf(m.text, sizeof m.text, "%s", e.msg);
		_exit(bt_cell_send(sock, &m, &e) < 0);
	}
	rest.op = BT_CELL_DONE;
	rest.nfds = 1;
	rest.fds[0] = m.b;
	_exit(bt_cell_send(sock, &m, &e) < 0 || bt_cell_send(sock, &rest, &e) < 0);
}

static int take(int sock, int fds[BT_PORT_COUNT], struct bt_err *e)
{
	static struct bt_cell_msg m; /* one caller: the control side has no threads */
	int got = 0;

	while (got < BT_PORT_COUNT) {
		int rc = bt_cell_recv(sock, &m, e);

		if (rc == 0 && m.op != BT_CELL_DONE)
			rc = bt_fail(e, (enum bt_code)m.a, "%.300s", m.text);
		for (uint32_t i = 0; rc == 0 && i < m.nfds && got < BT_PORT_COUNT; i++)
			fds[got++] = m.fds[i];
		if (rc < 0 || m.nfds == 0) {
			while (got > 0)
				(void)close(fds[--got]);
			return rc < 0 ? -1 : bt_fail(e, BT_PROTO, "no sockets came");
		}
	}
	return 0;
}

int bt_cell_settle(struct bt_cell *c, const struct bt_late *late, size_t nlate,
                   int fds[BT_PORT_COUNT], struct bt_err *e)
{
	BT_OWN_MEM int *outside = bt_calloc(nlate + 1, sizeof *outside);
	struct work w = { c->netns, c->mntns, late, nlate, outside };
	int pair[2];

	if (c->netns < 0)
		return bt_fail(e, BT_INVALID, "the sandbox is not ready");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return bt_fail_sys(e, "socketpair");
	BT_OWN_FD int ours = pair[0];
	pid_t pid = fork();

	if (pid == 0)
		helper(&w, pair[1]);
	(void)close(pair[1]);
	if (pid < 0)
		return bt_fail_sys(e, "fork");
	int rc = take(ours, fds, e);

	/* Its mounts go with its last process, not with the last of us that could have joined them.
	 */
	if (rc == 0) {
		(void)close(c->netns);
		(void)close(c->mntns);
		c->netns = c->mntns = -1;
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return rc;
}
