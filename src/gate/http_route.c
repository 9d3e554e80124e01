/* http_route.c - where a request is aimed, said once and in one way, and whether it may go there.
 */
#include "http.h"

#include <stdio.h>
#include <string.h>

#include "bottle/scan.h"

#define PORT_HTTP 80
#define PORT_HTTPS 443

static bool bad(struct bt_conn *c, int status, const char *why)
{
	bt_http_bad(c, status, why);
	return true;
}

/* GET /health is the one thing the proxy's own port answers. */
static bool health(struct bt_conn *c)
{
	static const char *const modes[] = { "balanced", "strict", "audit" };
	char text[160];
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_answer a = { .status = 200, .text = text, .type = "application/json" };

	(void)snprintf(text, sizeof text,
	               "{\"status\":\"healthy\",\"version\":\"1\",\"mode\":\"%s\","
	               "\"dlp_patterns\":%zu}\n",
	               modes[c->policy->cfg->mode], bt_scanner_default_count());
	a.close = x->end_after = !x->req->keep_alive || x->req->body != BT_BODY_NONE;
	if (!bt_answer_send(&c->client, &a))
		bt_conn_close(c);
	else
		bt_http_done(c);
	return true;
}

/* The Host field as host and port; where HTTP/1.0 has none, what is known already. */
static int host_field(struct bt_conn *c, struct bt_host *host, uint16_t *port, bool https,
                      struct bt_err *e)
{
	const struct bt_http_field *f = bt_http_find(bt_http(c)->x.req, "host");

	if (!f)
		return 0;
	return bt_authority_parse(host, port, f->value, https ? PORT_HTTPS : PORT_HTTP, e);
}

static bool same(const struct bt_host *a, uint16_t ap, const struct bt_host *b, uint16_t bp)
{
	return ap == bp && a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
}

/* Inside a tunnel only its own host is spoken to, in whatever form a request names it. */
static bool mismatch(struct bt_conn *c)
{
	struct bt_denial d;

	bt_deny(&d, 403, "tls_authority_mismatch", "authority", "authority mismatch: blocked");
	bt_http_refuse(c, "", &d);
	return false;
}

/* 1: go on; 0: answered. */
static int aim_in_tunnel(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_host host = c->aim.host;
	uint16_t port = c->aim.port;
	struct bt_err e = { 0 };

	if (x->target.form == BT_TARGET_ABSOLUTE &&
	    (x->target.https != c->aim.https ||
	     !same(&x->target.host, x->target.port, &c->aim.host, c->aim.port)))
		return mismatch(c);
	if (host_field(c, &host, &port, c->aim.https, &e) < 0)
		return !bad(c, 400, e.msg);
	if (!same(&host, port, &c->aim.host, c->aim.port))
		return mismatch(c);
	x->host = c->aim.host;
	x->port = c->aim.port;
	x->https = c->aim.https;
	return 1;
}

static int aim_absolute(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_host host = x->target.host;
	uint16_t port = x->target.port;
	struct bt_err e = { 0 };

	if (host_field(c, &host, &port, x->target.https, &e) < 0)
		return !bad(c, 400, e.msg);
	if (!same(&host, port, &x->target.host, x->target.port))
		return !bad(c, 400, "Host differs from the request target");
	x->host = x->target.host;
	x->port = x->target.port;
	x->https = x->target.https;
	return 1;
}

/* Transparent: the Host field is all there is. */
static int aim_by_host(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_err e = { 0 };

	if (!bt_http_find(x->req, "host"))
		return !bad(c, 400, "no Host");
	if (host_field(c, &x->host, &x->port, false, &e) < 0)
		return !bad(c, 400, e.msg);
	return 1;
}

/* forward_proxy.enabled: false leaves the listeners that need no proxy settings, and /health. */
static bool forwards(const struct bt_conn *c)
{
	return c->entry != BT_ENTRY_PROXY || c->aim.tunnelled || c->policy->cfg->proxy.forward;
}

static int aim(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	enum bt_target_form form = x->target.form;

	if (form == BT_TARGET_ASTERISK)
		return !bad(c, 400, "\"*\" has no host");
	if (c->aim.tunnelled)
		return aim_in_tunnel(c);
	if (form == BT_TARGET_ABSOLUTE && !forwards(c))
		return !bad(c, 405, "forward proxy not enabled");
	if (form == BT_TARGET_ABSOLUTE)
		return c->entry == BT_ENTRY_ADMIN ? !bt_http_admin(c) : aim_absolute(c);
	if (c->entry == BT_ENTRY_HTTP)
		return aim_by_host(c);
	if (bt_str_eq(x->req->target, BT_STR_LIT("/health")) &&
	    bt_str_eq(x->req->method, BT_STR_LIT("GET")))
		return !health(c);
	if (c->entry == BT_ENTRY_ADMIN)
		return !bt_http_admin(c);
	return !bad(c, 400, "request target without a host");
}

