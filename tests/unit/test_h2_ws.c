/* WebSocket by HTTP/2 (RFC 8441): an extended CONNECT reads as a handshake of HTTP/1.1. */
#include "h2_pair.h"

static void put_field(struct bt_buf *b, const char *name, const char *value)
{
	struct bt_err e = { 0 };
	uint8_t n = (uint8_t)strlen(name), v = (uint8_t)strlen(value);

	assert_int_equal(bt_buf_add(b, "", 1, &e), 0);
	assert_int_equal(bt_buf_add(b, &n, 1, &e), 0);
	assert_int_equal(bt_buf_add(b, name, n, &e), 0);
	assert_int_equal(bt_buf_add(b, &v, 1, &e), 0);
	assert_int_equal(bt_buf_add(b, value, v, &e), 0);
}

static void feed_frame(struct pair *p, uint8_t kind, uint8_t flags, uint8_t id, struct bt_str body)
{
	uint8_t head[9] = { 0, (uint8_t)(body.n >> 8), (uint8_t)body.n, kind, flags, 0, 0, 0, id };
	struct bt_err e = { 0 };

	assert_ok(bt_h2_feed(p->server, head, sizeof head, p->now, &e), &e);
	assert_ok(bt_h2_feed(p->server, body.p, body.n, p->now, &e), &e);
}

/* By frames: the client of this file does not ask for it. */
static struct bt_h2_stream *extended_connect(struct pair *p, const char *protocol)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	BT_OWN_BUF b = BT_BUF(1024);
	struct bt_err e = { 0 };

	put_field(&b, ":method", "CONNECT");
	put_field(&b, ":protocol", protocol);
	put_field(&b, ":scheme", "https");
	put_field(&b, ":authority", "x.test");
	put_field(&b, ":path", "/ws");
	put_field(&b, "sec-websocket-key", "theirs");
	assert_ok(bt_h2_feed(p->server, preface, sizeof preface - 1, p->now, &e), &e);
	feed_frame(p, 4, 0, 0, (struct bt_str){ "", 0 });
	feed_frame(p, 1, 4, 1, bt_buf_str(&b));
	return arrived(p);
}

static void a_websocket_reads_as_its_handshake_and_then_as_bytes(void **state)
{
	struct pair *p = *state;
	struct bt_h2_stream *s = extended_connect(p, "websocket");

	assert_true(bt_h2_raw(s));
	feed_frame(p, 0, 0, 1, BT_STR_LIT("early"));
	hear(s,
	     "GET https://x.test/ws HTTP/1.1\r\nHost: x.test\r\nUpgrade: websocket\r\n"
	     "Connection: Upgrade\r\nSec-WebSocket-Key: AQAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
	     false);
	hear(s, "", false);
	say(s, "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nbytes");
	hear(s, "early", false);
	feed_frame(p, 0, 1, 1, BT_STR_LIT("late"));
	hear(s, "late", true);
	settle(p);
}

static void a_handshake_has_no_other_yes(void **state)
{
	static const char yes[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	struct pair *p = *state;
	struct bt_h2_stream *s = extended_connect(p, "websocket");
	struct bt_err e = { 0 };
	size_t used = 0;

	assert_int_equal(bt_h2_write(s, yes, sizeof yes - 1, &used, &e), -1);
	bt_h2_drop(s, false);
}

static void another_protocol_is_a_connect_like_any(void **state)
{
	struct pair *p = *state;
	struct bt_h2_stream *s = extended_connect(p, "connect-udp");

	assert_false(bt_h2_raw(s));
	hear(s, "CONNECT x.test HTTP/1.1\r\nHost: x.test\r\n\r\n", false);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		T(a_websocket_reads_as_its_handshake_and_then_as_bytes),
		T(a_handshake_has_no_other_yes),
		T(another_protocol_is_a_connect_like_any),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
