#include "unit.h"
#include "bottle/str.h"

#define S(x) BT_STR_LIT(x)

static void slices_compare_by_bytes_or_by_ascii_case(void **state)
{
	(void)state;
	assert_true(bt_str_eq(S("a\0b"), S("a\0b")));
	assert_false(bt_str_eq(S("a\0b"), S("a\0c")));
	assert_false(bt_str_eq(S("a"), S("ab")));
	assert_true(bt_str_eq(bt_str(NULL), S("")));
	assert_true(bt_str_ieq(S("Host"), S("hOST")));
	assert_false(bt_str_ieq(S("@"), S("`")));
	assert_false(bt_str_ieq(S("\xc3\x89"), S("\xc3\xa9"))); /* no locale */
	assert_true(bt_str_istarts(S("Bearer x"), S("bearer ")));
	assert_false(bt_str_istarts(S("Bear"), S("bearer ")));
}

static void trim_takes_spaces_and_tabs_of_both_ends(void **state)
{
	(void)state;
	assert_true(bt_str_eq(bt_str_trim(S(" \t a b\t ")), S("a b")));
	assert_true(bt_str_eq(bt_str_trim(S(" \t ")), S("")));
	assert_true(bt_str_eq(bt_str_trim(S("\ra\n")), S("\ra\n")));
}

static void cut_walks_over_fields(void **state)
{
	struct bt_str s = S("a,,b");
	struct bt_str head;

	(void)state;
	assert_true(bt_str_cut(&s, ',', &head));
	assert_true(bt_str_eq(head, S("a")));
	assert_true(bt_str_cut(&s, ',', &head));
	assert_true(bt_str_eq(head, S("")));
	assert_false(bt_str_cut(&s, ',', &head));
	assert_true(bt_str_eq(head, S("b")));
	assert_false(bt_str_cut(&s, ',', &head));
	assert_true(bt_str_eq(head, S("")));
}

static void uint_takes_digits_up_to_the_maximum_and_nothing_else(void **state)
{
	uint64_t v = 77;

	(void)state;
	assert_true(bt_str_uint(S("65535"), 65535, &v));
	assert_int_equal(v, 65535);
	assert_false(bt_str_uint(S("65536"), 65535, &v));
	assert_false(bt_str_uint(S(""), 10, &v));
	assert_false(bt_str_uint(S("+1"), 10, &v));
	assert_false(bt_str_uint(S("1 "), 10, &v));
	assert_false(bt_str_uint(S("0x1"), 10, &v));
	assert_int_equal(v, 65535);
	assert_true(bt_str_uint(S("18446744073709551615"), UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_false(bt_str_uint(S("18446744073709551616"), UINT64_MAX, &v));
	assert_true(bt_str_uint(S("007"), 7, &v));
	assert_int_equal(v, 7);
}

static void utf8_is_that_of_rfc_3629(void **state)
{
	(void)state;
	assert_int_equal(bt_utf8_len("", 0), 0);
	assert_int_equal(bt_utf8_len("a", 1), 1);
	assert_int_equal(bt_utf8_len("\0", 1), 1);
	assert_int_equal(bt_utf8_len("\xc3\xa9", 2), 2);
	assert_int_equal(bt_utf8_len("\xc3\xa9", 1), 0);
	assert_int_equal(bt_utf8_len("\xe2\x82\xac", 3), 3);
	assert_int_equal(bt_utf8_len("\xf4\x8f\xbf\xbf", 4), 4);
	assert_int_equal(bt_utf8_len("\xc0\x80", 2), 0);         /* overlong */
	assert_int_equal(bt_utf8_len("\xe0\x9f\xbf", 3), 0);     /* overlong */
	assert_int_equal(bt_utf8_len("\xed\xa0\x80", 3), 0);     /* surrogate */
	assert_int_equal(bt_utf8_len("\xf4\x90\x80\x80", 4), 0); /* above U+10FFFF */
	assert_int_equal(bt_utf8_len("\x80", 1), 0);
	assert_int_equal(bt_utf8_len("\xff", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices_compare_by_bytes_or_by_ascii_case),
		cmocka_unit_test(trim_takes_spaces_and_tabs_of_both_ends),
		cmocka_unit_test(cut_walks_over_fields),
		cmocka_unit_test(uint_takes_digits_up_to_the_maximum_and_nothing_else),
		cmocka_unit_test(utf8_is_that_of_rfc_3629),
	};
	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
