#include "unit.h"
#include "bottle/gitdiff.h"

#define A "0123456789abcdef0123456789abcdef01234567"

static struct bt_gitdiff_line one(struct bt_gitdiff *g, const char *line)
{
	struct bt_gitdiff_line out;
	struct bt_err e = { 0 };

	assert_ok(bt_gitdiff_read(g, bt_str(line), &out, &e), &e);
	return out;
}

static void is(struct bt_gitdiff_line l, enum bt_gitdiff_kind kind, const char *text)
{
	assert_int_equal(l.kind, kind);
	assert_int_equal(l.text.n, strlen(text));
	assert_memory_equal(l.text.p, text, l.text.n);
}

static void refused(struct bt_gitdiff *g, const char *line)
{
	struct bt_gitdiff_line out;
	struct bt_err e = { 0 };

	assert_int_equal(bt_gitdiff_read(g, bt_str(line), &out, &e), -1);
	assert_int_equal(e.code, BT_PROTO);
}

static void added_lines_have_their_file_and_number(void **state)
{
	struct bt_gitdiff g = { 0 };

	(void)state;
	is(one(&g, A), BT_GITDIFF_COMMIT, A);
	is(one(&g, ":100644 100644 " A " " A " M\ta b"), BT_GITDIFF_NAME, "a b");
	is(one(&g, ":100644 000000 " A " " A " D\tgone"), BT_GITDIFF_OTHER, "");
	one(&g, "");
	one(&g, "diff --git a/a b b/a b");
	one(&g, "index " A ".." A " 100644");
	one(&g, "--- a/a b\t");
	is(one(&g, "+++ b/a b\t"), BT_GITDIFF_FILE, "b/a b");
	one(&g, "@@ -7 +9,2 @@ int main(void)");
	is(one(&g, "-old"), BT_GITDIFF_OTHER, "");
	is(one(&g, "+first"), BT_GITDIFF_ADDED, "first");
	struct bt_gitdiff_line l = one(&g, "+second");

	is(l, BT_GITDIFF_ADDED, "second");
	assert_int_equal(l.number, 10);
	one(&g, "\\ No newline at end of file");
	is(one(&g, A), BT_GITDIFF_COMMIT, A);
}

static void content_never_passes_for_a_header(void **state)
{
	struct bt_gitdiff g = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	one(&g, "@@ -0,0 +1,4 @@");
	assert_int_equal(bt_gitdiff_end(&g, &e), -1);
	is(one(&g, "+++ b/other"), BT_GITDIFF_ADDED, "++ b/other");
	is(one(&g, "+@@ -1 +1 @@"), BT_GITDIFF_ADDED, "@@ -1 +1 @@");
	is(one(&g, "+" A), BT_GITDIFF_ADDED, A);
	refused(&g, A);
	is(one(&g, "+"), BT_GITDIFF_ADDED, "");
	assert_ok(bt_gitdiff_end(&g, &e), &e);
}

static void of_a_merge_only_what_no_parent_has_is_added(void **state)
{
	struct bt_gitdiff g = { 0 };

	(void)state;
	is(one(&g, "::100644 100644 100644 " A " " A " " A " MM\ta"), BT_GITDIFF_NAME, "a");
	one(&g, "diff --combined a");
	one(&g, "@@@ -1,2 -1,1 +1,3 @@@");
	is(one(&g, " +theirs"), BT_GITDIFF_OTHER, "");
	is(one(&g, "- gone"), BT_GITDIFF_OTHER, "");
	is(one(&g, "+ ours"), BT_GITDIFF_OTHER, "");
	struct bt_gitdiff_line l = one(&g, "++evil");

	is(l, BT_GITDIFF_ADDED, "evil");
	assert_int_equal(l.number, 3);
	is(one(&g, A), BT_GITDIFF_COMMIT, A);
}

static void what_is_not_of_a_diff_is_refused(void **state)
{
	static const char *const bad[] = { "Binary files a/x and b/x differ",
		                           "Submodule x 1..2:",
		                           "@@ -1 +1",
		                           "@ -1 @",
		                           "@@ -x +1 @@",
		                           ":100644 no path",
		                           "anything" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bt_gitdiff g = { 0 };

		refused(&g, bad[i]);
	}
	struct bt_gitdiff g = { 0 };

	one(&g, "@@ -1 +1 @@");
	refused(&g, "x");
}

static void paths_lose_their_quotes(void **state)
{
	static const char *const row[][2] = { { "plain name", "plain name" },
		                              { "\"b/a\\tb\\\"\\\\\"", "b/a\tb\"\\" },
		                              { "\"\\303\\244\"", "\xc3\xa4" },
		                              { "\"\"", "" } };
	static const char *const bad[] = { "\"open", "\"\\9\"", "\"\\40\"", "\"\\777\"", "\"\\\"" };
	struct bt_err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		BT_OWN_BUF b = BT_BUF(100);

		assert_ok(bt_gitdiff_unquote(bt_str(row[i][0]), &b, &e), &e);
		assert_int_equal(b.len, strlen(row[i][1]));
		if (b.len)
			assert_memory_equal(b.p, row[i][1], b.len);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		BT_OWN_BUF b = BT_BUF(100);

		assert_int_equal(bt_gitdiff_unquote(bt_str(bad[i]), &b, &e), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(added_lines_have_their_file_and_number),
		cmocka_unit_test(content_never_passes_for_a_header),
		cmocka_unit_test(of_a_merge_only_what_no_parent_has_is_added),
		cmocka_unit_test(what_is_not_of_a_diff_is_refused),
		cmocka_unit_test(paths_lose_their_quotes),
	};
	return cmocka_run_group_tests_name("gitdiff", tests, NULL, NULL);
}
