/* http_relay.c - the answer goes back as it came: only what belongs to the hop is changed, and
 * framing that two readers could take differently ends it. */
#include "http.h"

#include <string.h>

static void broken(struct bt_conn *c, const char *why)
{
	bt_http_up_failed(c, why);
}

static bool hop_field(struct bt_str name)
{
	static const char *const all[] = { "connection", "keep-alive", "proxy-connection",
		                           "proxy-authenticate", "upgrade" };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (bt_str_ieq(name, bt_str(all[i])))
			return true;
	return false;
}

static int copy_fields(struct bt_buf *b, const struct bt_exchange *x, const struct bt_http_head *a,
                       struct bt_err *e)
{
	for (size_t i = 0; i < a->nfields; i++) {
		struct bt_str n = a->fields[i].name, v = a->fields[i].value;

		if (hop_field(n) ||
		    (x->unchunk && (bt_str_ieq(n, BT_STR_LIT("transfer-encoding")) ||
		                    bt_str_ieq(n, BT_STR_LIT("trailer")))))
			continue;
		if (bt_buf_add(b, n.p, n.n, e) < 0 || bt_buf_add(b, ": ", 2, e) < 0 ||
		    bt_buf_add(b, v.p, v.n, e) < 0 || bt_buf_add(b, "\r\n", 2, e) < 0)
			return -1;
	}
	return 0;
}

static int forward_head(struct bt_conn *c, const struct bt_http_head *a, struct bt_err *e)
{
	struct bt_exchange *x = &bt_http(c)->x;
	BT_OWN_BUF b = BT_BUF(2 * BT_LIM_HTTP_HEAD + 1024);
	char line[] = "HTTP/1.1 000 ";

	for (unsigned i = 0, left = a->status; i < 3; i++, left /= 10)
		line[11 - i] = (char)('0' + left % 10);
	if (bt_buf_add(&b, line, sizeof line - 1, e) < 0 ||
	    bt_buf_add(&b, a->reason.p, a->reason.n, e) < 0 || bt_buf_add(&b, "\r\n", 2, e) < 0 ||
	    copy_fields(&b, x, a, e) < 0 ||
	    bt_buf_addf(&b, e, "%s\r\n",
	                x->end_after && a->status >= 200 ? "Connection: close\r\n" : "") < 0)
		return -1;
	bt_echo_head(c, &b);
	return bt_leg_send(&c->client, b.p, b.len);
}

/* 1: the head went on; 0: wait; -1: over. */
static int final_head(struct bt_conn *c, struct bt_http_head *a)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_err e = { 0 };

	if (bt_echo_refuses(c, a) || bt_http_rules_hold(c, a))
		return -1;
	if (x->route && x->route->echo && a->body != BT_BODY_NONE)
		x->echo = bt_echo_new(x->route->echo);
	x->status = a->status;
	x->out_body = a->body;
	x->out_left = a->length;
	x->up_keeps = a->keep_alive && bt_http_sent(x);
	x->unchunk = a->body == BT_BODY_CHUNKED && x->req->minor == 0;
	if (a->body == BT_BODY_EOF || (x->stream && !x->stream->whole && a->status >= 300))
		x->end_after = true;
	x->answered = true;
	if (forward_head(c, a, &e) < 0) {
		bt_conn_close(c);
		return -1;
	}
	bt_conn_deadline(c, c->policy->cfg->proxy.idle_ms);
	return 1;
}

static int interim(struct bt_conn *c, struct bt_http_head *a, size_t len)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_err e = { 0 };

	if (a->status == 101 && x->ws) {
		if (!bt_http_rules_hold(c, a))
			bt_http_switch(c, a, len);
		return -1;
	}
	if (a->status == 101 || ++x->interims > BT_LIM_HTTP_INTERIM) {
		broken(c, a->status == 101 ? "upgrade nobody asked for" : "too many 1xx answers");
		return -1;
	}
	bt_http(c)->seen_up = 0;
	/* RFC 9110 §15.2: passed on, but for the 100 that this client got from us already. */
	if (a->status != 100 && x->req->minor > 0 && forward_head(c, a, &e) < 0) {
		bt_conn_close(c);
		return -1;
	}
	return 0;
}

/* Heads until the final one. 1: it went on; 0: more bytes are needed; -1: over. */
static int read_answer(struct bt_conn *c)
{
	struct bt_http *h = bt_http(c);
	struct bt_buf *in = &c->up.in;
	struct bt_http_head a;

	for (;;) {
		struct bt_err e = { 0 };
		size_t len = 0;
		int r = bt_http_head_end(in->p, in->len, &h->seen_up, &len, &e);

		h->x.got |= in->len != 0;
		if (r == 0 && in->len <= c->policy->cfg->limits.header_bytes)
			return 0;
		if (r <= 0 || len > c->policy->cfg->limits.header_bytes ||
		    bt_http_response(&a, in->p, len, h->x.req->method, &e) < 0) {
			broken(c, r == 0 || !e.code ? "answer's head too long" : e.msg);
			return -1;
		}
		bt_echo_trim(h->x.route, &a);
		if (a.status >= 200) {
			r = final_head(c, &a);
			bt_buf_eat(in, r < 0 ? 0 : len);
			return r;
		}
		if (interim(c, &a, len) < 0)
			return -1;
		bt_buf_eat(in, len);
	}
}

