#include "handed.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bottle/str.h"

#define SOCKETS_MAX 16

static struct {
	bool asked, used;
	int messenger; /* closed when the gate is ready: its parent waits for that */
	int fd[SOCKETS_MAX];
	size_t n;
} handed;

static int receive(int sock, struct bt_err *e)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof handed.fd)];
	} control;
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = control.room,
		              .msg_controllen = sizeof control.room };
	ssize_t n;

	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return bt_fail_sys(e, "receive sockets");
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return bt_fail(e, BT_IO, "no sockets came");
	handed.n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(handed.fd, CMSG_DATA(c), handed.n * sizeof(int));
	return 0;
}

static int open_once(struct bt_err *e)
{
	const char *text = getenv("BOTTLE_GATE_SOCKETS");
	uint64_t sock;

	if (handed.asked)
		return 0;
	handed.asked = true;
	if (!text)
		return 0;
	handed.used = true;
	if (!bt_str_uint(bt_str(text), 1 << 20, &sock))
		return bt_fail(e, BT_INVALID, "BOTTLE_GATE_SOCKETS: want a descriptor");
	handed.messenger = (int)sock;
	return receive((int)sock, e);
}

static bool is(int fd, int type, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_storage own = { 0 };
	socklen_t n = sizeof own, m = sizeof(int);
	int kind = 0;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &m) == 0 && kind == type &&
	       getsockname(fd, (struct sockaddr *)&own, &n) == 0 && n == len &&
	       memcmp(&own, sa, len) == 0;
}

void bt_handed_ready(void)
{
	if (handed.messenger > 0)
		(void)close(handed.messenger);
	handed.messenger = 0;
}

int bt_handed_take(int *fd, int type, const struct sockaddr *sa, socklen_t len, struct bt_err *e)
{
	if (open_once(e) < 0)
		return bt_wrap(e, "handed over");
	if (!handed.used)
		return 0;
	for (size_t i = 0; i < handed.n; i++)
		if (handed.fd[i] >= 0 && is(handed.fd[i], type, sa, len)) {
			*fd = handed.fd[i];
			handed.fd[i] = -1;
			return 1;
		}
	return bt_fail(e, BT_INVALID, "handed over: none of the sockets is bound there");
}
