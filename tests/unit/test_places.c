#include "unit.h"
#include "bottle/places.h"

static void a_path_reads_like_code(void **state)
{
	BT_OWN_BUF b = BT_BUF(200);
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_path_step(&b, "agents", 0, &e), &e);
	assert_ok(bt_path_step(&b, "my-agent_1", 0, &e), &e);
	assert_ok(bt_path_step(&b, NULL, 3, &e), &e);
	assert_ok(bt_path_step(&b, "a.b", 0, &e), &e);
	assert_ok(bt_path_step(&b, "", 0, &e), &e);
	assert_ok(bt_path_step(&b, "1a", 0, &e), &e);
	assert_ok(bt_path_step(&b, "q\"\\", 0, &e), &e);
	assert_ok(bt_buf_add(&b, "", 1, &e), &e);
	assert_string_equal((const char *)b.p,
	                    "agents.my-agent_1[3][\"a.b\"][\"\"][\"1a\"][\"q\\\"\\\\\"]");
}

static void a_path_is_bounded(void **state)
{
	BT_OWN_BUF b = BT_BUF(4);
	struct bt_err e = { 0 };

	(void)state;
	assert_int_equal(bt_path_step(&b, "agents", 0, &e), -1);
	assert_int_equal(e.code, BT_LIMIT);
}

static void places_are_kept_in_order_and_freed(void **state)
{
	struct bt_places p = { 0 };

	(void)state;
	bt_places_free(&p);
	for (unsigned i = 0; i < 100; i++)
		bt_places_add(&p, "x", i + 1, 1);
	assert_int_equal(p.n, 100);
	assert_int_equal(p.v[99].line, 100);
	bt_places_free(&p);
	assert_int_equal(p.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_reads_like_code),
		cmocka_unit_test(a_path_is_bounded),
		cmocka_unit_test(places_are_kept_in_order_and_freed),
	};
	return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
