/* lifeline.c - a descriptor that ends with whoever started the gate: then nothing goes out. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gate_int.h"

/* No grace: whoever would be served is nobody's any more. */
static void on_lifeline(evutil_socket_t fd, short what, void *arg)
{
	struct bt_gate *g = arg;
	char said[64];
	ssize_t n = read(fd, said, sizeof said);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		if (memchr(said, '\n', (size_t)n))
			(void)event_del(&g->lifeline);
		return;
	}
	(void)event_base_loopbreak(g->base);
}

int bt_gate_lifeline(struct bt_gate *g, int fd, struct bt_err *e)
{
	(void)event_assign(&g->lifeline, g->base, fd, EV_READ | EV_PERSIST, on_lifeline, g);
	if (event_add(&g->lifeline, NULL) < 0)
		return bt_fail(e, BT_INVALID,
		               "lifeline: standard input cannot be waited for: "
		               "want a pipe, a socket or a terminal");
	return 0;
}
