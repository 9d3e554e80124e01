/* http.c - the phases of the http stage. */
#include "http.h"

#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"

#define LINGER_MS 2000 /* for a client to take the last answer */

/* What came, and not what was only reserved: but for a stream, nothing is ever taken out of it. */
static void body_clear(struct bt_exchange *x)
{
	if (!x->stream && x->body.p) {
		bt_wipe(x->body.p - x->body.off, x->body.off + x->body.len);
		bt_buf_free(&x->body);
	} else {
		bt_buf_wipe(&x->body);
	}
}

static void exchange_clear(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_http_head *req = x->req;

	bt_h2_up_leave(c);
	c->gate->held -= x->body.len;
	/* Bodies may have held what was refused. */
	if (x->raw)
		bt_wipe(x->raw, x->nraw);
	free(x->raw);
	if (x->url)
		bt_wipe(x->url, strlen(x->url));
	free(x->url);
	if (x->stream)
		c->gate->held -= x->stream->held;
	bt_leg_into(&c->client, NULL, 0); /* its body, in any case */
	body_clear(x);
	bt_stream_free(x->stream);
	bt_echo_free(x->echo);
	bt_edits_free(x->edits);
	bt_edits_free(x->answer_edits);
	bt_buf_wipe(&x->head);
	memset(x, 0, sizeof *x);
	x->req = req;
	req->method = req->target = req->reason = (struct bt_str){ NULL, 0 }; /* were in raw */
	req->nfields = 0;
	req->body = BT_BODY_NONE;
	c->told = false;
}

static void enter(struct bt_conn *c)
{
	struct bt_http *h = bt_http(c);

	h->x.req = bt_calloc(1, sizeof *h->x.req);
	c->client.in.max = c->policy->cfg->limits.header_bytes + BT_LEG_IN;
	if (bt_leg_is_open(&c->up) && !c->up.tls) /* CONNECT dialled it, on port 80 not for TLS */
		c->up_to.https = c->aim.https;
	bt_leg_pause(&c->up, false);
	bt_conn_deadline(c, c->policy->cfg->limits.header_ms);
	bt_http_pump(c);
}

/* Steps call one another only through here, so that pipelined requests do not nest. */
void bt_http_pump(struct bt_conn *c)
{
	struct bt_http *h = bt_http(c);
	bool go = !h->busy;

	if (!go)
		return;
	h->busy = true;
	while (go) {
		go = h->phase == BT_PH_HEAD   ? bt_http_read_head(c)
		     : h->phase == BT_PH_BODY ? bt_http_read_body(c)
		                              : false;
		if (c->closed || c->stage != &bt_stage_http)
			return; /* h is gone */
	}
	h->busy = false;
	bt_leg_more(&c->client);
}

void bt_http_linger(struct bt_conn *c)
{
	bt_http(c)->phase = BT_PH_LINGER;
	bt_leg_into(&c->client, NULL, 0);
	bt_conn_release_up(c);
	bt_leg_shut(&c->client);
	bt_conn_deadline(c, c->client.out.len ? c->policy->cfg->proxy.idle_ms : LINGER_MS);
}

static bool body_is_left(const struct bt_http *h)
{
	return h->phase == BT_PH_BODY || (h->x.stream && !h->x.stream->whole) ||
	       (h->phase == BT_PH_HEAD && h->x.req->nfields && h->x.req->body != BT_BODY_NONE);
}

void bt_http_refuse(struct bt_conn *c, const char *before, const struct bt_denial *d)
{
	struct bt_http *h = bt_http(c);
	const struct bt_http_head *req = h->x.req;
	bool head = bt_str_eq(req->method, BT_STR_LIT("HEAD"));
	bool close = !req->keep_alive || req->minor == 0 || body_is_left(h) || d->status == 400 ||
	             h->x.end_after;
	struct bt_answer a = { .before = before,
		               .denial = d,
		               .json = bt_answer_wants_json(req),
		               .head = head,
		               .close = close,
		               .hint = c->policy->cfg->explain_blocks,
		               /* of HTTP/2 alone: by HTTP/1.1 it is nobody's */
		               .grpc = c->client.pipe && bt_answer_wants_grpc(req) };

	bt_conn_denied(c, BT_RULING_DENY, d);
	if (!bt_answer_send(&c->client, &a)) {
		bt_conn_close(c);
		return;
	}
	if (close) {
		bt_http_linger(c);
		return;
	}
	bt_http_done(c);
}

