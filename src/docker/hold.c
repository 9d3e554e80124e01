/* hold.c - the standard input of a container, held open for as long as this process lives. The
 * engine sees the connection end whatever way the process went (also by SIGKILL), and closes the
 * input of a container that was created with StdinOnce: its lifeline. */
#include "impl.h"

#include <poll.h>
#include <string.h>

#include "bottle/mem.h"
#include "bottle/sig.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

struct bt_hold {
	struct bt_hijack *h;
};

static int hold(struct bt_call *c, struct bt_err *e)
{
	const char *id = bt_spec_str(c, "id");

	if (!*id || id[strspn(id, NAME_CHARS)])
		return bt_fail(e, BT_INVALID, "not a container's name or id");
	/* With the input alone the connection outlives the container. */
	BT_OWN_MEM char *path = bt_asprintf("/containers/%s/attach?stream=1&stdin=1&stderr=1", id);

	return bt_hijack_open(&c->hijack, c->engine, path, bt_str(""), e);
}

static int held(struct bt_call *c, struct bt_err *e)
{
	(void)e;
	c->result.kind = BT_RESULT_HELD;
	return 0;
}

struct bt_hold *bt_call_hold(struct bt_call *c)
{
	struct bt_hold *hold = bt_calloc(1, sizeof *hold);

	hold->h = BT_STEAL(c->hijack);
	return hold;
}

/* What it complains of is in its log. */
static int drop(void *cookie, struct bt_str in, struct bt_err *e)
{
	(void)cookie, (void)in, (void)e;
	return 0;
}

int bt_hold_say(struct bt_hold *hold, struct bt_str text, struct bt_err *e)
{
	if (bt_hijack_feed(hold->h, text, e) < 0)
		return -1;
	for (;;) {
		struct pollfd f = { .fd = bt_hijack_fd(hold->h), .events = POLLOUT };

		if (bt_hijack_move(hold->h, drop, NULL, e) < 0)
			return -1;
		if (bt_hijack_ended(hold->h))
			return bt_fail(e, BT_IO, "the container's input is closed");
		if (bt_hijack_queued(hold->h) == 0)
			return 0;
		if (bt_sig_poll(&f, 1, -1, e) < 0)
			return -1;
	}
}

int bt_hold_fd(const struct bt_hold *hold)
{
	return bt_hijack_fd(hold->h);
}

bool bt_hold_ended(struct bt_hold *hold)
{
	struct bt_err ignored;

	return bt_hijack_move(hold->h, drop, NULL, &ignored) < 0 || bt_hijack_ended(hold->h);
}

void bt_hold_close(struct bt_hold *hold)
{
	if (!hold)
		return;
	bt_hijack_close(hold->h);
	free(hold);
}

const struct bt_op bt_ops_hold[] = {
	{ .name = "container_hold",
	  .keys = "id:s!",
	  .prepare = hold,
	  .finish = held,
	  .when_open = true },
	{ 0 },
};
