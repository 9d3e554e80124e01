/* tidy.c - memory that a load has left behind goes back when the load has passed. The C library
 * keeps what was freed below something that is still in use; to give that back takes a walk over
 * all of it, which nobody waits for when nothing comes. */
#include <malloc.h>

#include "conn.h"

#define TICK_S 1
#define QUIET 8u  /* connections and requests: fewer in a tick are no load */
#define WORTH 64u /* fewer since the last time have left nothing worth a walk */

static uint64_t done(const struct bt_gate *g)
{
	return g->stats.connections + g->stats.requests;
}

static void wait(struct bt_gate *g)
{
	struct timeval tv = { .tv_sec = TICK_S };

	g->tidy.waits = evtimer_add(&g->tidy.tick, &tv) == 0;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct bt_gate *g = arg;
	uint64_t n = done(g) - g->tidy.seen;

	(void)fd;
	(void)what;
	g->tidy.seen += n;
	g->tidy.since += n;
	g->tidy.waits = false;
	if (n < QUIET && g->tidy.since >= WORTH) {
		(void)malloc_trim(0);
		g->tidy.since = 0;
	}
	if (n) /* else the next one who comes sets it: an idle gate sleeps */
		wait(g);
}

void bt_tidy_open(struct bt_gate *g)
{
	(void)evtimer_assign(&g->tidy.tick, g->base, on_tick, g);
}

void bt_tidy_close(struct bt_gate *g)
{
	(void)event_del(&g->tidy.tick);
}

void bt_tidy_later(struct bt_gate *g)
{
	if (!g->tidy.waits)
		wait(g);
}