void bt_http_bad(struct bt_conn *c, int status, const char *why)
{
	struct bt_denial d;
	struct bt_answer a = { .before = "", .denial = &d, .close = true };

	bt_deny(&d, status, "parser", "http1", "%s", why);
	bt_conn_denied(c, BT_RULING_DENY, &d);
	if (bt_answer_send(&c->client, &a))
		bt_http_linger(c);
	else
		bt_conn_close(c);
}

void bt_http_done(struct bt_conn *c)
{
	struct bt_http *h = bt_http(c);
	bool end = h->x.end_after;

	exchange_clear(c);
	h->seen = h->seen_up = 0;
	if (end || c->gate->stopping) {
		bt_http_linger(c);
		return;
	}
	h->phase = BT_PH_HEAD;
	bt_conn_deadline(c, c->policy->cfg->proxy.idle_ms);
	bt_http_pump(c);
}

static void client_event(struct bt_conn *c, enum bt_leg_event ev)
{
	struct bt_http *h = bt_http(c);

	if (ev == BT_LEG_FAIL) {
		bt_conn_close(c);
	} else if (h->phase == BT_PH_LINGER) {
		bt_buf_clear(&c->client.in);
		bt_leg_more(&c->client);
		if (c->client.eof)
			bt_conn_close(c);
		else if (ev == BT_LEG_DRAIN)
			bt_conn_deadline(c, LINGER_MS);
	} else if (ev == BT_LEG_DRAIN) {
		if (h->phase == BT_PH_RELAY && bt_leg_is_open(&c->up)) {
			bt_leg_pause(&c->up, false);
			bt_http_relay(c);
		}
	} else if (h->phase == BT_PH_RELAY && h->x.stream) {
		bt_http_send(c);
	} else if (h->phase == BT_PH_HEAD || h->phase == BT_PH_BODY) {
		bt_http_pump(c);
	}
}

static void up_ready(struct bt_conn *c)
{
	struct bt_err e = { 0 };

	if (bt_h2_up_shaken(c, &e) < 0)
		bt_http_up_failed(c, e.msg);
	else
		bt_http_send(c);
}

/* While no answer is awaited, whatever an upstream says makes it unusable. */
static void upstream_event(struct bt_conn *c, enum bt_leg_event ev)
{
	struct bt_http *h = bt_http(c);

	if (h->phase == BT_PH_RELAY) {
		if (ev == BT_LEG_DRAIN)
			bt_http_send(c);
		else
			bt_http_relay(c);
	} else if (h->phase == BT_PH_REACH) {
		if (ev == BT_LEG_READY)
			up_ready(c);
		else if (ev == BT_LEG_FAIL)
			bt_http_up_failed(c, c->up.err.msg);
	} else {
		bt_conn_drop_up(c);
	}
}

static void on_dialed(struct bt_conn *c, const struct bt_dialed *d)
{
	struct bt_http *h = bt_http(c);
	struct bt_peer to = bt_http_peer(h);

	if (d->fd < 0) {
		struct bt_denial why = d->denial;

		bt_h2_up_leave(c);
		if (why.status == 502)
			bt_deny(&why, 502, "upstream", d->denial.rule, "%s",
			        h->x.https ? "upstream error" : "forward proxy fetch failed");
		bt_http_refuse(c, why.status == 502 ? "" : "blocked: ", &why);
		return;
	}
	bt_conn_take_up(c, d->fd, &to);
	(void)bt_http_reach(c);
}

