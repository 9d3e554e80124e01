/* stage_dial.c - the way is clear: connect to the aim before the client hears that it may speak. */
#include "answer.h"
#include "conn.h"

static struct bt_peer peer(const struct bt_conn *c)
{
	return (struct bt_peer){ .host = c->aim.host, .port = c->aim.port, .https = c->aim.https };
}

/* Where TLS will be opened here, a connection that was kept is as good as a new one. */
static bool may_share(const struct bt_conn *c)
{
	return !c->aim.raw && c->policy->leafs &&
	       !bt_policy_passthrough(c->policy, &c->aim.host, c->aim.port);
}

static void enter(struct bt_conn *c)
{
	const struct bt_gate_limits *lim = &c->policy->cfg->limits;
	struct bt_peer to = peer(c);
	struct bt_denial d;

	/* A forward is asked here; all else was before it got here. */
	if (c->aim.raw && bt_gate_unrecorded(c->gate, c->policy, &d)) {
		bt_conn_denied(c, BT_RULING_DENY, &d);
		bt_conn_close(c);
		return;
	}
	bt_conn_deadline(c, lim->dns_ms + 2 * lim->dial_ms);
	if (may_share(c) && (bt_h2_up_has(c, &to) || bt_pool_take(c, &to))) {
		bt_dial_spare(c);
	} else {
		bt_leg_pause(&c->client, true); /* nobody looks at its bytes yet */
		bt_dial_start(c, &c->aim.host, c->aim.port);
	}
}

static void refuse(struct bt_conn *c, const struct bt_denial *d)
{
	struct bt_answer a = { .before = d->status == 502 ? "" : "CONNECT blocked: ",
		               .denial = d,
		               .close = true,
		               .hint = c->policy->cfg->explain_blocks };

	bt_conn_denied(c, BT_RULING_DENY, d);
	if (c->aim.audible && bt_answer_send(&c->client, &a))
		bt_leg_shut(&c->client);
	bt_conn_become(c, &bt_stage_linger);
}

static void dialed(struct bt_conn *c, const struct bt_dialed *d)
{
	static const char yes[] = "HTTP/1.1 200 Connection Established\r\n\r\n";

	if (d->fd < 0 && !d->spared) {
		refuse(c, &d->denial);
		return;
	}
	if (d->fd >= 0) {
		struct bt_peer to = peer(c);

		bt_conn_take_up(c, d->fd, &to);
		bt_leg_pause(&c->up, true);
	}
	bt_leg_pause(&c->client, false);
	if (c->aim.audible && bt_leg_send(&c->client, yes, sizeof yes - 1) < 0) {
		bt_conn_close(c);
		return;
	}
	c->aim.audible = false;
	bt_conn_become(c, c->aim.raw ? &bt_stage_tunnel : &bt_stage_peek);
}

static void client(struct bt_conn *c, enum bt_leg_event ev)
{
	if (ev == BT_LEG_FAIL)
		bt_conn_close(c);
}

static void timeout(struct bt_conn *c)
{
	struct bt_denial d;

	bt_dial_cancel(c);
	bt_deny(&d, 502, "upstream", "timeout", "tunnel dial failed");
	refuse(c, &d);
}

static void describe(struct bt_conn *c, struct bt_event *ev)
{
	if (c->aim.audible)
		ev->method = "CONNECT";
}

const struct bt_stage_ops bt_stage_dial = {
	.name = "dial",
	.enter = enter,
	.client = client,
	.dialed = dialed,
	.timeout = timeout,
	.describe = describe,
};
