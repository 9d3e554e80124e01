/* http_send.c - a request that passed goes out: to whom, with which head. */
#include "field_ends.h"
#include "http.h"
#include "ws.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_WAIT_MS 600000u /* for the first byte of an answer: models think for long */

/* Named in Connection: hop by hop because the sender says so. */
static bool named_in_connection(const struct bt_http_head *h, struct bt_str name)
{
	for (size_t i = 0; i < h->nfields; i++) {
		struct bt_str list = h->fields[i].value, item;

		if (!bt_str_ieq(h->fields[i].name, BT_STR_LIT("connection")))
			continue;
		while (list.n) {
			(void)bt_str_cut(&list, ',', &item);
			if (bt_str_ieq(bt_str_trim(item), name))
				return true;
		}
	}
	return false;
}

static int add(struct bt_buf *b, struct bt_str s, struct bt_err *e)
{
	return bt_buf_add(b, s.p, s.n, e);
}

static int write_host(struct bt_buf *b, const struct bt_exchange *x, struct bt_err *e)
{
	bool v6 = x->host.kind == BT_HOST_V6;

	if (bt_buf_add(b, "Host: [", v6 ? 7 : 6, e) < 0 ||
	    bt_buf_add(b, x->host.s, x->host.n, e) < 0 || bt_buf_add(b, "]", v6 ? 1 : 0, e) < 0)
		return -1;
	if (x->port != (x->https ? 443 : 80) && bt_buf_addf(b, e, ":%u", x->port) < 0)
		return -1;
	return bt_buf_add(b, "\r\n", 2, e);
}

static int write_framing(struct bt_buf *b, const struct bt_exchange *x, struct bt_err *e)
{
	if (x->req->body == BT_BODY_NONE)
		return 0;
	if (x->stream && x->req->body == BT_BODY_CHUNKED)
		return bt_buf_addf(b, e, "Transfer-Encoding: chunked\r\n");
	return bt_buf_addf(b, e, "Content-Length: %llu\r\n",
	                   (unsigned long long)(x->stream ? x->req->length : x->body.len));
}

static int write_head(struct bt_exchange *x, struct bt_err *e)
{
	struct bt_buf *b = &x->head;
	const struct bt_http_head *h = x->req;
	bool slash = x->path.n && x->path.p[0] == '/';

	*b = BT_BUF(2 * BT_LIM_HTTP_HEAD + 1024);
	if (add(b, h->method, e) < 0 || bt_buf_add(b, " /", slash ? 1 : 2, e) < 0 ||
	    add(b, x->path, e) < 0 || bt_buf_add(b, " HTTP/1.1\r\n", 11, e) < 0 ||
	    write_host(b, x, e) < 0)
		return -1;
	for (size_t i = 0; i < h->nfields; i++) {
		const struct bt_http_field *f = &h->fields[i];

		if (bt_field_ends_here(f->name) || bt_ws_ends_here(f->name) ||
		    (x->route && bt_inject_ends_here(x->route, f->name)) ||
		    (named_in_connection(h, f->name) && !bt_edits_set(x->edits, f->name)))
			continue;
		if (add(b, f->name, e) < 0 || bt_buf_add(b, ": ", 2, e) < 0 ||
		    add(b, f->value, e) < 0 || bt_buf_add(b, "\r\n", 2, e) < 0)
			return -1;
	}
	if (write_framing(b, x, e) < 0)
		return -1;
	if ((x->ws && bt_ws_ask(b, e) < 0) || (x->route && bt_inject_write(x->route, b, e) < 0))
		return -1;
	return bt_buf_add(b, "\r\n", 2, e);
}

/* RFC 9110 §9.2.2, and nothing in it that would have to be sent twice. */
static bool repeatable(const struct bt_exchange *x)
{
	static const char *const safe[] = { "GET", "HEAD", "PUT", "DELETE", "OPTIONS" };

	for (size_t i = 0; !x->stream && x->body.len == 0 && i < sizeof safe / sizeof *safe; i++)
		if (bt_str_eq(x->req->method, bt_str(safe[i])))
			return true;
	return false;
}

/* The upstream at hand, or one that was kept. What cannot be repeated asks the socket first whether
 * its end has come already. */
static bool up_serves(struct bt_conn *c, const struct bt_peer *to)
{
	const struct bt_leg *up = &c->up;
	bool open = bt_leg_is_open(up) && !up->failed && !up->eof && !up->shut;

	if (open && bt_peer_same(&c->up_to, to) &&
	    (!c->up_free || repeatable(&bt_http(c)->x) || bt_leg_quiet(up)))
		return true;
	bt_conn_release_up(c);
	return !bt_http(c)->x.retried && !bt_h2_up_may(c, to) && bt_pool_take(c, to);
}

static bool start_tls(struct bt_conn *c)
{
	struct bt_tls *t = NULL;
	struct bt_err e = { 0 };

	const struct bt_exchange *x = &bt_http(c)->x;

	if (bt_tls_dial(&t, c->policy->client, c->up.fd, x->host.s, x->port, &e) < 0 ||
	    (bt_h2_up_may(c, &c->up_to) && bt_tls_offer_h2(t, &e) < 0)) {
		bt_tls_free(t);
		bt_http_up_failed(c, e.msg);
		return true;
	}
	bt_leg_start_tls(&c->up, t);
	bt_conn_deadline(c, c->policy->cfg->limits.handshake_ms);
	return false;
}

