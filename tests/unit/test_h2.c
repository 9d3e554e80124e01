#include "h2_pair.h"

static void a_request_reads_as_it_was_written(void **state)
{
	struct pair *p = *state;
	struct bt_h2_stream *c = bt_h2_start(p->client, false), *s;

	say(c, "GET /a?b HTTP/1.1\r\nHost: x.test\r\nX-One: 1\r\nConnection: X-Two\r\n\r\n");
	settle(p);
	s = arrived(p);
	assert_false(bt_h2_trailers(s));
	hear(s, "GET https://x.test/a?b HTTP/1.1\r\nHost: x.test\r\nx-one: 1\r\n\r\n", true);
	say(s, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	settle(p);
	assert_true(bt_h2_whole(c));
	hear(c, "HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nok", true);
	assert_true(bt_h2_gone(c) && bt_h2_gone(s));
	bt_h2_drop(c, false);
	bt_h2_drop(s, false);
	assert_int_equal(bt_h2_streams(p->server), 0);
}

static void bodies_are_chunked_where_no_length_was_said(void **state)
{
	struct pair *p = *state;
	struct bt_h2_stream *c = bt_h2_start(p->client, true), *s;

	say(c, "POST / HTTP/1.1\r\nHost: x.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
	settle(p);
	s = arrived(p);
	assert_true(bt_h2_trailers(s));
	hear(s,
	     "POST https://x.test/ HTTP/1.1\r\nHost: x.test\r\nte: trailers\r\n"
	     "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
	     false);
	say(c, "2\r\nde\r\n0\r\n\r\n");
	settle(p);
	hear(s, "2\r\nde\r\n0\r\n\r\n", true);
}

static void trailers_of_an_answer_come_after_its_body(void **state)
{
	struct pair *p = *state;
	struct bt_h2_stream *c = bt_h2_start(p->client, true), *s;

	say(c, "GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
	settle(p);
	s = arrived(p);
	say(s, "HTTP/1.1 103 Early\r\nA: 1\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
	       "chunked\r\n\r\n2\r\nhi\r\n0\r\nGrpc-Status:  0\r\nB: \r\n\r\n");
	settle(p);
	hear(c,
	     "HTTP/1.1 103 \r\na: 1\r\n\r\nHTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n"
	     "2\r\nhi\r\n0\r\ngrpc-status: 0\r\nb: \r\n\r\n",
	     true);
}

static void an_answer_without_body_says_so(void **state)
{
	struct pair *p = *state;
	struct bt_h2_stream *c = bt_h2_start(p->client, false), *s;

	say(c, "POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 0\r\n\r\n");
	settle(p);
	s = arrived(p);
	say(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
	settle(p);
	hear(c, "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true);
	c = bt_h2_start(p->client, false);
	say(c, "HEAD / HTTP/1.1\r\nHost: x.test\r\n\r\n");
	settle(p);
	while ((s = arrived(p)) && bt_h2_gone(s))
		bt_h2_drop(s, false);
	say(s, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
	settle(p);
	hear(c, "HTTP/1.1 200 \r\ncontent-length: 7\r\n\r\n", true);
}

static void a_body_waits_for_its_reader(void **state)
{
	static char chunk[20000];
	struct pair *p = *state;
	struct bt_h2_stream *c = bt_h2_start(p->client, false), *s;
	BT_OWN_BUF b = BT_BUF(BT_MIB);
	struct bt_err e = { 0 };
	size_t used, sent = 0;
	bool end;

	memset(chunk, 'x', sizeof chunk);
	say(c, "POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 1000000\r\n\r\n");
	for (int i = 0; i < 20; i++) {
		assert_int_equal(bt_h2_write(c, chunk, sizeof chunk, &used, &e), 0);
		sent += used;
		settle(p);
	}
	assert_true(sent <= BT_LIM_H2_WINDOW + 65536 + sizeof chunk);
	s = arrived(p);
	assert_int_equal(bt_h2_read(s, &b, &end, &e), 0);
	assert_true(b.len <= BT_LIM_H2_WINDOW + 200);
	settle(p);
	assert_int_equal(bt_h2_write(c, chunk, sizeof chunk, &used, &e), 0);
	assert_int_equal(used, sizeof chunk);
}

static void a_dropped_stream_is_reset(void **state)
{
	struct pair *p = *state;
	struct bt_h2_stream *c = bt_h2_start(p->client, false), *s;

	say(c, "POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 5\r\n\r\nab");
	settle(p);
	s = arrived(p);
	bt_h2_drop(s, true);
	settle(p);
	assert_true(bt_h2_gone(c));
	assert_false(bt_h2_whole(c));
	bt_h2_drop(c, false);
	assert_int_equal(bt_h2_streams(p->client), 0);
}

static void what_the_peer_has_not_begun_is_told_from_other_resets(void **state)
{
	struct pair *p = *state;

	for (int refused = 0; refused < 2; refused++) {
		struct bt_h2_stream *c = bt_h2_start(p->client, false);

		say(c, "GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
		settle(p);
		bt_h2_drop(arrived(p), refused);
		settle(p);
		assert_true(bt_h2_gone(c));
		assert_int_equal(bt_h2_refused(c), refused);
		bt_h2_drop(c, false);
	}
}

static void an_early_answer_leaves_time_to_read_it(void **state)
{
	struct pair *p = *state;
	struct bt_h2_stream *c = bt_h2_start(p->client, false), *s;

	say(c, "POST / HTTP/1.1\r\nHost: x.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
	settle(p);
	s = arrived(p);
	say(s, "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
	settle(p);
	hear(c, "HTTP/1.1 403 \r\ncontent-length: 2\r\n\r\nno", true);
	assert_false(bt_h2_gone(c));
	say(c, "2\r\nde\r\n"); /* into nothing */
	settle(p);
	assert_false(bt_h2_gone(c));
	bt_h2_drop(s, false);
	settle(p);
	assert_true(bt_h2_gone(c));
}

static void broken_messages_are_not_sent(void **state)
{
	static const char *const bad[] = {
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 204 No Content\r\n\r\nx",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	};
	struct pair *p = *state;
	struct bt_err e = { 0 };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bt_h2_stream *c = bt_h2_start(p->client, false), *s;
		size_t used;

		say(c, "GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
		settle(p);
		s = arrived(p);
		assert_int_equal(bt_h2_write(s, bad[i], strlen(bad[i]), &used, &e), -1);
		bt_h2_drop(s, false);
		settle(p);
		assert_true(bt_h2_gone(c));
		bt_h2_drop(c, false);
	}
}

static void an_answer_that_stops_short_is_not_ended(void **state)
{
	struct pair *p = *state;
	struct bt_h2_stream *c = bt_h2_start(p->client, false), *s;
	struct bt_err e = { 0 };

	say(c, "GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
	settle(p);
	s = arrived(p);
	say(s, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
	assert_int_equal(bt_h2_write_end(s, &e), -1);
	c = bt_h2_start(p->client, false);
	say(c, "GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
	settle(p);
	s = arrived(p);
	say(s, "HTTP/1.1 200 OK\r\n\r\nwhole");
	assert_int_equal(bt_h2_write_end(s, &e), 0);
	settle(p);
	assert_true(bt_h2_whole(c));
}

static void resets_use_up_the_credit(void **state)
{
	struct pair *p = *state;
	struct bt_err e = { 0 };
	int i;

	for (i = 0; i < 1000; i++) {
		BT_OWN_BUF there = BT_BUF(BT_MIB);
		struct bt_h2_stream *c = bt_h2_start(p->client, false);

		say(c, "GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
		assert_int_equal(bt_h2_pull(p->client, &there, 65536, &e), 0);
		bt_h2_drop(c, false);
		assert_int_equal(bt_h2_pull(p->client, &there, 65536, &e), 0);
		if (bt_h2_feed(p->server, there.p, there.len, p->now, &e) < 0)
			break;
		for (struct bt_h2_stream *s; (s = bt_h2_next(p->server));)
			bt_h2_drop(s, false);
	}
	assert_in_range(i, 100, 300);
	assert_int_equal(e.code, BT_LIMIT);
}

static void after_goaway_no_stream_begins(void **state)
{
	struct pair *p = *state;

	settle(p);
	assert_true(bt_h2_takes_more(p->client));
	bt_h2_goaway(p->server);
	settle(p);
	assert_false(bt_h2_takes_more(p->client));
	assert_null(bt_h2_start(p->client, false));
	assert_true(bt_h2_over(p->server));
}

static void what_is_not_http2_is_refused(void **state)
{
	struct pair *p = *state;
	struct bt_err e = { 0 };

	assert_int_equal(bt_h2_feed(p->server, "GET / HTTP/1.1\r\n\r\n\r\n\r\n\r\n", 24, 1, &e),
	                 -1);
	assert_int_equal(e.code, BT_PROTO);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		T(a_request_reads_as_it_was_written),
		T(bodies_are_chunked_where_no_length_was_said),
		T(trailers_of_an_answer_come_after_its_body),
		T(an_answer_without_body_says_so),
		T(a_body_waits_for_its_reader),
		T(a_dropped_stream_is_reset),
		T(what_the_peer_has_not_begun_is_told_from_other_resets),
		T(an_early_answer_leaves_time_to_read_it),
		T(broken_messages_are_not_sent),
		T(an_answer_that_stops_short_is_not_ended),
		T(resets_use_up_the_credit),
		T(after_goaway_no_stream_begins),
		T(what_is_not_http2_is_refused),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
