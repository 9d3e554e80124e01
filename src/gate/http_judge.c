/* http_judge.c - what a whole request carries: its body, its headers, then the operator's rules. */
#include "http.h"
#include "ws.h"

static bool refused(struct bt_conn *c, enum bt_ruling r, const struct bt_denial *d)
{
	if (r == BT_RULING_WARN) {
		bt_http_found(c, d);
		bt_conn_denied(c, r, d);
	} else if (r == BT_RULING_DENY) {
		bt_http_refuse(c, "blocked: ", d);
	}
	return r == BT_RULING_DENY;
}

/* An upgrade to anything but WebSocket is not made; who asked for it is told by an ordinary answer,
 * the operator by this. */
static void note_upgrade(struct bt_conn *c)
{
	const struct bt_http_field *f = bt_http_find(bt_http(c)->x.req, "upgrade");
	struct bt_event ev = bt_conn_event(c, "upgrade_stripped", BT_WARN);

	if (!f || bt_http(c)->x.ws || !c->policy->cfg->log.blocked)
		return;
	ev.scanner = "http1";
	ev.rule = "upgrade";
	ev.host = bt_http(c)->x.host.s;
	ev.port = bt_http(c)->x.port;
	bt_gate_event(c->gate, &ev);
}

bool bt_http_judge(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	const struct bt_to to = bt_http_to(x);
	struct bt_denial d;

	x->ws = c->h2.plain = bt_ws_asked(x->req);
	if (c->h2.socket && !x->ws) {
		bt_http_bad(c, 400, "no handshake of a WebSocket");
		return true;
	}
	if (x->stream && !x->stream->rows &&
	    refused(c, bt_policy_stream(c->policy, x->req, &d), &d))
		return true;
	if (!x->stream && x->body.len &&
	    refused(c, bt_policy_body(c->policy, x->req, bt_buf_str(&x->body), &to, &d), &d))
		return true;
	if (refused(c, bt_policy_headers(c->policy, x->req, &to, &d), &d))
		return true;
	if (bt_http_rules_refuse(c))
		return true;
	note_upgrade(c);
	return bt_http_reach(c);
}