bool bt_http_reach(struct bt_conn *c)
{
	struct bt_http *h = bt_http(c);
	const struct bt_gate_limits *lim = &c->policy->cfg->limits;

	struct bt_peer to = bt_http_peer(h);

	h->phase = BT_PH_REACH;
	c->h2.refused = false;
	if (bt_h2_up_may(c, &to) && bt_h2_up_way(c, &to) == BT_H2_WAIT) {
		bt_conn_deadline(c, lim->dns_ms + 2 * lim->dial_ms + lim->handshake_ms);
		return false;
	}
	if (!up_serves(c, &to)) {
		bt_conn_deadline(c, lim->dns_ms + 2 * lim->dial_ms);
		bt_dial_start(c, &h->x.host, h->x.port);
		return false;
	}
	if (h->x.https && !c->up.tls && !c->up.pipe)
		return start_tls(c);
	h->x.reused = c->up_free;
	bt_http_send(c);
	return false;
}

/* Schemes that say who asks once and mean the connection from then on (RFC 4559 §6). */
static bool binds(const struct bt_http_head *req)
{
	const struct bt_http_field *f = bt_http_find(req, "authorization");

	return f && (bt_str_istarts(f->value, BT_STR_LIT("NTLM")) ||
	             bt_str_istarts(f->value, BT_STR_LIT("Negotiate")));
}

static bool push(struct bt_conn *c, const struct bt_buf *b, size_t *sent)
{
	while (*sent < b->len) {
		size_t n = b->len - *sent, room = bt_leg_room(&c->up);

		n = n < room ? n : room;
		if (n == 0)
			return false;
		if (bt_leg_send(&c->up, b->p + *sent, n) < 0)
			return false; /* the failure is told by the loop */
		*sent += n;
	}
	return true;
}

/* The head in front of the body, where the client's was, when there is room: nothing is copied. */
static bool push_joined(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	size_t n = x->head.len + x->body.len;

	if (x->head_sent || x->body.len == 0 || x->head.len > x->body.off ||
	    n > bt_leg_room(&c->up))
		return false;
	memcpy(x->body.p - x->head.len, x->head.p, x->head.len);
	if (bt_leg_send(&c->up, x->body.p - x->head.len, n) < 0)
		return false; /* the failure is told by the loop */
	x->head_sent = x->head.len;
	x->body_sent = x->body.len;
	return true;
}

void bt_http_send(struct bt_conn *c)
{
	struct bt_http *h = bt_http(c);
	struct bt_exchange *x = &h->x;
	struct bt_err e = { 0 };

	if (h->phase == BT_PH_REACH) {
		if (x->head.len == 0 && write_head(x, &e) < 0) {
			bt_http_bad(c, 431, "header too long");
			return;
		}
		h->phase = BT_PH_RELAY;
		h->seen_up = 0;
		x->head_sent = x->body_sent = 0;
		x->up_mark = c->up.nwritten;
		c->up_free = false;
		c->gate->stats.injected += x->route && x->route->line.n;
		c->up_bound |= binds(x->req) || (x->route && bt_inject_binds(x->route));
		bt_conn_deadline(c, ANSWER_WAIT_MS);
	}
	if (x->stream) {
		if (push(c, &x->head, &x->head_sent))
			bt_stream_pump(c);
		return;
	}
	if (push_joined(c))
		return;
	bt_leg_cork(&c->up);
	if (push(c, &x->head, &x->head_sent))
		(void)push(c, &x->body, &x->body_sent);
	bt_leg_uncork(&c->up);
	(void)push(c, &x->body, &x->body_sent); /* where it was more than room for it */
}

/* A server may close a kept connection just when the next request is under way. What is safe to
 * repeat, or did not go out at all, is sent once more, by a connection of its own; so is what the
 * server itself says that it did nothing about (RFC 9113 §8.7). */
static bool may_retry(struct bt_conn *c)
{
	const struct bt_exchange *x = &bt_http(c)->x;

	if (x->stream && x->stream->sent) /* what left is not kept */
		return false;
	if (c->h2.refused && !x->got && !x->retried)
		return true;
	return x->reused && !x->got && !x->retried &&
	       (repeatable(x) || c->up.nwritten == x->up_mark);
}

void bt_http_up_failed(struct bt_conn *c, const char *why)
{
	struct bt_http *h = bt_http(c);
	struct bt_exchange *x = &h->x;
	struct bt_denial d;

	bt_deny(&d, 502, "upstream", why, "%s",
	        x->https ? "upstream error" : "forward proxy fetch failed");
	bt_dial_cancel(c);
	bt_h2_up_leave(c);
	bool again = may_retry(c);

	bt_conn_drop_up(c);
	c->gate->stats.errors++;
	if (x->answered) { /* the client must not take a part for the whole */
		bt_conn_denied(c, BT_RULING_DENY, &d);
		bt_conn_close(c);
	} else if (again) {
		x->retried = true;
		(void)bt_http_reach(c);
	} else {
		bt_http_refuse(c, "", &d);
	}
}
