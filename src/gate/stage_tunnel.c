/* stage_tunnel.c - bytes both ways, unread: passthrough hosts and raw forwards. One idle timer for
 * both directions; what one side cannot take stops the other. */
#include "conn.h"
#include "splice.h"

struct tunnel {
	uint64_t since_ms;
	struct bt_splice out, in; /* to the upstream, to the client */
};

static struct tunnel *tunnel(struct bt_conn *c)
{
	return c->state;
}

/* From one leg to the other, as much as fits. */
static bool copy(struct bt_splice *s, struct bt_leg *from, struct bt_leg *to)
{
	size_t room = bt_leg_room(to), n = from->in.len < room ? from->in.len : room;

	if (n && bt_leg_send(to, from->in.p, n) < 0)
		return false;
	bt_buf_eat(&from->in, n);
	s->came = n ? n : s->came;
	bt_leg_pause(from, bt_leg_is_full(to));
	if (bt_splice_may(s, from, to))
		bt_leg_raw(from, true);
	return true;
}

/* What from has said. False: a side is broken. */
static bool move(struct bt_splice *s, struct bt_leg *from, struct bt_leg *to)
{
	bool good = from->raw ? bt_splice_in(s, from, to) != BT_SPLICE_BROKEN : copy(s, from, to);

	if (!good)
		return false;
	if (from->eof && from->in.len == 0)
		bt_leg_shut(to);
	bt_leg_more(from);
	return true;
}

/* There is room in to again. */
static bool resume(struct bt_splice *s, struct bt_leg *from, struct bt_leg *to)
{
	return from->raw ? bt_splice_out(s, from, to) != BT_SPLICE_BROKEN : move(s, from, to);
}

static bool over(struct bt_conn *c)
{
	return c->client.eof && c->up.eof && c->client.out.len == 0 && c->up.out.len == 0;
}

static void turned(struct bt_conn *c, bool good)
{
	const struct bt_gate_config *cfg = c->policy->cfg;
	uint64_t idle = cfg->proxy.idle_ms, used;

	if (!good || over(c)) {
		bt_conn_close(c);
		return;
	}
	if (cfg->proxy.max_tunnel_ms) {
		used = bt_now_ms() - tunnel(c)->since_ms;
		used = used < cfg->proxy.max_tunnel_ms ? cfg->proxy.max_tunnel_ms - used : 1;
		idle = used < idle ? used : idle;
	}
	bt_conn_deadline(c, idle);
}

static void enter(struct bt_conn *c)
{
	struct bt_event ev = bt_conn_event(c, "tunnel_open", BT_ALLOW);

	tunnel(c)->since_ms = bt_now_ms();
	tunnel(c)->out.pipes = tunnel(c)->in.pipes = c->gate->pipes;
	c->gate->stats.allowed++;
	if (c->policy->cfg->log.allowed)
		bt_gate_event(c->gate, &ev);
	bt_leg_pause(&c->up, false);
	turned(c, move(&tunnel(c)->out, &c->client, &c->up) &&
	                  move(&tunnel(c)->in, &c->up, &c->client));
}

static void client(struct bt_conn *c, enum bt_leg_event ev)
{
	struct tunnel *t = tunnel(c);

	turned(c, ev == BT_LEG_READ    ? move(&t->out, &c->client, &c->up)
	          : ev == BT_LEG_DRAIN ? resume(&t->in, &c->up, &c->client)
	                               : ev != BT_LEG_FAIL);
}

static void upstream(struct bt_conn *c, enum bt_leg_event ev)
{
	struct tunnel *t = tunnel(c);

	turned(c, ev == BT_LEG_READ    ? move(&t->in, &c->up, &c->client)
	          : ev == BT_LEG_DRAIN ? resume(&t->out, &c->client, &c->up)
	                               : ev != BT_LEG_FAIL);
}

static void fini(struct bt_conn *c)
{
	struct bt_event ev = bt_conn_event(c, "tunnel_close", BT_ALLOW);

	bt_splice_end(&tunnel(c)->out);
	bt_splice_end(&tunnel(c)->in);
	c->gate->stats.bytes_out += c->up.nwritten;
	c->gate->stats.bytes_in += c->up.nread;
	ev.bytes_out = (int64_t)c->up.nwritten;
	ev.bytes_in = (int64_t)c->up.nread;
	ev.ms = (double)(bt_now_ms() - tunnel(c)->since_ms);
	if (c->policy->cfg->log.allowed)
		bt_gate_event(c->gate, &ev);
}

const struct bt_stage_ops bt_stage_tunnel = {
	.name = "tunnel",
	.state_size = sizeof(struct tunnel),
	.enter = enter,
	.client = client,
	.upstream = upstream,
	.fini = fini,
};
