/* What looks like a credential at a glance and is none; beside each, what must still be seen. The
 * real thing is put together here: the tree holds none. */
#include "open_scanner.h"

static size_t found(const char *text)
{
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };

	assert_ok(bt_scan_text(scanner, scratch, bt_str(text), &f, &e), &e);
	return f.n;
}

static void digits_behind_a_digit_are_no_social_security_number(void **state)
{
	(void)state;
	assert_int_equal(found("toll free 0800-89"
	                       "-1131 in the UK, or 0031-11"
	                       "-1129"),
	                 0);
	assert_int_equal(found("(123-45"
	                       "-6789)"),
	                 1);
	assert_int_equal(found("a1123-45"
	                       "-6789"),
	                 0);
}

static void a_constant_of_an_object_is_no_variable_of_the_environment(void **state)
{
	(void)state;
	assert_int_equal(found("exports.STRICT_"
	                       "TOKEN=exports.HEX"),
	                 0);
	assert_int_equal(found("a[0].CONTAINER_"
	                       "KEY=void 0;exports"),
	                 0);
	assert_int_equal(found("export STRICT_"
	                       "TOKEN=exports.HEX"),
	                 1);
	assert_int_equal(found("process.env.STRICT_"
	                       "TOKEN=\"exports.HEX\""),
	                 1);
	assert_int_equal(found("Done. STRICT_"
	                       "TOKEN=exports.HEX"),
	                 1);
	assert_int_equal(found(".STRICT_"
	                       "TOKEN=exports.HEX"),
	                 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_behind_a_digit_are_no_social_security_number),
		cmocka_unit_test(a_constant_of_an_object_is_no_variable_of_the_environment),
	};
	return cmocka_run_group_tests_name("scan_benign", tests, open_scanner, close_scanner);
}
