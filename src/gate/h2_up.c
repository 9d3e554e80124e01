/* h2_up.c - one upstream connection, many requests. */
#include "h2_up_int.h"

#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"

#define BATCH (32u * 1024u)
#define BATCH_MAX (192u * 1024u)
#define WINDOW (256u * 1024u) /* of a stream: an upstream is further away than a client */
#define PIPE_IN (1024u * 1024u)

void bt_h2_up_die(struct bt_h2_up *up, const char *why)
{
	struct bt_h2_lane *l;

	if (up->dead)
		return;
	up->dead = up->busy = true;
	TAILQ_REMOVE(&up->all->live, up, entry);
	TAILQ_INSERT_TAIL(&up->all->dead, up, entry);
	(void)event_del(&up->pump);
	(void)event_del(&up->idle);
	(void)event_del(&up->probe);
	if (up->probing)
		bt_h2_ups_wake(up->all, &up->peer, false);
	while ((l = up->lanes)) {
		struct bt_conn *c = BT_STEAL(l->conn);

		up->lanes = l->next;
		if (c) {
			c->up.pipe_end = NULL;
			bt_leg_pipe_fail(&c->up, why);
		}
		free(l);
	}
	bt_h2_close(BT_STEAL(up->session));
	bt_leg_close(&up->leg);
	event_active(&up->all->gate->reaper, EV_TIMEOUT, 0);
}

/* The request's leg has something for us, or is closed. Told at any time: acted on later. */
static void changed(void *end)
{
	struct bt_h2_lane *l = end;

	if (!l || !l->conn)
		return;
	if (!bt_leg_is_open(&l->conn->up))
		l->conn = NULL;
	if (l->stream)
		bt_h2_poke(l->stream);
	if (!l->up->busy)
		event_active(&l->up->pump, EV_TIMEOUT, 0);
}

static void let_go(struct bt_h2_lane *l)
{
	bt_h2_drop(BT_STEAL(l->stream), false);
}

/* The stream is of no use: the request is told, once it has read what there was. */
static void fail(struct bt_h2_lane *l, const char *why)
{
	struct bt_conn *c = BT_STEAL(l->conn);

	let_go(l);
	if (!c)
		return;
	c->up.pipe_end = NULL;
	bt_leg_pipe_fail(&c->up, why);
}

static bool move_out(struct bt_h2_lane *l, struct bt_err *e)
{
	while (l->conn && l->conn->up.out.len) {
		struct bt_leg *leg = &l->conn->up;
		size_t used = 0;

		if (bt_h2_write(l->stream, leg->out.p, leg->out.len, &used, e) < 0)
			return false;
		if (used == 0)
			break;
		bt_leg_pipe_took(leg, used);
	}
	return true;
}

/* The answer, as far as it came. *end: there is no more of it. */
static bool move_in(struct bt_h2_lane *l, bool *end, struct bt_err *e)
{
	struct bt_leg *leg = &l->conn->up;

	if (bt_h2_too_long(l->stream))
		return bt_fail(e, BT_LIMIT, "answer's head too long") == 0;
	if (bt_h2_read(l->stream, &leg->in, end, e) < 0)
		return false;
	leg->eof = *end;
	if (leg->in.len || *end)
		bt_leg_pipe_in(leg);
	return true;
}

static void news(struct bt_h2_stream *s)
{
	struct bt_h2_lane *l = bt_h2_user(s);
	struct bt_err e = { 0 };
	bool gone = bt_h2_gone(s), end = false;

	if (l->conn && !gone && !move_out(l, &e)) {
		fail(l, e.msg);
		return;
	}
	if (l->conn && l->conn->up.in.len)
		return; /* it has not read the last of it: changed() will tell */
	if (l->conn && !move_in(l, &end, &e)) {
		fail(l, e.msg);
		return;
	}
	l->up->served |= end;
	if (!l->conn || (gone && end)) {
		let_go(l);
	} else if (gone) {
		l->conn->h2.refused = bt_h2_refused(s);
		fail(l, "stream reset by the upstream");
	}
}

static int flush(struct bt_h2_up *up)
{
	BT_OWN_BUF b = BT_BUF(BATCH_MAX);
	struct bt_err e = { 0 };
	bool room = bt_leg_room(&up->leg) >= BATCH_MAX;

	bt_leg_pause(&up->leg, !room);
	if (!room)
		return 0;
	if (bt_h2_pull(up->session, &b, BATCH, &e) < 0 ||
	    (b.len && bt_leg_send(&up->leg, b.p, b.len) < 0))
		return -1;
	return b.len != 0;
}

static void sweep(struct bt_h2_up *up)
{
	struct bt_h2_lane **at = &up->lanes;

	while (*at) {
		struct bt_h2_lane *l = *at;

		if (l->stream) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		if (l->conn)
			l->conn->up.pipe_end = NULL;
		free(l);
	}
}

/* Nobody uses it: for a while it may still be of use. */
static void rest(struct bt_h2_up *up)
{
	const struct bt_gate_limits *lim = &up->policy->cfg->limits;
	struct timeval tv = { .tv_sec = (time_t)(lim->idle_upstream_ms / 1000),
		              .tv_usec = (suseconds_t)(lim->idle_upstream_ms % 1000 * 1000) };

	if (up->probing)
		return;
	if (up->closing || !lim->idle_upstreams || up->all->gate->stopping)
		bt_h2_up_die(up, "not needed any more");
	else if (!evtimer_pending(&up->idle, NULL))
		(void)evtimer_add(&up->idle, &tv);
}

