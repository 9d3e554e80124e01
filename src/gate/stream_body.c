/* stream_body.c - a large body in pieces: from the client into the scanner and, once looked at, to
 * the upstream. A finding breaks the request off before its end, so no server takes it for whole.
 */
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"
#include "http.h"

/* What of one upload may wait for its verdict, and be looked at where it waits; with what a decoder
 * holds it is counted among the bodies in memory while it lasts. */
#define HOLD BT_LIM_SCAN_HELD
#define ANSWER_WAIT_MS 600000u

static struct bt_stream *stream(struct bt_conn *c)
{
	return bt_http(c)->x.stream;
}

static bool over(struct bt_conn *c)
{
	return c->closed || c->stage != &bt_stage_http || bt_http(c)->phase != BT_PH_RELAY;
}

void bt_stream_free(struct bt_stream *s)
{
	if (!s)
		return;
	bt_scan_coded_close(s->scan);
	bt_rows_free(s->rows);
	free(s);
}

/* Uploads at once are bounded like bodies that wait, each by what it may come to hold. */
static bool crowded(struct bt_conn *c, uint64_t more, struct bt_denial *d)
{
	if (c->gate->held <= bt_http(c)->x.body.len ||
	    c->gate->held + more <= c->policy->cfg->limits.body_bytes)
		return false;
	bt_deny(d, 503, "limit", "gate.limits.body_bytes", "too many request bodies at once");
	return true;
}

static bool begin(struct bt_conn *c, uint64_t hold)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_denial d;

	if (crowded(c, hold, &d)) {
		bt_http_refuse(c, "", &d);
		return false;
	}
	x->stream = bt_calloc(1, sizeof *x->stream);
	x->stream->held = hold;
	c->gate->held += hold;
	return true;
}

bool bt_stream_begin(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	const struct bt_policy *p = c->policy;
	struct bt_str coding = bt_policy_stream_coding(x->req);
	struct bt_err e = { 0 };

	if (!begin(c, HOLD + (p->cfg->body.enabled ? bt_scan_coded_memory(coding) : 0)))
		return true;
	if (p->cfg->body.enabled &&
	    bt_scan_coded_open(&x->stream->scan, p->scanner, p->scratch, coding,
	                       p->cfg->body.max_body_bytes, &e) < 0) {
		bt_http_bad(c, 503, e.msg);
		return true;
	}
	if (x->body.max < HOLD)
		x->body.max = HOLD;
	return bt_http_judge(c);
}

bool bt_stream_begin_rows(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_denial d;
	size_t used;

	if (!begin(c, 0)) /* what it holds is counted as it comes */
		return true;
	x->stream->rows = bt_rows_new();
	x->body.max = (size_t)c->policy->cfg->body.max_body_bytes + BT_GRPC_PREFIX;
	if (!bt_rows_look(c, bt_buf_str(&x->body), false, &used, &d)) {
		bt_http_refuse(c, "blocked: ", &d);
		return true;
	}
	x->stream->fed = used;
	return bt_http_judge(c);
}

/* The upstream must not take what it has for the whole: it is left without a goodbye. */
static void broken_off(struct bt_conn *c, const struct bt_denial *d)
{
	bt_conn_drop_up(c);
	if (!bt_http(c)->x.answered) {
		bt_http_refuse(c, "blocked: ", d);
		return;
	}
	bt_conn_denied(c, BT_RULING_DENY, d);
	bt_conn_close(c);
}

static void malformed(struct bt_conn *c, int status, const char *why)
{
	struct bt_denial d;

	bt_conn_drop_up(c);
	if (!bt_http(c)->x.answered) {
		bt_http_bad(c, status, why);
		return;
	}
	bt_deny(&d, status, "parser", "http1", "%s", why);
	bt_conn_denied(c, BT_RULING_DENY, &d);
	bt_conn_close(c);
}

static void hold(struct bt_conn *c, struct bt_str data)
{
	struct bt_err never = { 0 }; /* the caller left room */

	if (bt_buf_add(&bt_http(c)->x.body, data.p, data.n, &never) == 0)
		c->gate->held += data.n;
}

static bool take_length(struct bt_conn *c, size_t room)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_buf *in = &c->client.in;
	size_t n = in->len < room ? in->len : room;

	n = n < x->in_left ? n : (size_t)x->in_left;
	hold(c, (struct bt_str){ (const char *)in->p, n });
	bt_buf_eat(in, n);
	x->in_left -= n;
	x->stream->whole = x->in_left == 0;
	return n || x->stream->whole;
}

static bool take_chunks(struct bt_conn *c, size_t room)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_str in = bt_buf_str(&c->client.in), data = { NULL, 0 };
	struct bt_err e = { 0 };
	size_t used = 0;
	int s;

	in.n = in.n < room ? in.n : room;
	s = bt_chunked_step(&x->in_chunk, in, &used, &data, &e);
	if (s < 0) {
		malformed(c, 400, e.msg);
		return false;
	}
	if (s == BT_CHUNK_DATA)
		hold(c, data);
	bt_buf_eat(&c->client.in, used);
	x->stream->whole = s == BT_CHUNK_END;
	return used || x->stream->whole;
}

