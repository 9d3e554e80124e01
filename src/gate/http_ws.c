/* http_ws.c - the upstream said yes to a WebSocket: requests end here, messages begin. */
#include "http.h"
#include "ws.h"

static void told(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_event ev = bt_conn_event(c, "request", BT_ALLOW);

	c->gate->stats.allowed++;
	c->stage->describe(c, &ev);
	c->told = true;
	ev.status = 101;
	ev.ms = (double)(bt_now_ms() - x->began_ms);
	if (c->policy->cfg->log.allowed)
		bt_gate_event(c->gate, &ev);
}

void bt_http_switch(struct bt_conn *c, const struct bt_http_head *a, size_t len)
{
	struct bt_exchange *x = &bt_http(c)->x;
	BT_OWN_BUF b = BT_BUF(2 * BT_LIM_HTTP_HEAD + 1024);
	struct bt_err e = { 0 };

	if (bt_ws_answer(&b, x->req, a, &e) < 0) {
		bt_http_up_failed(c, e.msg);
		return;
	}
	bt_echo_head(c, &b);
	if (bt_leg_send(&c->client, b.p, b.len) < 0) {
		bt_conn_close(c);
		return;
	}
	bt_leg_uncork(&c->client); /* what becomes of it is not this stage's to say any more */
	told(c);
	bt_buf_eat(&c->up.in, len);
	c->aim.host = x->host;
	c->aim.port = x->port;
	c->aim.https = x->https;
	c->aim.route = x->route;
	c->aim.tunnelled = true; /* a reload that takes the host away ends it */
	bt_conn_become(c, &bt_stage_ws);
}