static void service(struct bt_h2_up *up)
{
	struct bt_h2_stream *s;
	int sent = 0;

	up->busy = true;
	while ((s = bt_h2_next(up->session)) || (sent = flush(up)) > 0)
		if (s)
			news(s);
	up->busy = false;
	sweep(up);
	if (sent < 0 || up->leg.failed || bt_h2_over(up->session))
		bt_h2_up_die(up, up->leg.failed ? up->leg.err.msg : "upstream connection ended");
	else if (bt_h2_streams(up->session) == 0)
		rest(up);
	else
		(void)event_del(&up->idle);
}

static void on_pump(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	service(arg);
}

static void on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct bt_h2_up *up = arg;

	(void)fd;
	(void)what;
	bt_h2_goaway(up->session);
	(void)flush(up);
	bt_h2_up_die(up, "idle");
}

/* Anything it says is an answer. */
static void heard(struct bt_h2_up *up)
{
	up->heard_ms = bt_now_ms();
	if (!up->probing)
		return;
	up->probing = false;
	(void)event_del(&up->probe);
	bt_h2_ups_wake(up->all, &up->peer, false);
}

static void on_probe(evutil_socket_t fd, short what, void *arg)
{
	struct bt_h2_up *up = arg;

	(void)fd;
	(void)what;
	if (bt_h2_streams(up->session) == 0) {
		bt_h2_up_die(up, "no answer to a ping");
		return;
	}
	/* What it carries may still be answered; nobody else is sent that way. */
	up->closing = true;
	up->probing = false;
	bt_h2_ups_wake(up->all, &up->peer, false);
}

bool bt_h2_up_silent(const struct bt_h2_up *up)
{
	return up->probing ||
	       bt_now_ms() - up->heard_ms >= up->policy->cfg->limits.upstream_silent_ms;
}

void bt_h2_up_probe(struct bt_h2_up *up)
{
	uint64_t ms = up->policy->cfg->limits.upstream_silent_ms;
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000),
		              .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	if (up->probing)
		return;
	up->probing = true;
	bt_h2_ping(up->session);
	(void)evtimer_add(&up->probe, &tv);
	event_active(&up->pump, EV_TIMEOUT, 0);
}

static void on_leg(void *owner, struct bt_leg *leg, enum bt_leg_event ev)
{
	struct bt_h2_up *up = owner;
	struct bt_err e = { 0 };
	bool eof = leg->eof;

	if (ev == BT_LEG_FAIL) {
		bt_h2_up_die(up, leg->err.msg);
		return;
	}
	if (ev == BT_LEG_READ && leg->in.len &&
	    bt_h2_feed(up->session, leg->in.p, leg->in.len, bt_now_ms(), &e) < 0) {
		(void)flush(up);
		bt_h2_up_die(up, e.msg);
		return;
	}
	if (ev == BT_LEG_READ && leg->in.len)
		heard(up);
	bt_buf_clear(&leg->in);
	bt_leg_more(leg);
	service(up);
	if (eof)
		bt_h2_up_die(up, "connection closed by the upstream");
}

void bt_h2_up_join(struct bt_h2_up *up, struct bt_conn *c)
{
	struct bt_h2_lane *l = bt_calloc(1, sizeof *l);

	bt_conn_release_up(c);
	l->up = up;
	l->conn = c;
	l->stream = bt_h2_start(up->session, c->h2.trailers);
	l->next = up->lanes;
	up->lanes = l;
	bt_h2_set_user(l->stream, l);
	bt_leg_open_pipe(&c->up, c->gate->base, up->leg.fd, changed, l);
	c->up.in.max = PIPE_IN;
	bt_conn_up_ready(c);
	c->up_to = up->peer;
	c->up_free = up->served;
	c->up_bound = false;
	(void)event_del(&up->idle);
}

struct bt_h2_up *bt_h2_up_adopt(struct bt_conn *c, struct bt_err *e)
{
	struct bt_h2_ups *u = c->gate->h2_ups;
	struct bt_h2_spec spec = { .header_bytes = c->policy->cfg->limits.header_bytes,
		                   .window = WINDOW };
	struct bt_h2 *session = NULL;
	struct bt_h2_up *up;

	if (bt_h2_open(&session, &spec, e) < 0)
		return NULL;
	up = bt_calloc(1, sizeof *up);
	up->all = u;
	up->session = session;
	up->peer = c->up_to;
	up->policy = bt_policy_ref(c->policy);
	(void)evtimer_assign(&up->pump, c->gate->base, on_pump, up);
	(void)evtimer_assign(&up->idle, c->gate->base, on_idle, up);
	(void)evtimer_assign(&up->probe, c->gate->base, on_probe, up);
	up->heard_ms = bt_now_ms();
	bt_leg_move(&up->leg, &c->up);
	bt_leg_on(&up->leg, on_leg, up);
	event_active(&up->leg.rd, EV_READ, 0); /* its settings may have come with the handshake */
	TAILQ_INSERT_TAIL(&u->live, up, entry);
	return up;
}
