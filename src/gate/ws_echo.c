/* ws_echo.c - what a WebSocket's server says, on a route with a credential: the fragments of a
 * message are looked through as one text, a control frame for itself. Frames go out as they came:
 * while of a payload something is kept back, so is what is behind it. At the end of a message
 * nothing is kept back, for its receiver may have to answer it. */
#include "echo.h"

#include "ws.h"

enum kind { READY, PAYLOAD }; /* of a byte of the wire: it is as it will be; it is not decided */

static bool is_control(const struct bt_echo *o)
{
	return o->ws.first & 0x08;
}

static bool ends_message(const struct bt_echo *o)
{
	return (o->ws.first & 0x80) && !is_control(o);
}

static int put(struct bt_echo *o, const uint8_t *p, size_t n, enum kind kind, struct bt_err *e)
{
	uint8_t *as = n ? bt_buf_reserve(&o->ws.kind, n, e) : NULL;

	if (n && (!as || bt_buf_add(&o->ws.wire, p, n, e) < 0))
		return -1;
	for (size_t i = 0; i < n; i++)
		as[i] = (uint8_t)kind;
	bt_buf_commit(&o->ws.kind, n);
	return 0;
}

/* Bytes of a control frame's payload: they wait until it is whole. */
static int control(struct bt_echo *o, struct bt_str text, struct bt_err *e)
{
	struct bt_buf *b = &o->ws.control;

	if (bt_buf_add(b, text.p, text.n, e) < 0)
		return -1;
	if (o->ws.at.left)
		return 0;
	o->run.found += bt_redact_text(o->set, (char *)b->p, b->len);
	int rc = put(o, b->p, b->len, READY, e);

	bt_buf_clear(b);
	return rc;
}

static int payload(struct bt_echo *o, struct bt_str text, struct bt_err *e)
{
	if (is_control(o))
		return control(o, text, e);
	if (put(o, (const uint8_t *)text.p, text.n, PAYLOAD, e) < 0 ||
	    bt_redact_feed(o->set, &o->run, text, &o->ws.plain, e) < 0)
		return -1;
	if (o->ws.at.left || !ends_message(o))
		return 0;
	return bt_redact_pause(o->set, &o->run, &o->ws.plain, e);
}

/* One run of bytes that are all head or all payload. */
static int step(struct bt_echo *o, const uint8_t *p, size_t n, size_t *used, struct bt_err *e)
{
	struct bt_ws_track *at = &o->ws.at;
	struct bt_str text = { (const char *)p, 0 };

	if (at->lost) /* nobody reads it as frames any more */
		return bt_fail(e, BT_PROTO, "no frame");
	if (at->left == 0) {
		if (bt_ws_between(at))
			o->ws.first = *p;
		*used = bt_ws_track(at, p, 1, false);
		if (put(o, p, 1, READY, e) < 0)
			return -1;
		return bt_ws_between(at) ? payload(o, text, e) : 0; /* it has none */
	}
	text.n = *used = n < at->left ? n : (size_t)at->left;
	(void)bt_ws_track(at, p, text.n, false);
	return payload(o, text, e);
}

/* What may go out, in the order in which it came. */
static int emit(struct bt_echo *o, struct bt_err *e)
{
	size_t n = 0, plain = 0;

	for (; n < o->ws.wire.len; n++) {
		if (o->ws.kind.p[n] == READY)
			continue;
		if (plain == o->ws.plain.len)
			break;
		o->ws.wire.p[n] = o->ws.plain.p[plain++];
	}
	if (bt_buf_add(&o->out, o->ws.wire.p, n, e) < 0)
		return -1;
	bt_buf_eat(&o->ws.wire, n);
	bt_buf_eat(&o->ws.kind, n);
	bt_buf_eat(&o->ws.plain, plain);
	return 0;
}

bool bt_ws_echo(struct bt_conn *c, struct bt_echo *o, const uint8_t *p, size_t n)
{
	struct bt_err e = { 0 };

	for (size_t at = 0, used = 0; at < n; at += used)
		if (step(o, p + at, n - at, &used, &e) < 0)
			return false;
	if (emit(o, &e) < 0)
		return false;
	bt_echo_tell(c, c->aim.route, (size_t)o->run.found, &o->told);
	o->run.found = 0;
	if (o->out.len && bt_leg_send(&c->client, o->out.p, o->out.len) < 0)
		return false;
	bt_buf_clear(&o->out);
	return true;
}
