/* h2_ups.c - which request goes out by which HTTP/2 connection. Of several that want the same peer
 * at once one dials and the others wait: what it finds is theirs too. */
#include "h2_up_int.h"

#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"
#include "http.h"

static struct bt_peer *plain_slot(struct bt_h2_ups *u, const struct bt_peer *to)
{
	uint32_t h = 2166136261u ^ to->port;

	for (size_t i = 0; i < to->host.n; i++)
		h = (h ^ (uint8_t)to->host.s[i]) * 16777619u;
	return &u->plain[h % BT_H2_PLAIN];
}

bool bt_h2_up_may(const struct bt_conn *c, const struct bt_peer *to)
{
	return c->h2.may && !c->h2.plain && to->https && !c->up.tls &&
	       !bt_peer_same(plain_slot(c->gate->h2_ups, to), to);
}

static void free_up(struct bt_h2_up *up)
{
	bt_policy_unref(up->policy);
	free(up);
}

void bt_h2_ups_free_dead(struct bt_h2_ups *u)
{
	struct bt_h2_up *up;

	while ((up = TAILQ_FIRST(&u->dead))) {
		TAILQ_REMOVE(&u->dead, up, entry);
		free_up(up);
	}
}

static struct bt_h2_up *find(const struct bt_conn *c, const struct bt_peer *to)
{
	struct bt_h2_up *up = TAILQ_FIRST(&c->gate->h2_ups->live);

	for (; up; up = TAILQ_NEXT(up, entry))
		if (!up->closing && up->policy == c->policy && bt_peer_same(&up->peer, to) &&
		    bt_h2_takes_more(up->session))
			return up;
	return NULL;
}

bool bt_h2_up_has(const struct bt_conn *c, const struct bt_peer *to)
{
	return find(c, to) != NULL;
}

static bool somebody_dials(const struct bt_conn *c, const struct bt_peer *to)
{
	for (const struct bt_conn *o = c->gate->conns; o; o = o->next)
		if (o != c && o->h2.leads && o->policy == c->policy && bt_peer_same(&o->h2.to, to))
			return true;
	return false;
}

static void unqueue(struct bt_conn *c)
{
	if (c->h2.in)
		TAILQ_REMOVE(c->h2.in, c, h2.entry);
	c->h2.in = NULL;
}

void bt_h2_ups_wake(struct bt_h2_ups *u, const struct bt_peer *to, bool alone)
{
	struct bt_conn *c, *next;

	for (c = TAILQ_FIRST(&u->waiting); c; c = next) {
		next = TAILQ_NEXT(c, h2.entry);
		if (!bt_peer_same(&c->h2.to, to))
			continue;
		unqueue(c);
		c->h2.alone = alone;
		c->h2.in = &u->woken;
		TAILQ_INSERT_TAIL(c->h2.in, c, h2.entry);
	}
	event_active(&u->wake, EV_TIMEOUT, 0);
}

static enum bt_h2_way queue(struct bt_conn *c)
{
	c->h2.in = &c->gate->h2_ups->waiting;
	TAILQ_INSERT_TAIL(c->h2.in, c, h2.entry);
	return BT_H2_WAIT;
}

enum bt_h2_way bt_h2_up_way(struct bt_conn *c, const struct bt_peer *to)
{
	struct bt_h2_up *up = find(c, to);

	if (up && !c->h2.leads && bt_h2_up_silent(up)) {
		c->h2.to = *to;
		bt_h2_up_probe(up);
		return queue(c);
	}
	if (up) {
		bt_h2_up_leave(c);
		bt_h2_up_join(up, c);
		return BT_H2_OPEN;
	}
	if (c->h2.leads || c->h2.alone)
		return BT_H2_DIAL;
	c->h2.to = *to;
	if (somebody_dials(c, to))
		return queue(c);
	c->h2.leads = true;
	return BT_H2_DIAL;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct bt_h2_ups *u = arg;
	struct bt_conn *c;

	(void)fd;
	(void)what;
	while ((c = TAILQ_FIRST(&u->woken))) {
		unqueue(c);
		(void)bt_http_reach(c);
	}
}

void bt_h2_up_leave(struct bt_conn *c)
{
	unqueue(c);
	c->h2.alone = false;
	if (!c->h2.leads)
		return;
	c->h2.leads = false;
	bt_h2_ups_wake(c->gate->h2_ups, &c->h2.to, true);
}

int bt_h2_up_shaken(struct bt_conn *c, struct bt_err *e)
{
	bool h2 = bt_str_eq(bt_tls_alpn(c->up.tls), BT_STR_LIT("h2"));
	struct bt_h2_up *up = h2 ? bt_h2_up_adopt(c, e) : NULL;

	if (h2 && !up)
		return -1;
	if (up)
		bt_h2_up_join(up, c);
	else if (c->h2.may && !c->h2.plain)
		*plain_slot(c->gate->h2_ups, &c->up_to) = c->up_to;
	if (c->h2.leads)
		bt_h2_ups_wake(c->gate->h2_ups, &c->h2.to, false);
	c->h2.leads = false;
	return 0;
}

struct bt_h2_ups *bt_h2_ups_new(struct bt_gate *g)
{
	struct bt_h2_ups *u = bt_calloc(1, sizeof *u);

	u->gate = g;
	TAILQ_INIT(&u->live);
	TAILQ_INIT(&u->dead);
	TAILQ_INIT(&u->waiting);
	TAILQ_INIT(&u->woken);
	(void)evtimer_assign(&u->wake, g->base, on_wake, u);
	return u;
}

void bt_h2_ups_clear(struct bt_h2_ups *u)
{
	struct bt_h2_up *up, *next;

	memset(u->plain, 0, sizeof u->plain);
	for (up = TAILQ_FIRST(&u->live); up; up = next) {
		next = TAILQ_NEXT(up, entry);
		up->closing = true;
		if (bt_h2_streams(up->session) == 0)
			bt_h2_up_die(up, "not needed any more");
	}
}

void bt_h2_ups_free(struct bt_h2_ups *u)
{
	struct bt_h2_up *up;

	if (!u)
		return;
	while ((up = TAILQ_FIRST(&u->live)))
		bt_h2_up_die(up, "the gate stops");
	bt_h2_ups_free_dead(u);
	(void)event_del(&u->wake);
	free(u);
}
