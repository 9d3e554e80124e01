#include "unit.h"
#include "../../src/gate/edits.h"

#include "bottle/limits.h"

static struct bt_http_head head;

static void fill(void)
{
	static const struct bt_http_field fields[] = { { { "Host", 4 }, { "a.test", 6 } },
		                                       { { "Cookie", 6 }, { "a=1", 3 } },
		                                       { { "X-A", 3 }, { "one", 3 } },
		                                       { { "cookie", 6 }, { "b=2", 3 } } };

	memcpy(head.fields, fields, sizeof fields);
	head.nfields = 4;
}

static int add(struct bt_edits **l, const char *name, const char *value)
{
	struct bt_str v = bt_str(value);
	struct bt_err e = { 0 };

	return bt_edits_add(l, bt_str(name), value ? &v : NULL, &e);
}

static void a_field_is_set_and_removed_whatever_its_case_and_number(void **state)
{
	BT_OWN(bt_edits) l = NULL;
	struct bt_err e = { 0 };

	(void)state;
	fill();
	assert_int_equal(bt_edits_make(l, &head, &e), 0);
	assert_int_equal(head.nfields, 4);
	assert_int_equal(add(&l, "COOKIE", NULL), 0);
	assert_int_equal(add(&l, "x-a", "two"), 0);
	assert_int_equal(add(&l, "X-B", ""), 0);
	assert_int_equal(bt_edits_make(l, &head, &e), 0);
	assert_int_equal(head.nfields, 3);
	assert_null(bt_http_find(&head, "cookie"));
	assert_true(bt_str_eq(bt_http_find(&head, "X-A")->value, BT_STR_LIT("two")));
	assert_true(bt_str_eq(bt_http_find(&head, "x-b")->value, BT_STR_LIT("")));
	assert_true(bt_edits_set(l, BT_STR_LIT("X-a")));
	assert_false(bt_edits_set(l, BT_STR_LIT("cookie")));
	assert_false(bt_edits_set(NULL, BT_STR_LIT("x-a")));
}

static void a_value_cannot_become_a_second_header(void **state)
{
	static const char *const bad[] = { "a\r\nEvil: 1", "a\nb", "a\rb",  "\n",
		                           " a",           "a ",   "a\x7f", "\x01" };
	BT_OWN(bt_edits) l = NULL;
	struct bt_str nul = { "a\0b", 3 };
	struct bt_err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(add(&l, "x-a", bad[i]), -1);
	assert_int_equal(bt_edits_add(&l, bt_str("x-a"), &nul, &e), -1);
	static const char *const names[] = { "", "a b", "a:", "a\r\nb", "\xc3\xa4", "(a)" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(add(&l, names[i], "v"), -1);
	assert_null(l);
}

static void what_frames_or_routes_a_message_is_not_to_be_touched(void **state)
{
	static const char *const kept[] = { "Host",
		                            "Content-Length",
		                            "transfer-encoding",
		                            "Connection",
		                            "Upgrade",
		                            "TE",
		                            "Trailer",
		                            "Expect",
		                            "Proxy-Authorization",
		                            "Content-Encoding",
		                            "Content-Type",
		                            "X-Forwarded-For",
		                            "Sec-WebSocket-Key",
		                            "X-HTTP-Method-Override" };
	BT_OWN(bt_edits) l = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		assert_int_equal(add(&l, kept[i], "v"), -1);
		assert_int_equal(add(&l, kept[i], NULL), -1);
	}
	assert_int_equal(add(&l, "Authorization", "v"), 0);
}

static void there_is_a_limit(void **state)
{
	BT_OWN(bt_edits) l = NULL;
	struct bt_err e = { 0 };
	static char big[BT_LIM_EDIT_BYTES + 1];

	(void)state;
	memset(big, 'x', sizeof big - 1);
	assert_int_equal(add(&l, "x-a", big), -1);
	for (size_t i = 0; i < BT_LIM_EDITS; i++)
		assert_int_equal(add(&l, "x-a", "v"), 0);
	assert_int_equal(add(&l, "x-a", "v"), -1);
	fill();
	for (head.nfields = 4; head.nfields < BT_LIM_HTTP_FIELDS; head.nfields++)
		head.fields[head.nfields] = head.fields[0];
	assert_int_equal(bt_edits_make(l, &head, &e), 0); /* X-A makes room for itself */
	bt_edits_free(BT_STEAL(l));
	assert_int_equal(add(&l, "x-new", "v"), 0);
	assert_int_equal(bt_edits_make(l, &head, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_is_set_and_removed_whatever_its_case_and_number),
		cmocka_unit_test(a_value_cannot_become_a_second_header),
		cmocka_unit_test(what_frames_or_routes_a_message_is_not_to_be_touched),
		cmocka_unit_test(there_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
