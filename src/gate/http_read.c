/* http_read.c - a request arrives: its head whole, then its body whole. */
#include "http.h"

#include <string.h>

#include "bottle/mem.h"

#define ROOM_FIRST (256u * 1024u) /* of a body that is larger */
#define WORTH_IT 4096u            /* a smaller one is copied for less than a buffer costs */

/* RFC 9112 §2.2: one empty line before a request is forgiven. */
static void skip_empty_line(struct bt_conn *c)
{
	struct bt_buf *in = &c->client.in;

	if (in->len >= 2 && bt_http(c)->seen == 0 && in->p[0] == '\r' && in->p[1] == '\n')
		bt_buf_eat(in, 2);
}

static bool take_head(struct bt_conn *c, size_t len)
{
	struct bt_http *h = bt_http(c);
	struct bt_exchange *x = &h->x;
	struct bt_err e = { 0 };

	x->nraw = len;
	x->raw = memcpy(bt_calloc(len, 1), c->client.in.p, len);
	bt_buf_eat(&c->client.in, len);
	x->began_ms = bt_now_ms();
	c->gate->stats.requests++;
	bt_tidy_later(c->gate);
	bt_conn_repin(c);
	if (bt_http_request(x->req, (uint8_t *)x->raw, len, &e) < 0) {
		bt_http_bad(c, e.code == BT_LIMIT ? 431 : 400, e.msg);
		return true;
	}
	if (x->req->nfields > c->policy->cfg->limits.headers) {
		bt_http_bad(c, 431, "too many header fields");
		return true;
	}
	if (x->req->target.n > BT_LIM_HTTP_TARGET) {
		bt_http_bad(c, 414, "request target too long");
		return true;
	}
	return bt_http_route(c);
}

static bool head_too_long(struct bt_conn *c)
{
	const struct bt_buf *in = &c->client.in;
	bool line =
	        memchr(in->p, '\n', in->len < BT_LIM_HTTP_TARGET ? in->len : BT_LIM_HTTP_TARGET);

	bt_http_bad(c, line ? 431 : 414, line ? "header too long" : "request line too long");
	return true;
}

bool bt_http_read_head(struct bt_conn *c)
{
	struct bt_http *h = bt_http(c);
	struct bt_buf *in = &c->client.in;
	size_t max = c->policy->cfg->limits.header_bytes, len = 0;
	bool fresh = h->seen == 0;
	struct bt_err e = { 0 };
	int whole;

	skip_empty_line(c);
	if (in->len == 0) {
		if (c->client.eof)
			bt_conn_close(c);
		return false;
	}
	if (fresh && !bt_http_tchar(in->p[0]) && in->p[0] != '\r') {
		bt_http_bad(c, 400, "not HTTP");
		return true;
	}
	whole = bt_http_head_end(in->p, in->len, &h->seen, &len, &e);
	if (whole < 0) {
		bt_http_bad(c, 400, e.msg);
		return true;
	}
	if (whole ? len > max : in->len > max)
		return head_too_long(c);
	/* Above limits.buffer_bytes no more of it is read: waiting would not make it whole. */
	if (!whole && in->len >= bt_leg_in_max(&c->client))
		return head_too_long(c);
	if (whole)
		return take_head(c, len);
	if (c->client.eof)
		bt_http_bad(c, 400, "request ended inside its head");
	else if (fresh)
		bt_conn_deadline(c, c->policy->cfg->limits.header_ms);
	return c->client.eof;
}

static bool too_large(struct bt_conn *c)
{
	struct bt_denial d;

	bt_deny(&d, 403, "body_dlp", "request_body_scanning.max_body_bytes",
	        "request body exceeds max_body_bytes (%llu)",
	        (unsigned long long)c->policy->cfg->body.max_body_bytes);
	bt_http_refuse(c, "blocked: ", &d);
	return true;
}

/* Bodies wait in memory until they are judged: all of an agent's together must fit. */
static bool too_many(struct bt_conn *c)
{
	struct bt_denial d;

	bt_deny(&d, 503, "limit", "gate.limits.body_bytes", "too many request bodies at once");
	bt_http_refuse(c, "", &d);
	return true;
}

enum keep { KEPT, STREAMED, TOO_LARGE, TOO_MANY };

