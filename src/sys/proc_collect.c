#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "bottle/sig.h"
#include "proc_private.h"

#define CHUNK 65536u

struct collect {
	struct bt_proc *p;
	struct bt_str input; /* what is left of it */
	struct bt_buf *out;
	struct bt_buf *err;
	int64_t end; /* 0: never */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void feed(struct collect *c)
{
	ssize_t n = c->input.n ? write(c->p->in, c->input.p, c->input.n) : 0;

	if (n > 0) {
		c->input.p += n;
		c->input.n -= (size_t)n;
	}
	/* A child that reads no further is its own affair: its status tells. */
	if (c->input.n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(&c->p->in);
}

static int gather(int *fd, struct bt_buf *to, struct bt_err *e)
{
	size_t room = to->max - to->len < CHUNK ? to->max - to->len : CHUNK;
	uint8_t over = 0; /* one byte more is too much */
	uint8_t *at = room ? bt_buf_reserve(to, room, e) : &over;

	if (!at)
		return -1;
	ssize_t n = read(*fd, at, room ? room : 1);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		close_fd(fd);
		return 0;
	}
	if (!room)
		return bt_fail(e, BT_LIMIT, "output of more than %zu bytes", to->max);
	bt_buf_commit(to, (size_t)n);
	return 0;
}

/* Wait for whatever comes next; *ended when the child has, *idle when nothing more is ready. */
static int turn(struct collect *c, bool *ended, bool *idle, struct bt_err *e)
{
	struct bt_proc *p = c->p;
	struct pollfd fds[4] = {
		{ .fd = p->in, .events = POLLOUT },
		{ .fd = p->out, .events = POLLIN },
		{ .fd = p->err, .events = POLLIN },
		{ .fd = *ended ? -1 : p->pidfd, .events = POLLIN },
	};
	int64_t left = *ended ? 0 : c->end ? c->end - now_ms() : -1;

	if (c->end && left < 0)
		left = 0;
	int ready = bt_sig_poll(fds, 4, left > INT_MAX ? INT_MAX : (int)left, e);

	if (ready < 0)
		return -1;
	*idle = ready == 0;
	if (ready == 0 && !*ended)
		return bt_fail(e, BT_TIMEOUT, "process %d took too long", (int)p->pid);
	if (fds[0].revents)
		feed(c);
	if (fds[1].revents && gather(&p->out, c->out, e) < 0)
		return -1;
	if (fds[2].revents && gather(&p->err, c->err, e) < 0)
		return -1;
	*ended = *ended || fds[3].revents != 0;
	return 0;
}

static int collect(struct collect *c, struct bt_err *e)
{
	bool ended = false;
	bool idle = false;

	if (c->p->in >= 0)
		bt_sig_ignore_pipe(); /* a child may end before it has read all */
	if (c->input.n == 0)
		close_fd(&c->p->in);
	while (!ended || (!idle && (c->p->out >= 0 || c->p->err >= 0)))
		if (turn(c, &ended, &idle, e) < 0)
			return -1;
	return 0;
}

int bt_proc_collect(struct bt_proc *p, const struct bt_proc_talk *talk, struct bt_proc_status *st,
                    struct bt_err *e)
{
	struct collect c = { .p = p, .input = talk->input, .out = talk->out, .err = talk->err };

	if ((p->out >= 0 && !c.out) || (p->err >= 0 && !c.err))
		return bt_fail(e, BT_INVALID, "a pipe without a buffer");
	if (talk->timeout_ms >= 0)
		c.end = now_ms() + talk->timeout_ms;
	if (collect(&c, e) < 0 || bt_proc_wait(p, -1, st, e) < 0) {
		struct bt_err ignored = { 0 };

		(void)!bt_proc_kill(p, SIGKILL, &ignored);
		return -1;
	}
	return 0;
}
