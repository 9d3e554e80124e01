/* race.c - connection attempts, a quarter of a second apart. */
#include "race.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event_struct.h>

#include "bottle/mem.h"

#define APART_MS 250 /* RFC 8305 §8: Connection Attempt Delay */

struct
try {
	struct bt_race *race;
	struct event ev;
	int fd; /* -1: over, or not begun */
};

struct bt_race {
	struct event_base *base;
	struct bt_race_addr addrs[BT_RACE_MAX];
	struct try tries[BT_RACE_MAX];
	size_t n, at, running;
	struct timeval each;
	struct event next; /* it is time for another one */
	bt_race_fn done;
	void *arg;
};

static void end_try(struct try *t, bool keep)
{
	if (t->fd < 0)
		return;
	(void)event_del(&t->ev);
	if (!keep)
		(void)close(t->fd);
	t->fd = -1;
	t->race->running--;
}

void bt_race_cancel(struct bt_race *r)
{
	if (!r)
		return;
	(void)event_del(&r->next);
	for (size_t i = 0; i < r->at; i++)
		end_try(&r->tries[i], false);
	free(r);
}

static void finish(struct bt_race *r, int fd)
{
	bt_race_fn done = r->done;
	void *arg = r->arg;

	bt_race_cancel(r);
	done(arg, fd);
}

static void step(struct bt_race *r);

static void on_try(evutil_socket_t fd, short what, void *arg)
{
	struct try *t = arg;
	struct bt_race *r = t->race;
	int sys = 0;
	socklen_t len = sizeof sys;

	if (what & EV_TIMEOUT)
		sys = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &sys, &len) < 0)
		sys = errno;
	end_try(t, sys == 0);
	if (sys == 0)
		finish(r, fd);
	else
		step(r);
}

static bool begin(struct bt_race *r, size_t i)
{
	const struct bt_race_addr *a = &r->addrs[i];
	struct try *t = &r->tries[i];

	t->race = r;
	t->fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0)
		return false;
	if (connect(t->fd, (const struct sockaddr *)&a->sa, a->len) < 0 && errno != EINPROGRESS) {
		(void)close(t->fd);
		t->fd = -1;
		return false;
	}
	r->running++;
	(void)event_assign(&t->ev, r->base, t->fd, EV_WRITE, on_try, t);
	(void)event_add(&t->ev, &r->each);
	return true;
}

static void step(struct bt_race *r)
{
	const struct timeval apart = { .tv_usec = APART_MS * 1000 };

	while (r->at < r->n)
		if (begin(r, r->at++)) {
			(void)evtimer_add(&r->next, &apart);
			return;
		}
	if (r->running == 0)
		finish(r, -1);
}

static void on_next(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	step(arg);
}

/* Families take turns, each in the order it was given. */
static void interleave(struct bt_race *r, const struct bt_race_addr *v, size_t n)
{
	sa_family_t turn = n ? v[0].sa.ss_family : AF_UNSPEC;
	bool used[BT_RACE_MAX] = { false };

	while (r->n < n) {
		size_t i = 0;

		while (i < n && (used[i] || v[i].sa.ss_family != turn))
			i++;
		for (size_t k = 0; i == n && k < n; k++) /* that family is used up */
			i = used[k] ? n : k;
		used[i] = true;
		r->addrs[r->n++] = v[i];
		turn = v[i].sa.ss_family == AF_INET ? AF_INET6 : AF_INET;
	}
}

struct bt_race *bt_race_start(struct event_base *base, const struct bt_race_addr *v, size_t n,
                              uint64_t ms, bt_race_fn done, void *arg)
{
	struct bt_race *r = bt_calloc(1, sizeof *r);

	r->base = base;
	r->each = (struct timeval){ .tv_sec = (time_t)(ms / 1000),
		                    .tv_usec = (suseconds_t)(ms % 1000 * 1000) };
	r->done = done;
	r->arg = arg;
	interleave(r, v, n < BT_RACE_MAX ? n : BT_RACE_MAX);
	(void)evtimer_assign(&r->next, base, on_next, r);
	event_active(&r->next, EV_TIMEOUT, 0);
	return r;
}
