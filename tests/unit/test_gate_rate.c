#include "unit.h"
#include "../../src/gate/rate.h"

static struct bt_host host(const char *name)
{
	struct bt_host h;
	struct bt_err e = { 0 };

	assert_ok(bt_host_parse(&h, bt_str(name), &e), &e);
	return h;
}

static void the_sixty_first_in_a_minute_is_refused(void **state)
{
	struct bt_rate *r = bt_rate_new(60);
	struct bt_host h = host("api.github.com"), other = host("pypi.org");

	(void)state;
	for (int i = 0; i < 60; i++)
		assert_true(bt_rate_take(r, &h, 1000));
	assert_false(bt_rate_take(r, &h, 2000));
	assert_true(bt_rate_take(r, &other, 2000));
	bt_rate_free(r);
}

static void names_of_one_site_share_a_budget_that_comes_back(void **state)
{
	struct bt_rate *r = bt_rate_new(2);
	struct bt_host a = host("api.github.com"), b = host("github.com");

	(void)state;
	assert_true(bt_rate_take(r, &a, 0));
	assert_true(bt_rate_take(r, &b, 0));
	assert_false(bt_rate_take(r, &a, 59000));
	assert_true(bt_rate_take(r, &a, 95000));
	assert_true(bt_rate_take(r, &a, 300000));
	bt_rate_free(r);
}

static void zero_is_no_limit(void **state)
{
	struct bt_rate *r = bt_rate_new(0);
	struct bt_host a = host("a.test");

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_true(bt_rate_take(r, &a, 0));
	bt_rate_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sixty_first_in_a_minute_is_refused),
		cmocka_unit_test(names_of_one_site_share_a_budget_that_comes_back),
		cmocka_unit_test(zero_is_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