/* What the leg put where it belongs by itself. */
static bool taken(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	size_t n = x->stream->asked - c->client.sink_left;

	x->stream->asked = c->client.sink_left;
	c->gate->held += n;
	x->in_left -= n;
	x->stream->whole |= n && x->in_left == 0;
	return n != 0;
}

/* How much more of the body may come now. Where the upstream does not keep up, the client waits,
 * and no full buffer is moved to its front for each record that left. */
static size_t room_for(struct bt_conn *c)
{
	const struct bt_exchange *x = &bt_http(c)->x;
	size_t max = x->stream->rows ? x->body.max : HOLD;

	return c->up.out.len || x->body.len >= max ? 0 : max - x->body.len;
}

/* A body of a known length needs no look at its framing: the leg reads it to where it is looked at
 * and written from. */
static void ask(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_stream *s = x->stream;
	size_t n = room_for(c);
	struct bt_err never = { 0 }; /* within the body's limit */

	if (x->req->body != BT_BODY_LENGTH || s->whole || c->client.pipe || c->client.in.len)
		return;
	n = n < x->in_left ? n : (size_t)x->in_left;
	s->asked = n;
	if (n && x->body.cap) /* once, and what is left to its front while it is little */
		(void)bt_buf_reserve(&x->body, n, &never);
	bt_leg_into(&c->client, &x->body, n);
}

/* More of the client's body, if there is any and room for it. */
static bool take(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	size_t room = room_for(c);
	struct bt_denial d;

	if (taken(c))
		return true;
	if (x->stream->whole || room == 0)
		return false;
	if (x->stream->rows && crowded(c, c->client.in.len, &d)) {
		broken_off(c, &d);
		return false;
	}
	if (x->req->body == BT_BODY_CHUNKED ? take_chunks(c, room) : take_length(c, room))
		return true;
	if (!over(c) && c->client.eof)
		malformed(c, 400, "request ended inside its body");
	return false;
}

static void judge(struct bt_conn *c)
{
	struct bt_stream *s = stream(c);
	const struct bt_to to = bt_http_to(&bt_http(c)->x);
	struct bt_denial d;
	enum bt_ruling r;

	if (s->found.n == 0)
		return;
	r = bt_policy_streamed(c->policy, &s->found, &to, &d);
	if (r == BT_RULING_DENY) {
		broken_off(c, &d);
		return;
	}
	s->found.n = 0; /* else nothing would be passed any more */
	if (r == BT_RULING_PASS)
		return;
	if (!s->warned)
		bt_conn_denied(c, r, &d);
	s->warned = true;
}

/* Message by message. */
static bool look_at_rows(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_stream *s = x->stream;
	size_t known = (size_t)(s->fed - s->sent), used;
	struct bt_str news = { (const char *)x->body.p + known, x->body.len - known };
	bool was = s->judged;
	struct bt_denial d;

	if (!bt_rows_look(c, news, s->whole, &used, &d)) {
		broken_off(c, &d);
		return false;
	}
	s->fed += used;
	s->judged = s->whole;
	return used || s->judged != was;
}

static bool look(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_stream *s = x->stream;
	uint64_t came = s->sent + x->body.len;
	struct bt_err e = { 0 };
	struct bt_denial d;
	int rc = 0;

	if (came == s->fed && (!s->whole || s->judged))
		return false;
	s->fed = came;
	if (s->scan)
		rc = bt_scan_coded_feed(s->scan, &x->body, s->sent, &s->found, &e);
	if (rc == 0 && s->whole && s->scan)
		rc = bt_scan_coded_end(s->scan, &x->body, s->sent, &s->found, &e);
	if (rc < 0) {
		bt_deny(&d, 403, "body_dlp", "unscannable", "%s", e.msg);
		broken_off(c, &d);
		return false;
	}
	s->judged = s->whole;
	judge(c);
	return !over(c);
}

/* Until the next byte, from whoever is waited for. Between two messages there may be silence. */
static uint64_t patience(struct bt_conn *c)
{
	const struct bt_exchange *x = &bt_http(c)->x;
	const struct bt_stream *s = x->stream;
	bool between = s->rows && s->fed - s->sent == x->body.len;

	return s->done   ? ANSWER_WAIT_MS
	       : between ? c->policy->cfg->proxy.idle_ms
	                 : c->policy->cfg->limits.header_ms;
}

void bt_stream_pump(struct bt_conn *c)
{
	bool moved = true;

	while (moved && !over(c)) {
		moved = take(c);
		moved = (!over(c) && (stream(c)->rows ? look_at_rows(c) : look(c))) || moved;
		moved = (!over(c) && bt_stream_release(c)) || moved;
	}
	if (over(c))
		return;
	ask(c);
	bt_leg_more(&c->client);
	if (stream(c)->done && bt_http(c)->x.relayed) {
		bt_http_relay(c);
		return;
	}
	if (!bt_http(c)->x.answered)
		bt_conn_deadline(c, patience(c));
}

void bt_stream_late(struct bt_conn *c)
{
	if (c->up.out.len)
		bt_http_up_failed(c, "timeout");
	else
		malformed(c, 408, "the request did not arrive in time");
}
