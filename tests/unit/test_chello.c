#include "unit.h"
#include "bottle/chello.h"

#include <stdlib.h>

/* A hello built by hand: what follows the handshake header, without extensions' length. */
struct hello {
	uint8_t b[65536];
	size_t n;
};

static void add(struct hello *h, const void *p, size_t n)
{
	memcpy(h->b + h->n, p, n);
	h->n += n;
}

static void add16(struct hello *h, size_t v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	add(h, b, 2);
}

static void ext(struct hello *h, unsigned type, const void *p, size_t n)
{
	add16(h, type);
	add16(h, n);
	add(h, p, n);
}

/* server_name with one entry of type for each NUL-free name given by length. */
static void sni(struct hello *h, uint8_t type, const char *name, size_t n, bool twice)
{
	struct hello list = { 0 }, body = { 0 };

	for (int i = 0; i < 1 + twice; i++) {
		add(&list, &type, 1);
		add16(&list, n);
		add(&list, name, n);
	}
	add16(&body, list.n);
	add(&body, list.b, list.n);
	ext(h, 0, body.b, body.n);
}

/* Wrap extensions into a whole handshake message. */
static void message(struct hello *out, const struct hello *exts)
{
	uint8_t head[] = { 1, 0, 0, 0, 3, 3 }, random[32] = { 7 },
	        rest[] = { 0, 0, 2, 0x13, 1, 1, 0 };

	out->n = 0;
	add(out, head, sizeof head);
	add(out, random, sizeof random);
	add(out, rest, sizeof rest);
	add16(out, exts->n);
	add(out, exts->b, exts->n);
	size_t n = out->n - 4;

	out->b[1] = (uint8_t)(n >> 16);
	out->b[2] = (uint8_t)(n >> 8);
	out->b[3] = (uint8_t)n;
}

/* Cut a message into records of at most size bytes. */
static void records(struct hello *out, const struct hello *msg, size_t size)
{
	out->n = 0;
	for (size_t at = 0; at < msg->n; at += size) {
		size_t n = msg->n - at < size ? msg->n - at : size;

		add(out, "\x16\x03\x01", 3);
		add16(out, n);
		add(out, msg->b + at, n);
	}
}

static enum bt_chello_state feed(struct bt_chello *c, const struct hello *h, struct bt_err *e)
{
	bt_chello_init(c);
	enum bt_chello_state st = bt_chello_feed(c, h->b, h->n, e);

	bt_chello_free(c);
	return st;
}

static enum bt_chello_state of_name(struct bt_chello *c, const char *name, size_t n, bool twice)
{
	static struct hello exts, msg, wire;
	struct bt_err e = { 0 };

	exts.n = 0;
	sni(&exts, 0, name, n, twice);
	message(&msg, &exts);
	records(&wire, &msg, 16384);
	return feed(c, &wire, &e);
}

static void a_plain_hello_gives_its_fields(void **state)
{
	static struct hello exts, msg, wire;
	struct bt_chello c;
	struct bt_err e = { 0 };

	(void)state;
	exts.n = 0;
	sni(&exts, 0, "API.Good.Test", 13, false);
	ext(&exts, 16, "\0\014\2h2\10http/1.1", 14);
	ext(&exts, 43, "\4\3\4\3\3", 5);
	ext(&exts, 35, "", 0);
	message(&msg, &exts);
	records(&wire, &msg, 16384);
	assert_int_equal(feed(&c, &wire, &e), BT_CHELLO_DONE);
	assert_string_equal(c.sni, "api.good.test");
	assert_string_equal(c.alpn, "h2,http/1.1");
	assert_true(c.alpn_http1);
	assert_true(c.tls13);
	assert_false(c.ech);
	assert_false(c.ticket); /* an empty ticket extension only asks for one */
	assert_int_equal(c.legacy_version, 0x0303);
}

static void no_extension_means_no_name(void **state)
{
	static struct hello exts, msg, wire;
	struct bt_chello c;
	struct bt_err e = { 0 };

	(void)state;
	exts.n = 0;
	message(&msg, &exts);
	records(&wire, &msg, 16384);
	assert_int_equal(feed(&c, &wire, &e), BT_CHELLO_DONE);
	assert_string_equal(c.sni, "");
	assert_true(c.alpn_http1);
}