/* More of the body; a lone one may always be as large as max_body_bytes says. */
static enum keep keep(struct bt_conn *c, const void *p, size_t n)
{
	struct bt_buf *body = &bt_http(c)->x.body;
	uint64_t others = c->gate->held - body->len;
	struct bt_err e = { 0 };

	if (others && c->gate->held + n > c->policy->cfg->limits.body_bytes)
		return TOO_MANY;
	bool fits = bt_buf_add(body, p, n, &e) == 0;

	if (!fits && !c->policy->cfg->body.stream)
		return TOO_LARGE;
	body->max += fits ? 0 : n;
	if (!fits && bt_buf_add(body, p, n, &e) < 0)
		return TOO_LARGE;
	c->gate->held += n;
	return fits ? KEPT : STREAMED;
}

static bool not_kept(struct bt_conn *c, enum keep k)
{
	return k == TOO_LARGE ? too_large(c) : too_many(c);
}

static bool body_whole(struct bt_conn *c)
{
	bt_http(c)->phase = BT_PH_REACH;
	return bt_http_judge(c);
}

/* For what was announced, not by doubling; for a large body when its first part has come, since
 * who only announces one gets no memory for it. */
static void make_room(struct bt_exchange *x, size_t n)
{
	struct bt_buf *b = &x->body;
	struct bt_err never = { 0 }; /* the length was held against the limit */
	size_t all = (size_t)x->in_left;

	if (b->off + b->len + n > b->cap)
		(void)bt_buf_reserve(b, b->len || all < ROOM_FIRST ? all : ROOM_FIRST, &never);
}

/* All of the body is there and nothing behind it: no copy, the buffer itself. Where the head stood
 * in it there may be room for the one that is sent (http_send.c). */
static bool take_over(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_buf *in = &c->client.in;
	size_t max = x->body.max, n = in->len;

	if (x->body.cap || n != x->in_left || n < WORTH_IT || c->client.pipe ||
	    (c->gate->held && c->gate->held + n > c->policy->cfg->limits.body_bytes))
		return false;
	x->body = *in;
	x->body.max = max;
	*in = BT_BUF(in->max);
	c->gate->held += n;
	x->in_left = 0;
	return true;
}

/* The body of Content-Length: what belongs to it and nothing more. */
static bool read_length(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_buf *in = &c->client.in;
	size_t n = in->len < x->in_left ? in->len : (size_t)x->in_left;

	if (take_over(c))
		return body_whole(c);
	make_room(x, n);
	enum keep k = keep(c, in->p, n);

	if (k != KEPT)
		return not_kept(c, k);
	bt_buf_eat(in, n);
	x->in_left -= n;
	return x->in_left == 0 ? body_whole(c) : false;
}

static bool read_chunks(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_buf *in = &c->client.in;

	for (;;) {
		struct bt_str data = { NULL, 0 };
		struct bt_err e = { 0 };
		size_t used = 0;
		int s = bt_chunked_step(&x->in_chunk, bt_buf_str(in), &used, &data, &e);

		if (s < 0) {
			bt_http_bad(c, 400, e.msg);
			return true;
		}
		enum keep k = s == BT_CHUNK_DATA ? keep(c, data.p, data.n) : KEPT;

		if (k != KEPT && k != STREAMED)
			return not_kept(c, k);
		bt_buf_eat(in, used);
		if (k == STREAMED)
			return bt_stream_begin(c);
		if (s == BT_CHUNK_END)
			return body_whole(c);
		if (s == BT_CHUNK_MORE)
			return bt_rows_begun(c) && bt_stream_begin_rows(c);
	}
}

bool bt_http_read_body(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	bool chunked = x->req->body == BT_BODY_CHUNKED;
	uint64_t max = c->policy->cfg->body.max_body_bytes;
	bool go;

	if (x->body.max == 0) { /* its first look */
		x->body.max = max;
		x->in_left = x->req->length;
		if (!chunked && x->in_left > max)
			return c->policy->cfg->body.stream ? bt_stream_begin(c) : too_large(c);
	}
	go = chunked ? read_chunks(c) : read_length(c);
	if (c->closed || c->stage != &bt_stage_http || go || bt_http(c)->phase != BT_PH_BODY)
		return go;
	if (c->client.eof)
		bt_http_bad(c, 400, "request ended inside its body");
	else
		bt_conn_deadline(c, c->policy->cfg->limits.header_ms);
	return c->client.eof;
}
