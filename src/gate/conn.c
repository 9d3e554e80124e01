/* conn.c - the life of a connection: accepted, handed from stage to stage, closed once. */
#include "conn.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bottle/mem.h"

uint64_t bt_now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void arm(struct bt_conn *c, uint64_t ms)
{
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000),
		              .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	(void)evtimer_add(&c->timer, &tv);
}

/* The timer is not moved with every byte: when it fires early it is set again. */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct bt_conn *c = arg;
	uint64_t now = bt_now_ms();

	(void)fd;
	(void)what;
	if (c->closed || c->deadline_ms == 0)
		return;
	if (now < c->deadline_ms) {
		arm(c, c->deadline_ms - now);
		return;
	}
	c->deadline_ms = 0;
	if (c->stage->timeout)
		c->stage->timeout(c);
	else
		bt_conn_close(c);
}

void bt_conn_deadline(struct bt_conn *c, uint64_t ms)
{
	uint64_t before = c->deadline_ms;

	if (c->closed)
		return;
	c->deadline_ms = ms ? bt_now_ms() + ms : 0;
	if (ms && (!before || c->deadline_ms < before || !evtimer_pending(&c->timer, NULL)))
		arm(c, ms);
}

static void on_client(void *owner, struct bt_leg *l, enum bt_leg_event ev)
{
	struct bt_conn *c = owner;

	(void)l;
	if (!c->closed)
		c->stage->client(c, ev);
}

static void on_upstream(void *owner, struct bt_leg *l, enum bt_leg_event ev)
{
	struct bt_conn *c = owner;

	(void)l;
	if (c->closed)
		return;
	if (c->stage->upstream)
		c->stage->upstream(c, ev);
	else if (ev == BT_LEG_FAIL)
		bt_leg_close(&c->up); /* a stage that does not look at it yet will find it closed */
}

static void leave(struct bt_conn *c)
{
	const struct bt_stage_ops *old = c->stage;
	void *state = c->state;

	c->stage = NULL;
	if (old && old->fini) {
		c->state = state;
		old->fini(c);
	}
	c->state = NULL;
	free(state);
}

void bt_conn_become(struct bt_conn *c, const struct bt_stage_ops *stage)
{
	if (c->closed)
		return;
	leave(c);
	c->stage = stage;
	c->state = bt_calloc(1, stage->state_size ? stage->state_size : 1);
	stage->enter(c);
}

void bt_conn_up_ready(struct bt_conn *c)
{
	bt_leg_on(&c->up, on_upstream, c);
}

void bt_conn_drop_up(struct bt_conn *c)
{
	c->up_free = false;
	if (bt_leg_is_open(&c->up))
		bt_leg_close(&c->up);
}

void bt_conn_release_up(struct bt_conn *c)
{
	(void)bt_pool_put(c);
	bt_conn_drop_up(c);
}

void bt_conn_take_up(struct bt_conn *c, int fd, const struct bt_peer *to)
{
	bt_leg_open(&c->up, c->gate->base, fd, false);
	c->up.in.max = c->policy->cfg->limits.header_bytes + BT_LEG_IN;
	bt_conn_up_ready(c);
	c->up_to = *to;
	c->up_free = c->up_bound = false;
	c->gate->stats.dialed++;
}

void bt_conn_repin(struct bt_conn *c)
{
	if (c->policy == c->gate->policy)
		return;
	bt_conn_drop_up(c); /* its address and its trust were judged by the old one */
	bt_policy_unref(c->policy);
	c->policy = bt_policy_ref(c->gate->policy);
}

bool bt_conn_count_tunnel(struct bt_conn *c)
{
	if (c->aim.counted)
		return true;
	if (c->gate->ntunnels >= c->policy->cfg->limits.tunnels)
		return false;
	c->gate->ntunnels++;
	c->gate->stats.tunnels++;
	c->aim.counted = true;
	return true;
}

static struct bt_conn *new_conn(struct bt_gate *g, enum bt_entry entry, const struct bt_aim *aim)
{
	struct bt_conn *c = bt_calloc(1, sizeof *c);

