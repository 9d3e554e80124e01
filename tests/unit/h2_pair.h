/* Two ends of one connection in memory: what one side writes as HTTP/1.1 the other reads as it. */
#ifndef H2_PAIR_H
#define H2_PAIR_H
#include "unit.h"
#include "bottle/h2.h"
#include "bottle/limits.h"

struct pair {
	struct bt_h2 *client, *server;
	uint64_t now;
};

static int set_up(void **state)
{
	static struct pair p;
	struct bt_h2_spec s = { .server = true }, c = { .server = false };
	struct bt_err e = { 0 };

	p = (struct pair){ .now = 1000 };
	assert_int_equal(bt_h2_open(&p.server, &s, &e), 0);
	assert_int_equal(bt_h2_open(&p.client, &c, &e), 0);
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	struct pair *p = *state;

	bt_h2_close(p->client);
	bt_h2_close(p->server);
	return 0;
}

/* Frames both ways until neither has any. */
static void settle(struct pair *p)
{
	struct bt_err e = { 0 };

	for (bool moved = true; moved;) {
		BT_OWN_BUF there = BT_BUF(BT_MIB);
		BT_OWN_BUF back = BT_BUF(BT_MIB);

		assert_int_equal(bt_h2_pull(p->client, &there, 65536, &e), 0);
		assert_int_equal(bt_h2_feed(p->server, there.p, there.len, p->now, &e), 0);
		assert_int_equal(bt_h2_pull(p->server, &back, 65536, &e), 0);
		assert_int_equal(bt_h2_feed(p->client, back.p, back.len, p->now, &e), 0);
		moved = there.len || back.len;
	}
}

static void say(struct bt_h2_stream *s, const char *text)
{
	struct bt_err e = { 0 };
	size_t used = 0;

	assert_int_equal(bt_h2_write(s, text, strlen(text), &used, &e), 0);
	assert_int_equal(used, strlen(text));
}

static void hear(struct bt_h2_stream *s, const char *text, bool whole)
{
	BT_OWN_BUF b = BT_BUF(BT_MIB);
	struct bt_err e = { 0 };
	bool end = false;

	assert_int_equal(bt_h2_read(s, &b, &end, &e), 0);
	assert_int_equal(bt_buf_add(&b, "", 1, &e), 0);
	assert_string_equal((char *)b.p, text);
	assert_int_equal(end, whole);
}

static struct bt_h2_stream *arrived(struct pair *p)
{
	struct bt_h2_stream *s = bt_h2_next(p->server);

	assert_non_null(s);
	assert_true(bt_h2_begun(s));
	return s;
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#endif
