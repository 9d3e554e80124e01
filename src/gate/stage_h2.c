/* stage_h2.c - a client that speaks HTTP/2: each of its streams is a connection of its own, whose
 * client leg is a pipe that ends here (docs/adr/0037). Requests are judged there, by the stages
 * that judge all requests; here are only frames and who belongs to whom. */
#include "conn.h"

#include <stdlib.h>
#include <sys/random.h>

#include "bottle/h2.h"
#include "bottle/mem.h"
#include "http.h"

#define IDLE_MAX 8               /* children kept; what the others have upstream goes to the pool */
#define BATCH (32u * 1024u)      /* frames written at once */
#define BATCH_MAX (192u * 1024u) /* with a whole head behind it */

/* One child; idle between two streams, so that its upstream connection serves again. */
struct lane {
	struct lane *next;
	struct bt_conn *parent, *child; /* child NULL: it closed */
	struct bt_h2_stream *stream;    /* NULL: idle */
};

struct h2 {
	struct bt_h2 *session;
	struct lane *lanes;
	struct event pump;
	bool busy; /* service() is running */
	bool mid_head, idle;
};

static struct h2 *h2(struct bt_conn *c)
{
	return c->state;
}

/* The child's leg has something for us, or is gone. Told at any time: acted on later. */
static void changed(void *end)
{
	struct lane *l = end;
	struct h2 *st;

	if (!l->child)
		return;
	st = h2(l->parent);
	if (!bt_leg_is_open(&l->child->client))
		l->child = NULL;
	if (l->stream)
		bt_h2_poke(l->stream);
	if (!st->busy)
		event_active(&st->pump, EV_TIMEOUT, 0);
}

static void unlink_lane(struct bt_conn *c, struct lane *l)
{
	struct lane **at = &h2(c)->lanes;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	free(l);
}

static void sweep(struct bt_conn *c)
{
	struct lane *l, *next;

	for (l = h2(c)->lanes; l; l = next) {
		next = l->next;
		if (!l->child && !l->stream)
			unlink_lane(c, l);
	}
}

/* A child that has answered and waits for a request; else a new one. NULL: too many connections. */
static struct lane *lane_for(struct bt_conn *c, struct bt_h2_stream *s)
{
	struct lane *l = h2(c)->lanes;

	while (l && (l->stream || !l->child))
		l = l->next;
	if (!l) {
		if (c->gate->nconns >= c->policy->cfg->limits.connections)
			return NULL;
		l = bt_calloc(1, sizeof *l);
		l->parent = c;
		l->next = h2(c)->lanes;
		h2(c)->lanes = l;
		l->child = bt_conn_spawn(c, changed, l);
	}
	l->stream = s;
	l->child->h2.trailers = bt_h2_trailers(s);
	l->child->h2.socket = bt_h2_raw(s);
	bt_h2_set_user(s, l);
	return l;
}

static unsigned count_idle(const struct lane *l)
{
	unsigned n = 0;

	for (; l; l = l->next)
		n += l->child && !l->stream;
	return n;
}

/* The stream is over. A child in the middle of something ends with it. */
static void part(struct lane *l)
{
	struct bt_conn *child = l->child;
	unsigned idle = count_idle(h2(l->parent)->lanes);

	l->stream = NULL;
	if (!child)
		return;
	if (idle >= IDLE_MAX || !child->stage->busy || child->stage->busy(child) ||
	    child->client.shut || child->client.out.len)
		bt_conn_close(child);
}

static void give_up(struct lane *l, bool refused)
{
	struct bt_h2_stream *s = BT_STEAL(l->stream);

	if (l->child)
		bt_conn_close(l->child);
	bt_h2_drop(s, refused);
}

/* The request, as far as it came. */
static bool move_in(struct lane *l)
{
	struct bt_leg *leg = &l->child->client;
	bool raw = bt_h2_raw(l->stream), end, news;
	size_t before = leg->in.len;
	struct bt_err e = { 0 };

	if (before && !raw)
		return true;
	if (bt_h2_read(l->stream, &leg->in, &end, &e) < 0)
		return false;
	news = leg->in.len != before || (raw && end && !leg->eof);
	if (raw)
		leg->eof = end;
	if (news)
		bt_leg_pipe_in(leg);
	return l->child != NULL;
}

/* The answer, as far as it may go. */
static bool move_out(struct lane *l)
{
	struct bt_err e = { 0 };

	while (l->child && l->child->client.out.len) {
		struct bt_leg *leg = &l->child->client;
		size_t used = 0;

		if (bt_h2_write(l->stream, leg->out.p, leg->out.len, &used, &e) < 0)
			return false;
		if (used == 0)
			return true;
		bt_leg_pipe_took(leg, used);
	}
	if (!l->child)
		return false;
	return !l->child->client.shut || bt_h2_write_end(l->stream, &e) == 0;
}

static void news(struct bt_conn *c, struct bt_h2_stream *s)
{
	struct lane *l = bt_h2_user(s);

	if (bt_h2_gone(s)) {
		if (l)
			part(l);
		bt_h2_drop(s, false);
		return;
	}
	if (!l && !bt_h2_begun(s))
		return;
	if (!l) {
		l = lane_for(c, s);
		if (!l) {
			bt_h2_drop(s, true);
			return;
		}
		if (bt_h2_too_long(s))
			bt_http_bad(l->child, 431, "header too long");
	}
	if (!l->child || !move_in(l) || !move_out(l))
		give_up(l, false);
}

