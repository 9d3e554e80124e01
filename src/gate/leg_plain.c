/* leg_plain.c - reading and writing a socket that carries no TLS. */
#include "leg.h"

#include <sys/socket.h>

enum bt_tls_io bt_leg_plain_read(struct bt_leg *l, void *p, size_t cap, size_t *n)
{
	ssize_t r = recv(l->fd, p, cap, 0);

	if (r > 0) {
		*n = (size_t)r;
		return BT_TLS_OK;
	}
	if (r == 0)
		return BT_TLS_EOF;
	if (errno == EAGAIN || errno == EINTR)
		return BT_TLS_WANT_READ;
	(void)bt_fail_sys(&l->err, "read");
	return BT_TLS_FAIL;
}

enum bt_tls_io bt_leg_plain_write(struct bt_leg *l, const void *p, size_t n, size_t *done)
{
	ssize_t r = send(l->fd, p, n, MSG_NOSIGNAL);

	if (r >= 0) {
		*done = (size_t)r;
		return BT_TLS_OK;
	}
	if (errno == EAGAIN || errno == EINTR)
		return BT_TLS_WANT_WRITE;
	(void)bt_fail_sys(&l->err, "write");
	return BT_TLS_FAIL;
}
