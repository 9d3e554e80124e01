/* stage_shake.c - the client's TLS ends here: a leaf for the host it asked for, signed by the
 * bottle's own CA. */
#include "conn.h"

static void refuse(struct bt_conn *c, const char *rule, const char *why)
{
	struct bt_event ev = bt_conn_event(c, "blocked", BT_BLOCK);

	ev.scanner = "tls_handshake_error";
	ev.rule = rule;
	ev.reason = why;
	c->gate->stats.blocked++;
	bt_gate_event_refused(c->gate, c->policy, &ev);
	bt_conn_close(c);
}

static void enter(struct bt_conn *c)
{
	struct bt_err e = { 0 };
	struct ssl_st *ssl = bt_leafs_begin(c->policy->leafs, c->aim.host.s, &e);
	struct bt_tls *t = NULL;

	if (!ssl || bt_tls_accept(&t, ssl, c->client.fd, bt_buf_str(&c->client.in), &e) < 0) {
		refuse(c, "leaf", e.msg);
		return;
	}
	bt_leg_start_tls(&c->client, t);
	bt_conn_deadline(c, c->policy->cfg->limits.handshake_ms);
}

static void client(struct bt_conn *c, enum bt_leg_event ev)
{
	if (ev == BT_LEG_FAIL)
		refuse(c, "handshake", c->client.err.msg);
	else if (ev == BT_LEG_READY)
		bt_conn_become(c, bt_str_eq(bt_tls_alpn(c->client.tls), BT_STR_LIT("h2"))
		                          ? &bt_stage_h2
		                          : &bt_stage_http);
}

static void timeout(struct bt_conn *c)
{
	refuse(c, "timeout", "no handshake in time");
}

const struct bt_stage_ops bt_stage_shake = {
	.name = "shake",
	.enter = enter,
	.client = client,
	.timeout = timeout,
};