/* Frames for the client. 1: some went; 0: none, or no room; -1: broken. */
static int flush(struct bt_conn *c)
{
	BT_OWN_BUF b = BT_BUF(BATCH_MAX);
	struct bt_err e = { 0 };
	bool room = bt_leg_room(&c->client) >= BATCH_MAX;

	bt_leg_pause(&c->client, !room);
	if (!room)
		return 0;
	if (bt_h2_pull(h2(c)->session, &b, BATCH, &e) < 0 ||
	    (b.len && bt_leg_send(&c->client, b.p, b.len) < 0))
		return -1;
	return b.len != 0;
}

static void tell(struct bt_conn *c, const char *scanner, const char *why)
{
	struct bt_denial d;

	bt_deny(&d, 0, scanner, "http2", "%s", why);
	bt_conn_denied(c, BT_RULING_DENY, &d);
}

/* A head that has begun must end; without streams the client must begin one some day. Streams have
 * deadlines of their own. */
static void set_deadline(struct bt_conn *c)
{
	struct h2 *st = h2(c);
	bool mid = bt_h2_mid_head(st->session), idle = bt_h2_streams(st->session) == 0;

	if (mid && !st->mid_head)
		bt_conn_deadline(c, c->policy->cfg->limits.header_ms);
	else if (!mid && idle && (st->mid_head || !st->idle))
		bt_conn_deadline(c, c->policy->cfg->proxy.idle_ms);
	else if (!mid && !idle)
		bt_conn_deadline(c, 0);
	st->mid_head = mid;
	st->idle = idle;
}

static void end(struct bt_conn *c)
{
	(void)flush(c);
	bt_conn_become(c, &bt_stage_linger);
}

static void service(struct bt_conn *c)
{
	struct h2 *st = h2(c);
	struct bt_h2_stream *s;
	const char *why;
	int sent = 0;

	st->busy = true;
	if (c->gate->stopping)
		bt_h2_goaway(st->session);
	while ((s = bt_h2_next(st->session)) || (sent = flush(c)) > 0)
		if (s)
			news(c, s);
	st->busy = false;
	sweep(c);
	why = bt_h2_complaint(st->session);
	if (why)
		tell(c, "parser", why);
	if (sent < 0 || c->client.failed)
		bt_conn_close(c);
	else if (bt_h2_over(st->session) || (c->gate->stopping && !bt_h2_streams(st->session)))
		end(c);
	else
		set_deadline(c);
}

static void on_pump(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	service(arg);
}

static void feed(struct bt_conn *c)
{
	struct bt_buf *in = &c->client.in;
	struct bt_err e = { 0 };

	if (bt_h2_feed(h2(c)->session, in->p, in->len, bt_now_ms(), &e) < 0) {
		tell(c, e.code == BT_LIMIT ? "limit" : "parser", e.msg);
		h2(c)->busy = true;
		end(c);
		return;
	}
	bt_buf_clear(in);
	bt_leg_more(&c->client);
	service(c);
}

static void enter(struct bt_conn *c)
{
	const struct bt_gate_limits *lim = &c->policy->cfg->limits;
	struct bt_h2_spec spec = { .server = true, .header_bytes = lim->header_bytes };
	struct h2 *st = h2(c);
	struct bt_err e = { 0 };

	(void)event_assign(&st->pump, c->gate->base, -1, 0, on_pump, c);
	if (getrandom(spec.seed, sizeof spec.seed, 0) != sizeof spec.seed ||
	    bt_h2_open(&st->session, &spec, &e) < 0) {
		tell(c, "limit", e.msg);
		bt_conn_close(c);
		return;
	}
	st->idle = true;
	bt_conn_deadline(c, lim->header_ms);
	feed(c);
}

static void client(struct bt_conn *c, enum bt_leg_event ev)
{
	if (ev == BT_LEG_FAIL) {
		bt_conn_close(c);
	} else if (ev == BT_LEG_READ) {
		bool eof = c->client.eof;

		feed(c);
		if (eof)
			bt_conn_close(c);
	} else if (ev == BT_LEG_DRAIN) {
		service(c);
	}
}

static void timeout(struct bt_conn *c)
{
	if (bt_h2_mid_head(h2(c)->session))
		tell(c, "parser", "the request did not arrive in time");
	bt_h2_goaway(h2(c)->session);
	h2(c)->busy = true;
	end(c);
}

static bool busy(const struct bt_conn *c)
{
	const struct h2 *st = c->state;

	return bt_h2_streams(st->session) != 0;
}

static void fini(struct bt_conn *c)
{
	struct h2 *st = h2(c);
	struct lane *l;

	st->busy = true;
	(void)event_del(&st->pump);
	while ((l = st->lanes)) {
		struct bt_conn *child = BT_STEAL(l->child);

		st->lanes = l->next;
		if (child)
			bt_conn_close(child);
		free(l);
	}
	bt_h2_close(st->session);
}

const struct bt_stage_ops bt_stage_h2 = {
	.name = "h2",
	.state_size = sizeof(struct h2),
	.enter = enter,
	.client = client,
	.timeout = timeout,
	.busy = busy,
	.fini = fini,
};