/* What is still to come is the upstream's to say: the client took all there was. */
static bool up_is_late(const struct bt_conn *c, const struct bt_http *h)
{
	return h->phase == BT_PH_REACH ||
	       (h->phase == BT_PH_RELAY &&
	        (!h->x.answered || (!h->x.relayed && c->client.out.len == 0)));
}

static void timeout(struct bt_conn *c)
{
	struct bt_http *h = bt_http(c);

	h->x.reused = false; /* silence is no reason to ask again */
	if (h->phase == BT_PH_RELAY && h->x.stream && !h->x.stream->done && !h->x.answered)
		bt_stream_late(c);
	else if (up_is_late(c, h))
		bt_http_up_failed(c, "timeout");
	else if ((h->phase == BT_PH_HEAD && c->client.in.len) || h->phase == BT_PH_BODY)
		bt_http_bad(c, 408, "the request did not arrive in time");
	else
		bt_conn_close(c);
}

static char *terminated(char **slot, struct bt_str s)
{
	if (!*slot)
		*slot = bt_strndup(s.p ? s.p : "", s.n);
	return *slot;
}

static void describe(struct bt_conn *c, struct bt_event *ev)
{
	struct bt_exchange *x = &bt_http(c)->x;

	if (x->req->method.n && x->req->method.n < sizeof x->method) {
		memcpy(x->method, x->req->method.p, x->req->method.n);
		ev->method = x->method;
	}
	if (x->port) {
		ev->host = x->host.s;
		ev->port = x->port;
		ev->scheme = x->https ? "https" : "http";
	}
	if (x->path.n)
		ev->path = terminated(&x->url, x->path);
	if (x->stream)
		ev->bytes_out = (int64_t)x->stream->sent;
	ev->route = x->route ? x->route->n : 0;
	ev->redact_path |= x->redact;
}

static bool busy(const struct bt_conn *c)
{
	const struct bt_http *h = c->state;

	return h->phase != BT_PH_HEAD || c->client.in.len;
}

static const struct bt_host *whom(const struct bt_conn *c, uint16_t *port)
{
	const struct bt_http *h = c->state;

	*port = h->x.port;
	return h->x.port ? &h->x.host : NULL;
}

/* Whoever leaves takes no answer along, but what was asked is written down all the same. */
static void tell_left(struct bt_conn *c)
{
	const struct bt_http *h = bt_http(c);
	const struct bt_exchange *x = &h->x;
	bool sent = h->phase == BT_PH_RELAY;
	struct bt_event ev =
	        bt_conn_event(c, sent ? "request" : "error", sent ? BT_ALLOW : BT_VERDICT_NONE);

	if (c->told || h->phase == BT_PH_HEAD || h->phase == BT_PH_LINGER)
		return;
	c->gate->stats.left++;
	describe(c, &ev);
	ev.status = (int)x->status;
	ev.ms = (double)(bt_now_ms() - x->began_ms);
	ev.reason =
	        sent ? "ended before the answer was complete" : "ended before the request was sent";
	if (sent) {
		c->gate->stats.bytes_out += bt_http_bytes(x);
		c->gate->stats.bytes_in += x->in_bytes;
		ev.bytes_out = (int64_t)bt_http_bytes(x);
		ev.bytes_in = (int64_t)x->in_bytes;
	}
	if (c->policy->cfg->log.allowed)
		bt_gate_event(c->gate, &ev);
}

static void fini(struct bt_conn *c)
{
	struct bt_http *h = bt_http(c);

	tell_left(c);
	exchange_clear(c);
	free(h->x.req);
}

const struct bt_stage_ops bt_stage_http = {
	.name = "http",
	.state_size = sizeof(struct bt_http),
	.enter = enter,
	.client = client_event,
	.upstream = upstream_event,
	.dialed = on_dialed,
	.timeout = timeout,
	.busy = busy,
	.whom = whom,
	.describe = describe,
	.fini = fini,
};
