#include "unit.h"
#include "bottle/hostset.h"

static struct bt_host_pattern pattern(const char *s)
{
	struct bt_host_pattern p;
	struct bt_err e = { 0 };

	assert_ok(bt_host_pattern_parse(&p, bt_str(s), &e), &e);
	return p;
}

static int add(struct bt_hostset *s, const char *text, int source)
{
	struct bt_host_pattern p = pattern(text);
	struct bt_err e = { 0 };

	return bt_hostset_add(s, &p, source, &e);
}

static int has(struct bt_hostset *s, const char *host, uint16_t port)
{
	struct bt_host h;
	struct bt_err e = { 0 };
	int source = -1;

	assert_ok(bt_host_parse(&h, bt_str(host), &e), &e);
	return bt_hostset_has(s, &h, port, &source) ? source : -1;
}

static void the_most_specific_entry_names_the_source(void **state)
{
	BT_OWN(bt_hostset) s = bt_hostset_new();

	(void)state;
	assert_int_equal(has(s, "a.test", 443), -1);
	assert_int_equal(add(s, "*.wild.test", 1), 1);
	assert_int_equal(add(s, "*.b.wild.test", 2), 1);
	assert_int_equal(add(s, "x.b.wild.test", 3), 1);
	assert_int_equal(add(s, "x.b.wild.test", 9), 0);
	assert_int_equal(add(s, "api.test:8443", 4), 1);
	assert_int_equal(add(s, "10.1.2.3", 5), 1);
	assert_int_equal(add(s, "[::1]:8080", 6), 1);
	assert_int_equal(has(s, "a.wild.test", 443), 1);
	assert_int_equal(has(s, "q.q.q.wild.test", 80), 1);
	assert_int_equal(has(s, "a.b.wild.test", 80), 2);
	assert_int_equal(has(s, "b.wild.test", 80), 1);
	assert_int_equal(has(s, "x.b.wild.test", 80), 3);
	assert_int_equal(has(s, "wild.test", 443), -1);
	assert_int_equal(has(s, "a.wild.test", 22), -1);
	assert_int_equal(has(s, "api.test", 8443), 4);
	assert_int_equal(has(s, "api.test", 443), -1);
	assert_int_equal(has(s, "10.1.2.3", 80), 5);
	assert_int_equal(has(s, "::1", 8080), 6);
	assert_int_equal(has(s, "::1", 80), -1);
}

static void removing_takes_exactly_that_entry(void **state)
{
	BT_OWN(bt_hostset) s = bt_hostset_new();
	struct bt_host_pattern p = pattern("*.wild.test");

	(void)state;
	(void)add(s, "*.wild.test", 1);
	(void)add(s, "*.wild.test:8443", 2);
	assert_true(bt_hostset_remove(s, &p));
	assert_false(bt_hostset_remove(s, &p));
	assert_int_equal(has(s, "a.wild.test", 443), -1);
	assert_int_equal(has(s, "a.wild.test", 8443), 2);
	assert_int_equal(bt_hostset_count(s), 1);
	assert_int_equal(add(s, "*.wild.test", 3), 1);
	assert_int_equal(has(s, "a.wild.test", 443), 3);
	assert_int_equal(bt_hostset_source(s, &p), 3);
}

static void the_list_is_sorted_and_unique(void **state)
{
	BT_OWN(bt_hostset) s = bt_hostset_new();
	char before[32] = "";
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(text, sizeof text, "h%u.test", i * 7919u % 2500u);
		(void)add(s, text, (int)i);
	}
	assert_int_equal(bt_hostset_count(s), 2500);
	bt_hostset_sort(s);
	for (size_t i = 0; i < bt_hostset_count(s); i++) {
		struct bt_str t = bt_hostset_at(s, i, NULL);

		(void)snprintf(text, sizeof text, "%.*s", (int)t.n, t.p);
		assert_true(strcmp(before, text) < 0);
		memcpy(before, text, sizeof before);
		assert_true(has(s, text, 443) >= 0);
	}
}

static void names_with_long_common_beginnings_sort_bytewise(void **state)
{
	static const char *const heads[] = { "", "api.", "a-very-long-label-that-many-share.",
		                             "a" };
	BT_OWN(bt_hostset) s = bt_hostset_new();
	char before[300] = "", text[300];
	uint32_t x = 1;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		x = x * 1664525u + 1013904223u;
		(void)snprintf(text, sizeof text, "%s%.*s%u.test", heads[x >> 30],
		               (int)(x >> 20 & 7), "zone-nnn", x >> 12 & 2047);
		assert_true(add(s, text, i) >= 0);
	}
	bt_hostset_sort(s);
	assert_true(bt_hostset_count(s) > 1000);
	for (size_t i = 0; i < bt_hostset_count(s); i++) {
		struct bt_str t = bt_hostset_at(s, i, NULL);

		(void)snprintf(text, sizeof text, "%.*s", (int)t.n, t.p);
		assert_true(strcmp(before, text) < 0);
		memcpy(before, text, sizeof before);
	}
}

static void reserving_keeps_what_is_there(void **state)
{
	BT_OWN(bt_hostset) s = bt_hostset_new();

	(void)state;
	bt_hostset_reserve(s, 10);
	assert_int_equal(add(s, "a.test", 1), 1);
	assert_int_equal(add(s, "b.test", 2), 1);
	struct bt_host_pattern b = pattern("b.test");

	assert_true(bt_hostset_remove(s, &b));
	bt_hostset_reserve(s, 5000);
	assert_int_equal(has(s, "a.test", 443), 1);
	assert_int_equal(has(s, "b.test", 443), -1);
	assert_int_equal(bt_hostset_count(s), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_most_specific_entry_names_the_source),
		cmocka_unit_test(removing_takes_exactly_that_entry),
		cmocka_unit_test(the_list_is_sorted_and_unique),
		cmocka_unit_test(names_with_long_common_beginnings_sort_bytewise),
		cmocka_unit_test(reserving_keeps_what_is_there),
	};
	return cmocka_run_group_tests_name("hostset", tests, NULL, NULL);
}