static void one_byte_records_one_byte_at_a_time(void **state)
{
	static struct hello exts, msg, wire;
	struct bt_chello c;
	struct bt_err e = { 0 };
	static const uint8_t pad[15000];

	(void)state;
	exts.n = 0;
	sni(&exts, 0, "a.test", 6, false);
	ext(&exts, 21, pad, 8000);
	message(&msg, &exts);
	records(&wire, &msg, 1);
	bt_chello_init(&c);
	for (size_t i = 0; i + 1 < wire.n; i++)
		assert_int_equal(bt_chello_feed(&c, wire.b + i, 1, &e), BT_CHELLO_MORE);
	assert_int_equal(bt_chello_feed(&c, wire.b + wire.n - 1, 1, &e), BT_CHELLO_DONE);
	assert_string_equal(c.sni, "a.test");
	bt_chello_free(&c);

	/* More than 16 KiB, in two records. */
	exts.n = 0;
	sni(&exts, 0, "a.test", 6, false);
	ext(&exts, 21, pad, sizeof pad);
	ext(&exts, 22, pad, 3000);
	message(&msg, &exts);
	records(&wire, &msg, 16384);
	assert_int_equal(feed(&c, &wire, &e), BT_CHELLO_DONE);
}

static void a_hello_over_the_limit_is_refused_by_its_header(void **state)
{
	static const uint8_t huge[] = { 0x16, 3, 1, 0, 4, 1, 1, 0, 0 };
	struct bt_chello c;
	struct bt_err e = { 0 };

	(void)state;
	bt_chello_init(&c);
	assert_int_equal(bt_chello_feed(&c, huge, sizeof huge, &e), BT_CHELLO_BAD);
	assert_int_equal(e.code, BT_LIMIT);
	assert_int_equal(bt_chello_feed(&c, huge, sizeof huge, &e), BT_CHELLO_BAD);
	bt_chello_free(&c);
}

static void a_name_that_is_none_is_malformed(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} bad[] = { { "evil.test\0.wild.test", 20 },
		    { "api.good.test.", 14 },
		    { "127.0.0.1", 9 },
		    { "2130706433", 10 },
		    { "0x7f000001", 10 },
		    { "::1", 3 },
		    { "[::1]", 5 },
		    { "", 0 },
		    { ".", 1 },
		    { "a..b", 4 },
		    { ".a", 2 },
		    { "a b.test", 8 },
		    { "caf\xc3\xa9.test", 10 },
		    { "a%00b.test", 10 },
		    { "a.test:443", 10 },
		    { "user@a.test", 11 },
		    { "*.a.test", 8 } };
	struct bt_chello c;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (of_name(&c, bad[i].p, bad[i].n, false) != BT_CHELLO_BAD)
			fail_msg("taken: %s", bad[i].p);
	assert_int_equal(of_name(&c, "a.test", 6, true), BT_CHELLO_BAD);
	assert_int_equal(of_name(&c, "a.test", 6, false), BT_CHELLO_DONE);
}

static void two_server_name_extensions_are_malformed(void **state)
{
	static struct hello exts, msg, wire;
	struct bt_chello c;
	struct bt_err e = { 0 };

	(void)state;
	exts.n = 0;
	sni(&exts, 0, "a.test", 6, false);
	sni(&exts, 0, "b.test", 6, false);
	message(&msg, &exts);
	records(&wire, &msg, 16384);
	assert_int_equal(feed(&c, &wire, &e), BT_CHELLO_BAD);
	exts.n = 0;
	sni(&exts, 1, "a.test", 6, false);
	message(&msg, &exts);
	records(&wire, &msg, 16384);
	assert_int_equal(feed(&c, &wire, &e), BT_CHELLO_BAD);
}

