#include "unit.h"
#include "bottle/dns.h"

#define Q(name) "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" name
#define PARSE(q, lit, e) bt_dns_parse((q), (lit), sizeof(lit) - 1, (e))

static void a_question_is_read_lower_case_and_kept_as_asked(void **state)
{
	struct bt_dns_query q;
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(PARSE(&q, Q("\3API\4good\4Test\0\0\x1c\0\1"), &e), &e);
	assert_string_equal(q.name, "api.good.test");
	assert_int_equal(q.type, BT_DNS_AAAA);
	assert_int_equal(q.class_, BT_DNS_IN);
	assert_int_equal(q.id, 0x1234);
	assert_true(q.rd);
	assert_int_equal(q.nquestion, 15 + 4);
	assert_memory_equal(q.question, "\3API", 4);
}

static void edns_is_tolerated_and_answered(void **state)
{
	struct bt_dns_query q;
	struct bt_err e = { 0 };
	uint8_t out[BT_DNS_MAX];

	(void)state;
	assert_ok(PARSE(&q,
	                "\0\1\1\0\0\1\0\0\0\0\0\1\1a\0\0\1\0\1"
	                "\0\0\x29\x10\0\0\0\0\0\0\2\0\0",
	                &e),
	          &e);
	assert_true(q.opt);
	size_t n = bt_dns_answer(out, &q, BT_DNS_NXDOMAIN, NULL, 0, 0);

	assert_int_equal(n, 12 + 7 + 11);
	assert_int_equal(out[3] & 15, BT_DNS_NXDOMAIN);
	assert_int_equal(out[11], 1);
}

static void an_answer_points_at_the_question(void **state)
{
	struct bt_dns_query q;
	struct bt_err e = { 0 };
	uint8_t out[BT_DNS_MAX];
	struct bt_dns_addr a[] = { { false, { 10, 1, 2, 3 } }, { true, { 0x20, 1 } } };

	(void)state;
	assert_ok(PARSE(&q, Q("\1A\0\0\1\0\1"), &e), &e);
	size_t n = bt_dns_answer(out, &q, BT_DNS_NOERROR, a, 2, 60);

	assert_int_equal(n, 12 + 7 + 16);
	assert_memory_equal(out,
	                    "\x12\x34\x85\x00\0\1\0\1\0\0\0\0\1A\0\0\1\0\1"
	                    "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\1\2\3",
	                    n);
	assert_ok(PARSE(&q, Q("\1A\0\0\x1c\0\1"), &e), &e);
	assert_int_equal(bt_dns_answer(out, &q, BT_DNS_NOERROR, a, 2, 60), 12 + 7 + 28);
	assert_int_equal(bt_dns_answer(out, &q, BT_DNS_NOERROR, a, 1, 60), 12 + 7);
}

static void too_many_addresses_are_left_out(void **state)
{
	struct bt_dns_query q;
	struct bt_err e = { 0 };
	uint8_t out[BT_DNS_MAX];
	static const struct bt_dns_addr a[64];

	(void)state;
	assert_ok(PARSE(&q, Q("\1A\0\0\1\0\1"), &e), &e);
	assert_true(bt_dns_answer(out, &q, BT_DNS_NOERROR, a, 64, 60) <= BT_DNS_MAX);
}

static void what_no_stub_sends_is_malformed(void **state)
{
	struct bt_dns_query q = { 0 };
	struct bt_err e = { 0 };
	uint8_t out[BT_DNS_MAX];

	(void)state;
	assert_int_equal(PARSE(&q, "\x12\x34\1", &e), -1);
	assert_int_equal(q.id, 0x1234); /* enough for FORMERR */
	assert_int_equal(bt_dns_formerr(out, q.id), 12);
	assert_memory_equal(out, "\x12\x34\x80\x01", 4);
	/* a response; truncated; two questions; none; an answer record */
	assert_int_equal(PARSE(&q, "\0\1\x81\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1", &e), -1);
	assert_int_equal(PARSE(&q, "\0\1\x03\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1", &e), -1);
	assert_int_equal(PARSE(&q, "\0\1\1\0\0\2\0\0\0\0\0\0\1a\0\0\1\0\1\1b\0\0\1\0\1", &e), -1);
	assert_int_equal(PARSE(&q, "\0\1\1\0\0\0\0\0\0\0\0\0", &e), -1);
	assert_int_equal(PARSE(&q, "\0\1\1\0\0\1\0\1\0\0\0\0\1a\0\0\1\0\1", &e), -1);
	/* a pointer; a label of 64; bytes left over; NUL, dot, space and high bytes in a label */
	assert_int_equal(PARSE(&q, Q("\xc0\x0c\0\1\0\1"), &e), -1);
	assert_int_equal(PARSE(&q, Q("\x40\0\0\1\0\1"), &e), -1);
	assert_int_equal(PARSE(&q, Q("\1a\0\0\1\0\1x"), &e), -1);
	assert_int_equal(PARSE(&q, Q("\3a\0b\0\0\1\0\1"), &e), -1);
	assert_int_equal(PARSE(&q, Q("\3a.b\0\0\1\0\1"), &e), -1);
	assert_int_equal(PARSE(&q, Q("\3a b\0\0\1\0\1"), &e), -1);
	assert_int_equal(PARSE(&q, Q("\3a\xff\x62\0\0\1\0\1"), &e), -1);
	assert_int_equal(PARSE(&q, Q("\3abc"), &e), -1);
}

static void a_name_longer_than_253_is_malformed(void **state)
{
	uint8_t m[400] = "\0\1\1\0\0\1\0\0\0\0\0";
	struct bt_dns_query q;
	struct bt_err e = { 0 };

	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		size_t n = 12;

		for (int i = 0; i < 4; i++) {
			int len = i < 3 ? 63 : 61 + extra; /* 3 * 64 + 61 = 253 characters */

			m[n++] = (uint8_t)len;
			memset(m + n, 'a', (size_t)len);
			n += (size_t)len;
		}
		memcpy(m + n, "\0\0\1\0\1", 5);
		assert_int_equal(bt_dns_parse(&q, m, n + 5, &e), extra ? -1 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_read_lower_case_and_kept_as_asked),
		cmocka_unit_test(edns_is_tolerated_and_answered),
		cmocka_unit_test(an_answer_points_at_the_question),
		cmocka_unit_test(too_many_addresses_are_left_out),
		cmocka_unit_test(what_no_stub_sends_is_malformed),
		cmocka_unit_test(a_name_longer_than_253_is_malformed),
	};
	return cmocka_run_group_tests_name("dns", tests, NULL, NULL);
}
