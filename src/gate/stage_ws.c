/* stage_ws.c - an open WebSocket: the client's frames are put together and judged message by
 * message, the server's bytes go back as they come. */
#include "bottle/mem.h"
#include "ws.h"

#define ENDING_MS 2000 /* for the server to end the frame it is in */

enum {
	PROTOCOL = 1002,
	POLICY = 1008,
	TOO_BIG = 1009,
	TRY_LATER = 1013,
};

static void bad(struct bt_conn *c, const char *why)
{
	struct bt_denial d;

	bt_deny(&d, 403, "parser", "websocket", "%s", why);
	bt_ws_refuse(c, PROTOCOL, &d);
}

/* More of the message; messages count among the bodies that wait in memory. */
static void keep(struct bt_conn *c, struct bt_str data)
{
	struct bt_ws *w = bt_ws(c);
	uint64_t own = w->msg.len ? w->msg.len - BT_WS_HEAD : 0, others = c->gate->held - own;
	struct bt_err e = { 0 };
	struct bt_denial d;

	if (others && c->gate->held + data.n > c->policy->cfg->limits.body_bytes) {
		bt_deny(&d, 503, "limit", "gate.limits.body_bytes", "too many messages at once");
		bt_ws_refuse(c, TRY_LATER, &d);
		return;
	}
	if ((w->msg.len == 0 &&
	     bt_buf_add(&w->msg, "\0\0\0\0\0\0\0\0\0\0\0\0\0", BT_WS_HEAD, &e) < 0) ||
	    bt_buf_add(&w->msg, data.p, data.n, &e) < 0) {
		bt_deny(&d, 403, "ws_dlp", "request_body_scanning.max_body_bytes",
		        "message exceeds max_body_bytes (%llu)",
		        (unsigned long long)c->policy->cfg->body.max_body_bytes);
		bt_ws_refuse(c, TOO_BIG, &d);
		return;
	}
	c->gate->held += data.n;
}

static void message(struct bt_conn *c)
{
	struct bt_ws *w = bt_ws(c);
	struct bt_denial d;
	struct bt_str text;

	if (w->msg.len == 0)
		keep(c, (struct bt_str){ "", 0 });
	if (c->closed || c->stage != &bt_stage_ws || w->ending)
		return;
	text = bt_buf_str(&w->msg);
	text.p += BT_WS_HEAD;
	text.n -= BT_WS_HEAD;
	if (bt_ws_judge(c, &w->data, text, &d) == BT_RULING_DENY)
		bt_ws_refuse(c, POLICY, &d);
	else if (!bt_ws_seal(c))
		bt_conn_close(c);
}

static void signalled(struct bt_conn *c, struct bt_str payload)
{
	struct bt_ws *w = bt_ws(c);
	struct bt_denial d;

	if (w->in.frame.op == BT_WS_CLOSE && !bt_ws_close_ok(payload)) {
		bad(c, "close with a code or text that may not be sent");
		return;
	}
	if (bt_ws_judge(c, &w->signals, payload, &d) == BT_RULING_DENY) {
		bt_ws_refuse(c, POLICY, &d);
		return;
	}
	(void)bt_ws_signal(c, w->in.frame.op, payload); /* a failure is told by the loop */
	w->closing = w->in.frame.op == BT_WS_CLOSE;
}

static bool over(const struct bt_conn *c)
{
	return c->closed || c->stage != &bt_stage_ws;
}

/* One step of the client's bytes. False: nothing more to be done now. */
static bool step(struct bt_conn *c)
{
	struct bt_ws *w = bt_ws(c);
	struct bt_buf *in = &c->client.in;
	struct bt_str out;
	struct bt_err e = { 0 };
	size_t used = 0;
	int s;

	if (w->closing || w->ending || c->up.failed) {
		bt_buf_clear(in);
		return false;
	}
	if (!bt_ws_push(c) || bt_leg_room(&c->up) < BT_WS_HEAD + BT_WS_CONTROL)
		return false;
	s = bt_ws_read(&w->in, in->p, in->len, &used, &out, &e);
	if (s < 0)
		bad(c, e.msg);
	else if (s == BT_WS_DATA)
		keep(c, out);
	else if (s == BT_WS_SIGNAL)
		signalled(c, out);
	else if (s == BT_WS_MESSAGE)
		message(c);
	if (over(c))
		return false;
	bt_buf_eat(in, s < 0 ? in->len : used);
	return s != BT_WS_MORE;
}