/* Bytes for the client; false: no room now, or gone. */
static bool pass(struct bt_conn *c, const void *p, size_t n)
{
	struct bt_exchange *x = &bt_http(c)->x;

	if (bt_leg_send(&c->client, p, n) < 0) {
		bt_conn_close(c);
		return false;
	}
	x->in_bytes += n;
	return true;
}

/* How much of what waits may go now. */
static size_t share(struct bt_conn *c)
{
	size_t room = bt_leg_room(&c->client), n = c->up.in.len;

	if (bt_http(c)->x.echo)
		return bt_echo_share(bt_http(c)->x.echo, n, room);
	return n < room ? n : room;
}

/* 1: the body is complete; 0: wait; -1: over. */
static int relay_plain(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	size_t n = share(c);
	bool last = c->up.eof && n == c->up.in.len;

	if (x->out_body == BT_BODY_LENGTH && n > x->out_left)
		n = (size_t)x->out_left;
	if (x->out_body == BT_BODY_LENGTH)
		last = n == x->out_left;
	if (x->echo && !bt_echo_pass(c, (struct bt_str){ (char *)c->up.in.p, n }, last))
		return -1;
	if (!x->echo && n && !pass(c, c->up.in.p, n))
		return -1;
	bt_buf_eat(&c->up.in, n);
	if (x->out_body == BT_BODY_LENGTH)
		return (x->out_left -= n) == 0;
	return c->up.eof && c->up.in.len == 0;
}

static int relay_chunks(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;

	if (x->echo)
		return bt_echo_chunks(c, share(c));
	for (;;) {
		struct bt_str in = { (char *)c->up.in.p, share(c) }, data = { NULL, 0 };
		struct bt_err e = { 0 };
		size_t used = 0;
		int s = bt_chunked_step(&x->out_chunk, in, &used, &data, &e);

		if (s < 0) {
			broken(c, e.msg);
			return -1;
		}
		if (!x->unchunk)
			data = (struct bt_str){ in.p, used };
		if (data.n && !pass(c, data.p, data.n))
			return -1;
		bt_buf_eat(&c->up.in, used);
		if (s != BT_CHUNK_DATA)
			return s == BT_CHUNK_END;
	}
}

static void finish(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_event ev = bt_conn_event(c, "request", BT_ALLOW);

	if (x->stream && !x->stream->whole) /* what still comes is none of a next request's */
		x->end_after = true;
	c->gate->stats.allowed++;
	c->gate->stats.bytes_out += bt_http_bytes(x);
	c->gate->stats.bytes_in += x->in_bytes;
	c->stage->describe(c, &ev);
	ev.status = (int)x->status;
	ev.bytes_out = (int64_t)bt_http_bytes(x);
	ev.bytes_in = (int64_t)x->in_bytes;
	ev.ms = (double)(bt_now_ms() - x->began_ms);
	if (c->policy->cfg->log.allowed)
		bt_gate_event(c->gate, &ev);
	c->up_free = true;
	/* More bytes than the answer had: it was not what we thought (F17). */
	if (!x->up_keeps || c->up.in.len || c->up.eof || c->up.failed)
		bt_conn_drop_up(c);
	else
		bt_leg_more(&c->up);
	bt_http_done(c);
}

/* The upstream says no more, and something is missing. */
static void cut_short(struct bt_conn *c)
{
	if (c->up.failed)
		broken(c, c->up.err.msg);
	else
		broken(c, "connection closed before the answer was complete");
}

/* 1: the answer is complete; 0: wait; -1: over. */
static int relay(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	int done;

	bt_leg_cork(&c->client);
	done = x->answered ? 1 : read_answer(c);
	if (done == 1 && !x->relayed)
		done = x->out_body == BT_BODY_NONE      ? 1
		       : x->out_body == BT_BODY_CHUNKED ? relay_chunks(c)
		                                        : relay_plain(c);
	bt_leg_uncork(&c->client);
	return done;
}

/* A server may say yes before it has read everything, and read on. */
static bool still_sending(struct bt_conn *c)
{
	const struct bt_exchange *x = &bt_http(c)->x;

	return x->stream && !x->stream->done && x->status < 300 && !c->up.eof && !c->up.failed;
}

void bt_http_relay(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	int done = relay(c);

	if (done < 0 || c->closed)
		return;
	if (done && still_sending(c)) {
		x->relayed = true;
		return;
	}
	if (done) {
		finish(c);
		return;
	}
	if ((c->up.eof || c->up.failed) && share(c) == c->up.in.len) {
		cut_short(c);
		return;
	}
	if (bt_leg_is_full(&c->client))
		bt_leg_pause(&c->up, true);
	bt_leg_more(&c->up);
	if (x->answered)
		bt_conn_deadline(c, c->policy->cfg->proxy.idle_ms);
}
