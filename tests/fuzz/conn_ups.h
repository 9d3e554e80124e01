/* The upstreams: what the gate dials comes out here, is heard, and in the end judged. */
#ifndef FUZZ_CONN_UPS_H
#define FUZZ_CONN_UPS_H
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn_judge.h"
#include "conn_tls.h"

#define UPS 8 /* connections to upstreams in one run */

static struct up {
	int fd; /* our end; -1: gone */
	int theirs;
	bool blind; /* a tunnel that stays closed: nobody here reads it */
	bool clear; /* to port 80 */
	bool shaken, h2;
	struct bt_buf got;
} ups[UPS];
static size_t nups;

/* The gate dials: what it gets is one end of a pair. */
int connect(int fd, __CONST_SOCKADDR_ARG sa, socklen_t len)
{
	struct sockaddr_in to;
	int two[2];

	must(len >= sizeof to);
	memcpy(&to, sa.__sockaddr__, sizeof to);
	if (nups == UPS) {
		errno = ECONNREFUSED;
		return -1;
	}
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, two) == 0);
	must(dup2(two[0], fd) == fd);
	(void)close(two[0]);
	ups[nups++] = (struct up){ .fd = two[1],
		                   .theirs = fd,
		                   .blind = to.sin_addr.s_addr == htonl(0x01010102),
		                   .clear = to.sin_port == htons(80),
		                   .got = BT_BUF(8u * BT_MIB) };
	return 0;
}

static void tls_on_up(int fd, bool h2)
{
	for (size_t i = nups; i-- > 0;)
		if (ups[i].theirs == fd) {
			ups[i].shaken = true;
			ups[i].h2 = h2;
			return;
		}
	abort();
}

static void hear(struct up *u)
{
	static char raw[65536];
	struct bt_err e = { 0 };
	ssize_t n;

	while (u->fd >= 0 && (n = recv(u->fd, raw, sizeof raw, 0)) > 0)
		must(bt_buf_add(&u->got, raw, (size_t)n, &e) == 0);
}

/* Everything one upstream connection was sent. */
static void judge(struct up *u)
{
	must(u->blind || u->clear || u->shaken || u->got.len == 0);
	if (u->h2)
		judge_http2(u->got.p, u->got.len);
	else if (!u->blind)
		judge_http1(u->got.p, u->got.len, "/");
}
#endif
