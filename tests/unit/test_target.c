#include "unit.h"
#include "bottle/target.h"

static struct bt_target t;

static bool parse(const char *method, const char *target)
{
	struct bt_err e = { 0 };

	return bt_target_parse(&t, bt_str(method), bt_str(target), &e) == 0;
}

static void each_form_is_told_by_method_and_first_byte(void **state)
{
	(void)state;
	assert_true(parse("GET", "/a?b"));
	assert_int_equal(t.form, BT_TARGET_ORIGIN);
	assert_true(parse("CONNECT", "API.good.test.:443"));
	assert_int_equal(t.form, BT_TARGET_AUTHORITY);
	assert_string_equal(t.host.s, "api.good.test");
	assert_true(parse("OPTIONS", "*"));
	assert_false(parse("GET", "*"));
}

static void an_absolute_form_is_http_or_https(void **state)
{
	(void)state;
	assert_true(parse("GET", "HTTPS://a.test?q"));
	assert_true(t.https);
	assert_int_equal(t.port, 443);
	assert_true(bt_str_eq(t.path, BT_STR_LIT("?q")));
	assert_true(parse("GET", "http://a.test:8080/x"));
	assert_int_equal(t.port, 8080);
	static const char *const bad[] = { "ftp://a/", "file:///x",  "gopher://a",  "ws://a/",
		                           "a.test",   "http://",    "http:///x",   "http://u@a/",
		                           "http:/a",  "http://a:/", "https://a:0/" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (parse("GET", bad[i]))
			fail_msg("taken: %s", bad[i]);
}

static void connect_needs_host_and_port_and_nothing_else(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"a.test",      "a.test:",       "a.test:0",          "a.test:0443",
		"a.test:+443", "a.test:443:22", "http://a.test:443", "a@b.test:443",
		"/",           "a%2e.test:443", "[a.test]:443",      "[[a.test]]:443",
		"a.test:65979"
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (parse("CONNECT", bad[i]))
			fail_msg("taken: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_told_by_method_and_first_byte),
		cmocka_unit_test(an_absolute_form_is_http_or_https),
		cmocka_unit_test(connect_needs_host_and_port_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
