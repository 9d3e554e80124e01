/* stage_peek.c - what does the client speak, and for whom? The first bytes decide: a ClientHello
 * for the host that was asked for, or (on port 80) HTTP; everything else ends here. */
#include "bottle/chello.h"
#include "conn.h"

#include <string.h>

struct peek {
	struct bt_chello hello;
	size_t fed;
};

static struct peek *peek(struct bt_conn *c)
{
	return c->state;
}

static void refuse(struct bt_conn *c, const char *event, const char *scanner, const char *rule,
                   const char *reason)
{
	struct bt_event ev = bt_conn_event(c, event, BT_BLOCK);

	ev.scanner = scanner;
	ev.rule = rule;
	ev.reason = reason;
	c->gate->stats.blocked++;
	bt_gate_event_refused(c->gate, c->policy, &ev);
	bt_conn_close(c);
}

/* Transparent: the name in the hello is all we know. It is judged as CONNECT's would be. */
static bool aim_by_sni(struct bt_conn *c)
{
	struct bt_request_url url = {
		.host = &c->aim.host, .port = 443, .https = true, .path = BT_STR_LIT("/")
	};
	struct bt_denial d = { 0 };
	struct bt_err e = { 0 };
	enum bt_ruling r;

	if (bt_host_parse(&c->aim.host, bt_str(peek(c)->hello.sni), &e) < 0) {
		refuse(c, "blocked", "sni", "transparent", "no server name");
		return false;
	}
	c->aim.port = 443;
	c->aim.https = true;
	c->aim.tunnelled = true;
	r = bt_gate_unrecorded(c->gate, c->policy, &d)
	            ? BT_RULING_DENY
	            : bt_policy_host(c->policy, &c->aim.host, 443, &d);
	if (r == BT_RULING_PASS)
		r = bt_policy_url(c->policy, &url, &d);
	if (r == BT_RULING_PASS)
		r = bt_policy_rate(c->policy, &c->aim.host, bt_now_ms(), &d);
	if (r != BT_RULING_PASS)
		bt_conn_denied(c, r, &d);
	if (r != BT_RULING_DENY && bt_conn_count_tunnel(c))
		return true;
	bt_conn_close(c);
	return false;
}

static bool sni_fits(struct bt_conn *c)
{
	const char *sni = peek(c)->hello.sni;

	if (sni[0] == '\0' || strcmp(sni, c->aim.host.s) == 0)
		return true;
	refuse(c, "sni_mismatch", "sni", "sni", "server name differs from the CONNECT host");
	return false;
}

static void intercept(struct bt_conn *c)
{
	struct bt_event ev = bt_conn_event(c, "anomaly", BT_VERDICT_NONE);

	ev.scanner = "tls_intercept";
	if (c->policy->cfg->log.allowed)
		bt_gate_event(c->gate, &ev);
	bt_conn_become(c, &bt_stage_shake);
}

static void hello_done(struct bt_conn *c)
{
	bool ech = peek(c)->hello.ech;

	if (c->entry == BT_ENTRY_TLS && !c->aim.tunnelled && !aim_by_sni(c))
		return;
	if (!sni_fits(c))
		return;
	if (!bt_policy_passthrough(c->policy, &c->aim.host, c->aim.port) ||
	    (ech && c->policy->leafs)) {
		intercept(c);
		return;
	}
	if (ech) { /* the name that counts is hidden, and nobody here can open it */
		refuse(c, "blocked", "sni", "ech", "encrypted ClientHello to a passthrough host");
		return;
	}
	c->aim.raw = true;
	if (c->up.tls) /* ours, for requests: not what a client's own TLS goes through */
		bt_conn_release_up(c);
	bt_conn_become(c, bt_leg_is_open(&c->up) ? &bt_stage_tunnel : &bt_stage_dial);
}

static void not_tls(struct bt_conn *c)
{
	if (c->entry == BT_ENTRY_PROXY && c->aim.port == 80) {
		c->aim.https = false;
		bt_conn_become(c, &bt_stage_http);
		return;
	}
	refuse(c, "blocked", "tls_handshake_error", "not_tls", "the client does not speak TLS");
}

static void look(struct bt_conn *c)
{
	struct peek *k = peek(c);
	struct bt_buf *in = &c->client.in;
	struct bt_err e = { 0 };
	enum bt_chello_state s;

	if (in->len == k->fed) {
		if (c->client.eof)
			bt_conn_close(c);
		return;
	}
	s = bt_chello_feed(&k->hello, in->p + k->fed, in->len - k->fed, &e);
	k->fed = in->len;
	if (s == BT_CHELLO_DONE)
		hello_done(c);
	else if (s == BT_CHELLO_NOTTLS)
		not_tls(c);
	else if (s == BT_CHELLO_BAD)
		refuse(c, "blocked", "tls_handshake_error", "client_hello", e.msg);
	else if (c->client.eof)
		bt_conn_close(c);
	else
		bt_leg_more(&c->client);
}

static void enter(struct bt_conn *c)
{
	bt_chello_init(&peek(c)->hello);
	bt_conn_deadline(c, c->policy->cfg->limits.client_hello_ms);
	look(c);
}

static void client(struct bt_conn *c, enum bt_leg_event ev)
{
	if (ev == BT_LEG_FAIL)
		bt_conn_close(c);
	else if (ev == BT_LEG_READ)
		look(c);
}

static void timeout(struct bt_conn *c)
{
	refuse(c, "blocked", "tls_handshake_error", "timeout", "no ClientHello in time");
}

static void fini(struct bt_conn *c)
{
	bt_chello_free(&peek(c)->hello);
}

const struct bt_stage_ops bt_stage_peek = {
	.name = "peek",
	.state_size = sizeof(struct peek),
	.enter = enter,
	.client = client,
	.timeout = timeout,
	.fini = fini,
};
