/* leg_pipe.c - a leg whose other end is in this process. */
#include "leg.h"

#include <string.h>

static void tell(struct bt_leg *l, enum bt_leg_event ev)
{
	if (l->fd >= 0 && l->fn)
		l->fn(l->owner, l, ev);
}

void bt_leg_pipe_in(struct bt_leg *l)
{
	if (!l->paused && !l->failed && (l->in.len || l->eof))
		tell(l, BT_LEG_READ);
}

/* No longer paused: what came meanwhile is told now, from the loop. */
static void on_resumed(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	bt_leg_pipe_in(arg);
}

static void on_never(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

void bt_leg_open_pipe(struct bt_leg *l, struct event_base *base, int fd, void (*changed)(void *),
                      void *end)
{
	memset(l, 0, sizeof *l);
	l->fd = fd;
	l->in = BT_BUF(BT_LEG_IN);
	l->out = BT_BUF(BT_LEG_OUT);
	l->pipe = changed;
	l->pipe_end = end;
	(void)event_assign(&l->rd, base, -1, EV_PERSIST, on_resumed, l);
	(void)event_assign(&l->wr, base, -1, EV_PERSIST, on_never, l);
}

void bt_leg_pipe_took(struct bt_leg *l, size_t n)
{
	bt_buf_eat(&l->out, n);
	l->nwritten += n;
	if (n && l->out.len == 0)
		tell(l, BT_LEG_DRAIN);
}

void bt_leg_pipe_fail(struct bt_leg *l, const char *why)
{
	if (l->fd < 0 || l->failed)
		return;
	(void)bt_fail(&l->err, BT_PROTO, "%s", why);
	l->failed = true;
	tell(l, BT_LEG_FAIL);
}
