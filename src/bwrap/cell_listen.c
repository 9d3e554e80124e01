/* cell_listen.c - sockets in the sandbox's network namespace, made from outside.
 * A child joins the user namespace that owns it (allowed to whoever made that one) and the network
 * namespace itself, opens the sockets, and hands them back. Ports below 1024 need no more than
 * that, and the sandbox keeps no capability, not even for a moment. */
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
#include <sys/wait.h>

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

/* In the child: exit status says which step failed, errno is lost with it but for the message. */
static int join_and_listen(int netns, struct bt_cell_msg *m)
{
	int owner = ioctl(netns, NS_GET_USERNS);

	m->op = BT_CELL_FAILED;
	(void)snprintf(m->text, sizeof m->text, "join the sandbox's network");
	if (owner < 0 || setns(owner, CLONE_NEWUSER) < 0 || setns(netns, CLONE_NEWNET) < 0)
		return -1;
	for (int i = 0; i < BT_PORT_COUNT; i++) {
		(void)snprintf(m->text, sizeof m->text, "listen on 127.0.0.1:%d in the sandbox",
		               wanted[i].port);
		int fd = one_socket(wanted[i].type, wanted[i].port);

		if (fd < 0)
			return -1;
		if (i < BT_CELL_FDS)
			m->fds[m->nfds++] = fd;
		else
			m->b = fd; /* goes in a second message */
	}
	m->op = BT_CELL_DONE;
	m->text[0] = '\0';
	return 0;
}

static _Noreturn void helper(int netns, int sock)
{
	static struct bt_cell_msg m, rest;
	struct bt_err e = { 0 };

	if (join_and_listen(netns, &m) < 0) {
		m.a = errno;
		m.nfds = 0;
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

		if (rc == 0 && m.op != BT_CELL_DONE) {
			errno = m.a;
			rc = bt_fail_sys(e, "%.300s", m.text);
		}
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

int bt_cell_listen(struct bt_cell *c, int fds[BT_PORT_COUNT], struct bt_err *e)
{
	int pair[2];

	if (c->netns < 0)
		return bt_fail(e, BT_INVALID, "the sandbox is not ready");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return bt_fail_sys(e, "socketpair");
	BT_OWN_FD int ours = pair[0];
	pid_t pid = fork();

	if (pid == 0)
		helper(c->netns, pair[1]);
	(void)close(pair[1]);
	if (pid < 0)
		return bt_fail_sys(e, "fork");
	int rc = take(ours, fds, e);

	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return rc;
}