	c->gate = g;
	c->policy = bt_policy_ref(g->policy);
	c->id = ++g->next_id;
	c->born_ms = bt_now_ms();
	c->entry = entry;
	if (aim)
		c->aim = *aim;
	c->up.fd = -1;
	(void)evtimer_assign(&c->timer, g->base, on_timer, c);
	c->next = g->conns;
	if (c->next)
		c->next->link = &c->next;
	c->link = &g->conns;
	g->conns = c;
	g->nconns++;
	return c;
}

void bt_conn_accept(struct bt_gate *g, int fd, struct bt_client *from, enum bt_entry entry,
                    const struct bt_aim *aim)
{
	struct bt_conn *c = new_conn(g, entry, aim);

	c->from = from;
	g->stats.connections++;
	bt_tidy_later(g);
	bt_leg_open(&c->client, g->base, fd, false);
	bt_leg_on(&c->client, on_client, c);
	bt_conn_become(c, entry == BT_ENTRY_TLS       ? &bt_stage_peek
	                  : entry == BT_ENTRY_FORWARD ? &bt_stage_dial
	                                              : &bt_stage_http);
}

struct bt_conn *bt_conn_spawn(struct bt_conn *parent, void (*changed)(void *), void *end)
{
	struct bt_conn *c = new_conn(parent->gate, parent->entry, &parent->aim);

	c->aim.counted = false; /* parent is */
	bt_leg_open_pipe(&c->client, c->gate->base, parent->client.fd, changed, end);
	bt_leg_on(&c->client, on_client, c);
	c->h2.may = true;
	/* One from the pool speaks HTTP/1.1, which this upstream may not do for everything. */
	if (parent->up.tls && bt_h2_up_may(c, &parent->up_to))
		bt_conn_release_up(parent);
	if (bt_leg_is_open(&parent->up) && parent->policy == c->policy) {
		bt_leg_move(&c->up, &parent->up);
		bt_conn_up_ready(c);
		c->up_to = parent->up_to;
		c->up_free = parent->up_free;
	}
	bt_conn_become(c, &bt_stage_http);
	return c;
}

void bt_conn_close(struct bt_conn *c)
{
	if (c->closed)
		return;
	c->closed = true;
	bt_dial_cancel(c);
	leave(c);
	(void)event_del(&c->timer);
	bt_leg_close(&c->client);
	bt_conn_release_up(c);
	c->gate->nconns--;
	bt_client_leave(BT_STEAL(c->from));
	if (c->aim.counted)
		c->gate->ntunnels--;
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->next = c->gate->dead;
	c->gate->dead = c;
	event_active(&c->gate->reaper, EV_TIMEOUT, 0);
}

void bt_conn_close_idle(struct bt_gate *g)
{
	struct bt_conn *c, *next;

	for (c = g->conns; c; c = next) {
		next = c->next;
		if (!c->stage->busy || !c->stage->busy(c))
			bt_conn_close(c);
	}
}

void bt_conn_free_dead(struct bt_gate *g)
{
	struct bt_conn *c;

	while ((c = g->dead)) {
		g->dead = c->next;
		bt_policy_unref(c->policy);
		free(c);
	}
	if (g->stopping && g->nconns == 0)
		(void)event_base_loopbreak(g->base);
}

struct bt_event bt_conn_event(const struct bt_conn *c, const char *name, enum bt_verdict v)
{
	struct bt_event ev = BT_EVENT(name);

	ev.verdict = v;
	ev.id = c->id;
	if (c->aim.port) {
		ev.host = c->aim.host.s;
		ev.port = c->aim.port;
	}
	return ev;
}

void bt_conn_denied(struct bt_conn *c, enum bt_ruling r, const struct bt_denial *d)
{
	struct bt_event ev = bt_conn_event(c, r == BT_RULING_WARN ? "anomaly" : "blocked",
	                                   r == BT_RULING_WARN ? BT_WARN : BT_BLOCK);

	if (r == BT_RULING_WARN)
		c->gate->stats.warned++;
	else
		c->gate->stats.blocked++;
	c->told |= r != BT_RULING_WARN;
	ev.scanner = d->scanner;
	ev.rule = d->rule;
	ev.reason = d->reason;
	ev.status = r == BT_RULING_WARN ? 0 : d->status;
	ev.pattern = d->pattern[0] ? d->pattern : NULL;
	ev.redact_path = d->redact;
	if (c->stage && c->stage->describe)
		c->stage->describe(c, &ev);
	bt_gate_event_refused(c->gate, c->policy, &ev);
}
