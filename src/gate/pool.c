/* pool.c - few enough to be looked through: the list is in order of age. */
#include "pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "bottle/mem.h"
#include "conn.h"

struct pooled {
	TAILQ_ENTRY(pooled) by_age; /* oldest first */
	struct bt_pool *pool;
	struct bt_leg leg;
	struct bt_peer peer;
	struct bt_policy *policy; /* one reference: the leg's TLS is of it */
	uint64_t until_ms;
};

struct bt_pool {
	struct bt_gate *gate;
	TAILQ_HEAD(pooled_by_age, pooled) idle, dead;
	size_t n; /* of idle */
	struct event timer;
};

bool bt_peer_same(const struct bt_peer *a, const struct bt_peer *b)
{
	return a->port == b->port && a->https == b->https && a->host.n == b->host.n &&
	       memcmp(a->host.s, b->host.s, a->host.n) == 0;
}

/* Out of the list; freed later, for its own leg may be calling. */
static void bury(struct pooled *e)
{
	struct bt_pool *p = e->pool;

	bt_leg_close(&e->leg);
	TAILQ_REMOVE(&p->idle, e, by_age);
	p->n--;
	TAILQ_INSERT_TAIL(&p->dead, e, by_age);
	event_active(&p->gate->reaper, EV_TIMEOUT, 0);
}

void bt_pool_free_dead(struct bt_pool *p)
{
	struct pooled *e;

	while ((e = TAILQ_FIRST(&p->dead))) {
		TAILQ_REMOVE(&p->dead, e, by_age);
		bt_policy_unref(e->policy);
		free(e);
	}
}

/* Whatever an upstream says unasked, or its end: it serves nobody any more. */
static void on_leg(void *owner, struct bt_leg *l, enum bt_leg_event ev)
{
	(void)l;
	(void)ev;
	bury(owner);
}

static void arm(struct bt_pool *p, uint64_t now)
{
	const struct pooled *e = TAILQ_FIRST(&p->idle);
	uint64_t ms = e && e->until_ms > now ? e->until_ms - now : 1;
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000),
		              .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	if (e && !evtimer_pending(&p->timer, NULL))
		(void)evtimer_add(&p->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct bt_pool *p = arg;
	uint64_t now = bt_now_ms();
	struct pooled *e;

	(void)fd;
	(void)what;
	while ((e = TAILQ_FIRST(&p->idle)) && e->until_ms <= now)
		bury(e);
	arm(p, now);
}

struct bt_pool *bt_pool_new(struct bt_gate *g)
{
	struct bt_pool *p = bt_calloc(1, sizeof *p);

	p->gate = g;
	TAILQ_INIT(&p->idle);
	TAILQ_INIT(&p->dead);
	(void)evtimer_assign(&p->timer, g->base, on_timer, p);
	return p;
}

void bt_pool_clear(struct bt_pool *p)
{
	struct pooled *e;

	while ((e = TAILQ_FIRST(&p->idle)))
		bury(e);
}

size_t bt_pool_count(const struct bt_pool *p)
{
	return p->n;
}

void bt_pool_free(struct bt_pool *p)
{
	if (!p)
		return;
	bt_pool_clear(p);
	bt_pool_free_dead(p);
	(void)event_del(&p->timer);
	free(p);
}

static bool may_serve(const struct bt_conn *c)
{
	const struct bt_leg *l = &c->up;

	return c->up_free && !c->up_bound && c->policy == c->gate->policy && !c->gate->stopping &&
	       !l->pipe && c->up_to.https == (l->tls != NULL) && !l->failed && !l->eof &&
	       !l->shut && !l->starting && l->in.len == 0 && l->out.len == 0;
}

bool bt_pool_put(struct bt_conn *c)
{
	struct bt_pool *p = c->gate->pool;
	const struct bt_gate_limits *lim = &c->policy->cfg->limits;
	uint64_t now = bt_now_ms();
	struct pooled *e;

	if (!lim->idle_upstreams || !bt_leg_is_open(&c->up) || !may_serve(c))
		return false;
	while (p->n >= lim->idle_upstreams)
		bury(TAILQ_FIRST(&p->idle));
	e = bt_calloc(1, sizeof *e);
	e->pool = p;
	e->peer = c->up_to;
	e->policy = bt_policy_ref(c->policy);
	e->until_ms = now + lim->idle_upstream_ms;
	bt_leg_move(&e->leg, &c->up);
	bt_leg_on(&e->leg, on_leg, e);
	TAILQ_INSERT_TAIL(&p->idle, e, by_age);
	p->n++;
	arm(p, now);
	return true;
}

bool bt_pool_take(struct bt_conn *c, const struct bt_peer *to)
{
	struct bt_pool *p = c->gate->pool;
	struct pooled *e, *older;

	for (e = TAILQ_LAST(&p->idle, pooled_by_age); e; e = older) {
		older = TAILQ_PREV(e, pooled_by_age, by_age);
		if (e->policy != c->policy || !bt_peer_same(&e->peer, to))
			continue;
		bool good = bt_leg_quiet(&e->leg);

		if (good) {
			bt_leg_move(&c->up, &e->leg);
			bt_conn_up_ready(c);
			c->up_to = *to;
			c->up_free = true;
			c->up_bound = false;
			c->gate->stats.reused++;
		}
		bury(e);
		if (good)
			return true;
	}
	return false;
}
