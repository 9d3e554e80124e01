/* stage_linger.c - the last word is said: throw away what still comes, so that no reset overtakes
 * the answer, and close. */
#include "conn.h"

#define LINGER_MS 2000

static void client(struct bt_conn *c, enum bt_leg_event ev)
{
	bt_buf_clear(&c->client.in);
	bt_leg_more(&c->client);
	if (ev == BT_LEG_FAIL || c->client.eof)
		bt_conn_close(c);
}

static void enter(struct bt_conn *c)
{
	bt_conn_drop_up(c);
	bt_leg_pause(&c->client, false);
	bt_leg_shut(&c->client);
	bt_conn_deadline(c, LINGER_MS);
	client(c, BT_LEG_READ);
}

const struct bt_stage_ops bt_stage_linger = {
	.name = "linger",
	.enter = enter,
	.client = client,
};
