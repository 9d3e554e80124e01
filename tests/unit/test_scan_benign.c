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

static void a_line_of_a_list_of_digests_is_not_the_rest_of_the_one_before(void **state)
{
	static const char md5[] = "d41d8cd98f00b204e9800998ecf8427e";
	char text[512];

	(void)state;
	(void)snprintf(text, sizeof text, "%s  usr/share/zoneinfo/Asia/Novokuznetsk\n%s  usr/x\n",
	               md5, md5);
	assert_int_equal(found(text), 0);
	(void)snprintf(text, sizeof text, "%s *man/docker-trust-key-\r\n%s *usr/x\r\n", md5, md5);
	assert_int_equal(found(text), 0);
	/* Two blanks and a name make it such a line; without, it may be the rest of a key. */
	(void)snprintf(text, sizeof text, "%s  usr/share/zoneinfo/Asia/Novokuznetsk\n%s\n", md5,
	               md5);
	assert_int_equal(found(text), 1);
	(void)snprintf(text, sizeof text,
	               "key S"
	               "K%.15s\n%s",
	               md5, md5 + 15);
	assert_int_equal(found(text), 1);
}

static void a_variable_without_a_value_is_not_given_the_next_one(void **state)
{
	(void)state;
	assert_int_equal(found("ACME_"
	                       "TOKEN=\nRETRY_MAX=3\nLOG_LEVEL=info\n"),
	                 0);
	assert_int_equal(found("ACME_"
	                       "TOKEN=\r\n\r\nretry_max=3\r\n"),
	                 0);
	assert_int_equal(found("ACME_"
	                       "TOKEN=\nabcdefgh7\n"),
	                 1);
	assert_int_equal(found("ACME_"
	                       "TOKEN=abcd\nefgh7\n"),
	                 1);
}

static void nor_is_it_where_strings_are_joined(void **state)
{
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };
	static const char json[] = "{\"a\": \"ACME_"
	                           "TOKEN=\\nPORT=3000\\nHOST=x\", \"b\": \"c\"}";
	struct bt_scan_body b = { bt_str("application/json"), bt_str(""), bt_str(json), 0 };

	(void)state;
	assert_ok(bt_scan_body(scanner, scratch, &b, &f, &e), &e);
	assert_int_equal(f.n, 0);
	b.bytes = bt_str("[\"ACME_"
	                 "TOKEN=ABCDEFGHIJK=\", \"x\"]");
	assert_ok(bt_scan_body(scanner, scratch, &b, &f, &e), &e);
	assert_int_equal(f.n, 1);
	assert_int_equal(found("ACME_"
	                       "TOKEN=ABCDEFGHIJK="),
	                 1);
	assert_int_equal(found("ACME_"
	                       "TOKEN=ABCDEFGHIJK=="),
	                 1);
	assert_int_equal(found("ACME_"
	                       "TOKEN=Abc_def=ghi"),
	                 1);
}

static void digits_in_the_middle_of_a_uuid_are_no_card(void **state)
{
	(void)state;
	assert_int_equal(found("id 3f2a4111-1111-4111-1111-4f0a9b3c2d1e."), 0);
	assert_int_equal(found("id 9c4b2a1f-4111-1111-1111-1111a0b3c2d1,"), 0);
	assert_int_equal(found("pay 4111-1111-"
	                       "1111-1111 now"),
	                 1);
	assert_int_equal(found("9c4b2a1f 4111-1111-"
	                       "1111-1111"),
	                 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_behind_a_digit_are_no_social_security_number),
		cmocka_unit_test(a_line_of_a_list_of_digests_is_not_the_rest_of_the_one_before),
		cmocka_unit_test(a_variable_without_a_value_is_not_given_the_next_one),
		cmocka_unit_test(nor_is_it_where_strings_are_joined),
		cmocka_unit_test(digits_in_the_middle_of_a_uuid_are_no_card),
		cmocka_unit_test(a_constant_of_an_object_is_no_variable_of_the_environment),
	};
	return cmocka_run_group_tests_name("scan_benign", tests, open_scanner, close_scanner);
}
