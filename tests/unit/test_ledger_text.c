#include "unit.h"
#include "bottle/ledger_text.h"

#define OWNER "{\"boot\":\"b\",\"created\":1,\"host\":\"h\",\"ledger\":1,\"pid\":2,\"start\":3}\n"
#define INTEND(n) "{\"kind\":\"k\",\"name\":\"" n "\",\"op\":\"intend\"}\n"
#define UNDONE(n) "{\"kind\":\"k\",\"name\":\"" n "\",\"op\":\"undone\"}\n"

static void pending_is_what_was_intended_and_not_undone(void **state)
{
	struct bt_ledger_view v = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_ledger_parse(BT_STR_LIT(OWNER INTEND("a") INTEND("b") INTEND("c") UNDONE("b")
	                                             UNDONE("never") "{\"op\":\"detach\"}\n"),
	                          &v, &e),
	          &e);
	assert_int_equal(v.n, 2);
	assert_string_equal(v.v[0].name, "a");
	assert_string_equal(v.v[1].name, "c");
	assert_true(v.detached);
	assert_int_equal(v.owner.pid, 2);
	assert_string_equal(v.owner.host, "h");
	bt_ledger_view_free(&v);
}

static void a_renewed_intend_is_the_newest_and_not_made_yet(void **state)
{
	struct bt_ledger_view v = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_ledger_parse(BT_STR_LIT(OWNER INTEND("a") "{\"kind\":\"k\",\"name\":\"a\","
	                                                       "\"op\":\"done\"}\n" INTEND("b")
	                                                               INTEND("a")),
	                          &v, &e),
	          &e);
	assert_int_equal(v.n, 2);
	assert_string_equal(v.v[1].name, "a");
	assert_false(v.v[1].done);
	bt_ledger_view_free(&v);
}

static void what_a_power_cut_tore_is_ignored_at_the_end_only(void **state)
{
	static const char torn[] = OWNER INTEND("a") "{\"kind\":\"k\",\"na";
	static const char zeros[] = OWNER INTEND("a") "\0\0\0\0\n\0\0\n";
	struct bt_ledger_view v = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_ledger_parse(BT_STR_LIT(torn), &v, &e), &e);
	assert_int_equal(v.n, 1);
	assert_int_equal(v.good, sizeof(OWNER INTEND("a")) - 1);
	bt_ledger_view_free(&v);
	assert_ok(bt_ledger_parse(BT_STR_LIT(zeros), &v, &e), &e);
	assert_int_equal(v.n, 1);
	bt_ledger_view_free(&v);
	assert_int_equal(bt_ledger_parse(BT_STR_LIT(OWNER "x\n" INTEND("a")), &v, &e), -1);
	assert_int_equal(e.code, BT_PROTO);
	assert_non_null(strstr(e.msg, "line 2"));
	assert_null(v.v);
}

static void without_a_whole_owner_it_is_no_ledger(void **state)
{
	static const char *const bad[] = { "",
		                           "{}",
		                           "{}\n",
		                           "{\"ledger\":2}\n",
		                           INTEND("a"),
		                           "{\"boot\":\"b\",\"created\":1,\"host\":\"h\","
		                           "\"ledger\":1,\"pid\":-2,\"start\":3}\n" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bt_ledger_view v = { 0 };
		struct bt_err e = { 0 };

		assert_int_equal(bt_ledger_parse(bt_str(bad[i]), &v, &e), -1);
		assert_int_not_equal(e.code, BT_OK);
	}
}

static void names_with_odd_characters_survive(void **state)
{
	BT_OWN_BUF b = BT_BUF(4096);
	struct bt_ledger_view v = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_buf_add(&b, OWNER, sizeof OWNER - 1, &e), &e);
	assert_ok(bt_ledger_op_line(BT_LEDGER_INTEND, "dir", "/a \"b\"\n\xc3\xa9", "[1]", &b, &e),
	          &e);
	assert_ok(bt_ledger_parse(bt_buf_str(&b), &v, &e), &e);
	assert_string_equal(v.v[0].name, "/a \"b\"\n\xc3\xa9");
	assert_string_equal(v.v[0].extra, "[1]");
	bt_ledger_view_free(&v);
	assert_int_equal(bt_ledger_op_line(BT_LEDGER_INTEND, "dir", "\xff", NULL, &b, &e), -1);
	assert_int_equal(e.code, BT_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pending_is_what_was_intended_and_not_undone),
		cmocka_unit_test(a_renewed_intend_is_the_newest_and_not_made_yet),
		cmocka_unit_test(what_a_power_cut_tore_is_ignored_at_the_end_only),
		cmocka_unit_test(without_a_whole_owner_it_is_no_ledger),
		cmocka_unit_test(names_with_odd_characters_survive),
	};
	return cmocka_run_group_tests_name("ledger_text", tests, NULL, NULL);
}