static void up(struct bt_conn *c)
{
	while (step(c))
		;
	if (over(c))
		return;
	if (c->client.eof && !bt_ws(c)->sending)
		bt_leg_shut(&c->up);
	bt_leg_more(&c->client);
}

static bool pass(struct bt_conn *c, const uint8_t *p, size_t n)
{
	struct bt_echo *o = bt_ws(c)->echo;

	return o ? bt_ws_echo(c, o, p, n) : bt_leg_send(&c->client, p, n) == 0;
}

/* The server's bytes, unchanged but for a credential. */
static void down(struct bt_conn *c)
{
	struct bt_ws *w = bt_ws(c);
	struct bt_buf *in = &c->up.in;
	size_t room = bt_leg_room(&c->client), n = in->len < room ? in->len : room;
	bool gone;

	n = w->echo ? bt_echo_share(w->echo, in->len, room) : n;
	n = n ? bt_ws_track(&w->down, in->p, n, w->ending) : 0;
	if (n && !pass(c, in->p, n)) {
		bt_conn_close(c);
		return;
	}
	bt_buf_eat(in, n);
	gone = (c->up.eof || c->up.failed) && in->len == 0;
	if (w->ending && (gone || bt_ws_between(&w->down) || w->down.lost)) {
		bt_ws_end(c);
	} else if (gone && c->client.out.len == 0) {
		bt_conn_become(c, &bt_stage_linger);
	} else {
		bt_leg_pause(&c->up, bt_leg_is_full(&c->client));
		bt_leg_more(&c->up);
	}
}

static void turn(struct bt_conn *c)
{
	const struct bt_gate_config *cfg = c->policy->cfg;
	struct bt_ws *w = bt_ws(c);
	bool ending = w->ending;
	uint64_t idle = cfg->proxy.idle_ms, used;

	down(c);
	if (!over(c))
		up(c);
	if (over(c))
		return;
	if (w->ending) {
		/* cppcheck-suppress oppositeInnerCondition ; down and up set it */
		if (!ending)
			bt_conn_deadline(c, ENDING_MS);
		return;
	}
	if (cfg->proxy.max_tunnel_ms) {
		used = bt_now_ms() - w->since_ms;
		used = used < cfg->proxy.max_tunnel_ms ? cfg->proxy.max_tunnel_ms - used : 1;
		idle = used < idle ? used : idle;
	}
	bt_conn_deadline(c, idle);
}

static void enter(struct bt_conn *c)
{
	struct bt_ws *w = bt_ws(c);

	w->since_ms = bt_now_ms();
	if (c->aim.route && c->aim.route->echo)
		w->echo = bt_echo_new(c->aim.route->echo);
	w->msg = BT_BUF((size_t)c->policy->cfg->body.max_body_bytes + BT_WS_HEAD);
	bt_leg_pause(&c->up, false);
	turn(c);
}

static void client(struct bt_conn *c, enum bt_leg_event ev)
{
	if (ev == BT_LEG_FAIL)
		bt_conn_close(c);
	else
		turn(c);
}

/* A server that ends without a goodbye has still said what it said. */
static void upstream(struct bt_conn *c, enum bt_leg_event ev)
{
	(void)ev;
	turn(c);
}

static void fini(struct bt_conn *c)
{
	struct bt_ws *w = bt_ws(c);
	struct bt_event ev = bt_conn_event(c, "ws_close", BT_ALLOW);

	if (w->msg.len)
		c->gate->held -= w->msg.len - BT_WS_HEAD;
	bt_buf_wipe(&w->msg);
	bt_echo_free(w->echo);
	bt_wipe(&w->data, sizeof w->data);
	bt_wipe(&w->signals, sizeof w->signals);
	bt_wipe(w->in.control, sizeof w->in.control);
	c->gate->stats.bytes_out += c->up.nwritten;
	c->gate->stats.bytes_in += c->up.nread;
	ev.route = c->aim.route ? c->aim.route->n : 0;
	ev.bytes_out = (int64_t)c->up.nwritten;
	ev.bytes_in = (int64_t)c->up.nread;
	ev.ms = (double)(bt_now_ms() - w->since_ms);
	if (c->policy->cfg->log.allowed)
		bt_gate_event(c->gate, &ev);
}

const struct bt_stage_ops bt_stage_ws = {
	.name = "ws",
	.state_size = sizeof(struct bt_ws),
	.enter = enter,
	.client = client,
	.upstream = upstream,
	.fini = fini,
};
