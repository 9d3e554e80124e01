#include "unit.h"
#include "bottle/buf.h"

static void holds(const struct bt_buf *b, const char *want)
{
	assert_true(bt_str_eq(bt_buf_str(b), bt_str(want)));
}

static void bytes_are_added_and_eaten_in_order(void **state)
{
	BT_OWN_BUF b = BT_BUF(100);
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_buf_add(&b, "hello ", 6, &e), &e);
	assert_ok(bt_buf_add(&b, "", 0, &e), &e);
	assert_ok(bt_buf_addf(&b, &e, "%s-%d", "world", 7), &e);
	holds(&b, "hello world-7");
	bt_buf_eat(&b, 6);
	holds(&b, "world-7");
	assert_ok(bt_buf_add(&b, "!", 1, &e), &e);
	holds(&b, "world-7!");
	bt_buf_eat(&b, b.len);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.off, 0);
}

static void the_cap_refuses_and_adds_nothing(void **state)
{
	BT_OWN_BUF b = BT_BUF(4);
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_buf_add(&b, "abc", 3, &e), &e);
	assert_int_equal(bt_buf_add(&b, "de", 2, &e), -1);
	assert_int_equal(e.code, BT_LIMIT);
	holds(&b, "abc");
	assert_ok(bt_buf_add(&b, "d", 1, &e), &e);
	assert_null(bt_buf_reserve(&b, 1, &e));
	assert_null(bt_buf_reserve(&b, SIZE_MAX, &e));
	assert_int_equal(bt_buf_addf(&b, &e, "%d", 12345), -1);
	holds(&b, "abcd");
	bt_buf_eat(&b, 2); /* what is eaten makes room */
	assert_ok(bt_buf_add(&b, "ef", 2, &e), &e);
	holds(&b, "cdef");
}

static void it_survives_many_rounds_of_adding_and_eating(void **state)
{
	BT_OWN_BUF b = BT_BUF(1 << 16);
	struct bt_err e = { 0 };
	unsigned char in = 0;
	unsigned char out = 0;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		for (unsigned i = 0; i < round % 97; i++, in++)
			assert_ok(bt_buf_add(&b, &in, 1, &e), &e);
		size_t eat = b.len < round % 89 ? b.len : round % 89;

		for (size_t i = 0; i < eat; i++, out++)
			assert_int_equal(b.p[i], out);
		bt_buf_eat(&b, eat);
	}
}

static void reserve_gives_room_that_commit_claims(void **state)
{
	BT_OWN_BUF b = BT_BUF(1000);
	struct bt_err e = { 0 };
	uint8_t *at = bt_buf_reserve(&b, 500, &e);

	(void)state;
	assert_non_null(at);
	assert_int_equal(b.len, 0);
	memcpy(at, "abc", 3);
	bt_buf_commit(&b, 3);
	holds(&b, "abc");
}

static void freed_and_wiped_ones_may_be_used_again(void **state)
{
	BT_OWN_BUF b = BT_BUF(100);
	struct bt_err e = { 0 };

	(void)state;
	bt_buf_free(&b);
	bt_buf_wipe(&b);
	assert_ok(bt_buf_add(&b, "secret", 6, &e), &e);
	bt_buf_eat(&b, 2);
	bt_buf_wipe(&b);
	assert_null(b.p);
	assert_int_equal(b.len + b.off + b.cap, 0);
	assert_ok(bt_buf_add(&b, "x", 1, &e), &e);
	bt_buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_non_null(b.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_added_and_eaten_in_order),
		cmocka_unit_test(the_cap_refuses_and_adds_nothing),
		cmocka_unit_test(it_survives_many_rounds_of_adding_and_eating),
		cmocka_unit_test(reserve_gives_room_that_commit_claims),
		cmocka_unit_test(freed_and_wiped_ones_may_be_used_again),
	};
	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