static void ech_and_tickets_are_seen(void **state)
{
	static struct hello exts, msg, wire;
	struct bt_chello c;
	struct bt_err e = { 0 };

	(void)state;
	exts.n = 0;
	sni(&exts, 0, "outer.test", 10, false);
	ext(&exts, 0xfe0d, "\0\0\1\0\1", 5);
	ext(&exts, 41, "\0\0", 2);
	ext(&exts, 16, "\0\3\2h2", 5);
	message(&msg, &exts);
	records(&wire, &msg, 16384);
	assert_int_equal(feed(&c, &wire, &e), BT_CHELLO_DONE);
	assert_true(c.ech);
	assert_true(c.ticket);
	assert_false(c.alpn_http1);
	assert_string_equal(c.sni, "outer.test");
}

static void the_first_byte_tells_what_is_not_tls(void **state)
{
	static const char *const other[] = { "SSH-2.0-x\r\n", "GET / HTTP/1.1\r\n",
		                             "PRI * HTTP/2.0", "\x80\x2e\x01\x03" };
	struct bt_chello c;
	struct bt_err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		bt_chello_init(&c);
		assert_int_equal(bt_chello_feed(&c, other[i], strlen(other[i]), &e),
		                 BT_CHELLO_NOTTLS);
		bt_chello_free(&c);
	}
}

static void every_truncation_is_bad_or_wants_more(void **state)
{
	static struct hello exts, msg, cut, wire;
	struct bt_chello c;
	struct bt_err e = { 0 };

	(void)state;
	exts.n = 0;
	sni(&exts, 0, "a.test", 6, false);
	ext(&exts, 16, "\0\014\2h2\10http/1.1", 14);
	message(&msg, &exts);
	for (size_t n = 4; n < msg.n; n++) {
		/* The lengths around it agree with the cut, so that only the inner ones are wrong.
		 */
		cut.n = 0;
		add(&cut, msg.b, n);
		cut.b[2] = (uint8_t)((n - 4) >> 8);
		cut.b[3] = (uint8_t)(n - 4);
		records(&wire, &cut, 16384);
		enum bt_chello_state st = feed(&c, &wire, &e);

		if (n == 4 + 2 + 32 + 7) /* ends before the extensions: TLS 1.2 allows it */
			assert_int_equal(st, BT_CHELLO_DONE);
		else
			assert_int_equal(st, BT_CHELLO_BAD);
	}
}

static void bytes_behind_the_hello_are_not_its(void **state)
{
	static struct hello exts, msg, wire;
	struct bt_chello c;
	struct bt_err e = { 0 };

	(void)state;
	exts.n = 0;
	message(&msg, &exts);
	records(&wire, &msg, 16384);
	add(&wire, "\x14\x03\x03\x00\x01\x01", 6); /* a record of its own: fine */
	assert_int_equal(feed(&c, &wire, &e), BT_CHELLO_DONE);
	add(&msg, "x", 1); /* in the same record */
	records(&wire, &msg, 16384);
	assert_int_equal(feed(&c, &wire, &e), BT_CHELLO_BAD);
	assert_int_equal(bt_chello_feed(&c, "", 0, &e), BT_CHELLO_BAD);
}

static void empty_and_foreign_records_are_malformed(void **state)
{
	static const char *const bad[] = { "\x16\x03\x01\x00\x00", "\x16\x02\x00\x00\x05",
		                           "\x16\x03\x01\x40\x01", "\x16\x03\x01\x00\x04\x02" };
	struct bt_chello c;
	struct bt_err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		bt_chello_init(&c);
		assert_int_equal(bt_chello_feed(&c, bad[i], i == 3 ? 6 : 5, &e), BT_CHELLO_BAD);
		bt_chello_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_hello_gives_its_fields),
		cmocka_unit_test(no_extension_means_no_name),
		cmocka_unit_test(one_byte_records_one_byte_at_a_time),
		cmocka_unit_test(a_hello_over_the_limit_is_refused_by_its_header),
		cmocka_unit_test(a_name_that_is_none_is_malformed),
		cmocka_unit_test(two_server_name_extensions_are_malformed),
		cmocka_unit_test(ech_and_tickets_are_seen),
		cmocka_unit_test(the_first_byte_tells_what_is_not_tls),
		cmocka_unit_test(every_truncation_is_bad_or_wants_more),
		cmocka_unit_test(bytes_behind_the_hello_are_not_its),
		cmocka_unit_test(empty_and_foreign_records_are_malformed),
	};
	return cmocka_run_group_tests_name("chello", tests, NULL, NULL);
}