static bool refused(struct bt_conn *c, const char *before, enum bt_ruling r, struct bt_denial *d)
{
	if (r == BT_RULING_PASS)
		return false;
	if (d->redact)
		bt_http(c)->x.redact = true;
	if (r == BT_RULING_WARN) {
		bt_http_found(c, d);
		bt_conn_denied(c, r, d);
		return false;
	}
	bt_http_refuse(c, before, d);
	return true;
}

/* The name alone and what it could carry: what CONNECT shows. */
static bool host_refused(struct bt_conn *c, const char *before)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_request_url url = {
		.host = &x->host, .port = x->port, .https = x->https, .path = x->path
	};
	struct bt_denial d;

	if (bt_gate_unrecorded(c->gate, c->policy, &d)) {
		bt_http_refuse(c, "", &d);
		return true;
	}
	if (refused(c, before, bt_policy_host(c->policy, &x->host, x->port, &d), &d) ||
	    refused(c, before, bt_policy_url(c->policy, &url, &d), &d))
		return true;
	if (c->aim.tunnelled) /* counted when the tunnel was asked for */
		return false;
	return refused(c, before, bt_policy_rate(c->policy, &x->host, bt_now_ms(), &d), &d);
}

/* A host with routes is governed by them; what the agent says of who asks stays here. */
static bool off_route(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	const struct bt_policy *p = c->policy;
	struct bt_denial d;

	if (!p->routes)
		return false;
	struct bt_route_ask ask = { &x->host, x->port, x->https, x->req->method, x->path };
	enum bt_ruling r = bt_policy_route(p, &ask, &x->route, &d);

	if (r == BT_RULING_PASS && x->route)
		r = bt_inject_strip(p, x->route, x->req, &d);
	return refused(c, "blocked: ", r, &d);
}

static bool tunnel_refused(struct bt_conn *c)
{
	struct bt_denial d;

	if (bt_conn_count_tunnel(c))
		return false;
	bt_deny(&d, 503, "limit", "tunnels", "too many active tunnels");
	bt_http_refuse(c, "", &d);
	return true;
}

static bool route_connect(struct bt_conn *c)
{
	static const char before[] = "CONNECT blocked: ";
	struct bt_exchange *x = &bt_http(c)->x;
	enum bt_ruling r;
	struct bt_denial d;
	struct bt_host host = x->target.host;
	uint16_t port = x->target.port;
	struct bt_err e = { 0 };

	if (c->entry != BT_ENTRY_PROXY || c->aim.tunnelled)
		return bad(c, 405, "CONNECT is not for here");
	if (!forwards(c))
		return bad(c, 405, "CONNECT not supported");
	if (x->req->body != BT_BODY_NONE)
		return bad(c, 400, "CONNECT with a body");
	if (host_field(c, &host, &port, true, &e) < 0)
		return bad(c, 400, e.msg);
	x->host = x->target.host;
	x->port = x->target.port;
	x->https = true;
	x->path = BT_STR_LIT("/");
	r = bt_policy_headers(c->policy, x->req, NULL, &d);
	if (r != BT_RULING_PASS)
		(void)snprintf(d.reason, sizeof d.reason, "header DLP match");
	if (refused(c, before, r, &d) || host_refused(c, before) || tunnel_refused(c))
		return true;
	c->aim.host = x->host;
	c->aim.port = x->port;
	c->aim.https = true;
	c->aim.tunnelled = true;
	c->aim.audible = true;
	bt_conn_become(c, &bt_stage_dial);
	return false;
}

/* What the answer to the client has to end with: HTTP/1.0 gets one answer a connection. */
static void note_end(struct bt_exchange *x)
{
	x->end_after = !x->req->keep_alive || x->req->minor == 0;
}

/* Whoever asks first is told at once that it is too much. */
static bool may_come(struct bt_conn *c)
{
	const struct bt_http_head *req = bt_http(c)->x.req;

	return req->body != BT_BODY_LENGTH || c->policy->cfg->body.stream ||
	       req->length <= c->policy->cfg->body.max_body_bytes;
}

bool bt_http_route(struct bt_conn *c)
{
	struct bt_http *h = bt_http(c);
	struct bt_exchange *x = &h->x;
	struct bt_err e = { 0 };
	struct bt_str m = x->req->method;

	note_end(x);
	if (bt_str_eq(m, BT_STR_LIT("TRACE")) || bt_str_eq(m, BT_STR_LIT("TRACK")))
		return bad(c, 405, "method not allowed");
	if (bt_target_parse(&x->target, m, x->req->target, &e) < 0)
		return bad(c, 400, e.msg);
	if (x->target.form == BT_TARGET_AUTHORITY)
		return route_connect(c);
	x->path = x->target.path;
	if (!aim(c) || host_refused(c, "blocked: ") || off_route(c))
		return true;
	if (x->req->body == BT_BODY_NONE) {
		h->phase = BT_PH_REACH;
		return bt_http_judge(c);
	}
	if (x->req->expect && may_come(c) &&
	    bt_leg_send(&c->client, "HTTP/1.1 100 Continue\r\n\r\n", 25) < 0) {
		bt_conn_close(c);
		return false;
	}
	h->phase = BT_PH_BODY;
	return true;
}
