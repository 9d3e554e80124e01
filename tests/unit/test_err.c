#include "unit.h"
#include "bottle/err.h"

static int fails(struct bt_err *e)
{
	return bt_fail(e, BT_DENIED, "no %s", "way");
}

static void fail_sets_everything_and_gives_minus_one(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	assert_int_equal(fails(&e), -1);
	assert_int_equal(e.code, BT_DENIED);
	assert_int_equal(e.sys, 0);
	assert_string_equal(e.msg, "no way");
	assert_non_null(strstr(e.at, "test_err.c:"));
}

static void fail_sys_keeps_errno_and_says_it(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	errno = ENOENT;
	assert_int_equal(bt_fail_sys(&e, "open %s", "x"), -1);
	assert_int_equal(e.code, BT_SYS);
	assert_int_equal(e.sys, ENOENT);
	assert_string_equal(e.msg, "open x: No such file or directory");
}

static void wrap_puts_the_context_in_front_and_keeps_the_first_place(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	(void)fails(&e);
	const char *at = e.at;

	assert_int_equal(bt_wrap(&e, "load %d", 7), -1);
	assert_string_equal(e.msg, "load 7: no way");
	assert_int_equal(e.code, BT_DENIED);
	assert_ptr_equal(e.at, at);
}

static void long_messages_lose_the_innermost_part_only(void **state)
{
	struct bt_err e = { 0 };
	char big[1000];

	(void)state;
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	(void)bt_fail(&e, BT_IO, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
	(void)bt_wrap(&e, "outer");
	assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
	assert_memory_equal(e.msg, "outer: xxx", 10);
	(void)bt_wrap(&e, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
}

static void every_code_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < BT_CODE_COUNT; i++) {
		const char *name = bt_code_name((enum bt_code)i);

		assert_non_null(name);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(name, bt_code_name((enum bt_code)k));
	}
	assert_string_equal(bt_code_name((enum bt_code)999), "unknown");
	assert_string_equal(bt_code_name(BT_INTR), "interrupted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fail_sets_everything_and_gives_minus_one),
		cmocka_unit_test(fail_sys_keeps_errno_and_says_it),
		cmocka_unit_test(wrap_puts_the_context_in_front_and_keeps_the_first_place),
		cmocka_unit_test(long_messages_lose_the_innermost_part_only),
		cmocka_unit_test(every_code_has_a_name_of_its_own),
	};
	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
