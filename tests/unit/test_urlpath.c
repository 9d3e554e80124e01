#include "unit.h"
#include "bottle/urlpath.h"

static char got[128];

static bool reads(const char *path)
{
	BT_OWN_BUF out = BT_BUF(100);
	struct bt_err e = { 0 };

	assert_ok(bt_buf_add(&out, "<", 1, &e), &e);
	bool one = bt_path_read(&out, bt_str(path), &e) == 0;

	assert_true(one == (e.msg[0] == '\0'));
	assert_true(one || out.len == 1); /* as it was */
	(void)snprintf(got, sizeof got, "%.*s", (int)out.len - 1, (const char *)out.p + 1);
	return one;
}

static void a_path_that_climbs_is_seen_in_every_spelling(void **state)
{
	static const char *const climb[] = {
		"/v1/../admin",
		"/..",
		"..",
		"/v1/..",
		"/v1/%2e%2e/admin",
		"/v1/.%2e/",
		"/v1/%2E./x",
		"/v1/..;/admin",
		"/v1/..;a=b/x",
		"/v1/%252e%252e/x",
		"/v1/%%32%65%2e/x",
		"/v1%2f..%2fadmin",
		"/v1\\..\\admin",
		"/v1/..%5cadmin",
		"/v1/..%00/x",
		"/v1/%2e%2e%3b/x",
	};
	static const char *const level[] = {
		"",       "/",        "/v1/messages", "/a..b/c", "/compare/v1...v2", "/...",
		"/.../x", "/.hidden", "/a/..b",       "/b../c",  "/v1/a;..",         "/%2e%2ehid",
		"/.",     "/x/./y",   "/100%",        "/a%2",    "/%zz..",           "/v1.2..3/x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof climb / sizeof *climb; i++)
		if (!bt_path_climbs(bt_str(climb[i])))
			fail_msg("not seen: %s", climb[i]);
	for (size_t i = 0; i < sizeof level / sizeof *level; i++)
		if (bt_path_climbs(bt_str(level[i])))
			fail_msg("does not climb: %s", level[i]);
}

static void a_path_is_read_with_its_escapes_undone_once(void **state)
{
	(void)state;
	assert_true(reads("/v1/%6dessages/%40scope/a%20b/~x/"));
	assert_string_equal(got, "/v1/messages/@scope/a b/~x/");
	assert_true(reads("/"));
	assert_true(reads(""));
	assert_true(reads("/a//") == false);
	assert_true(reads("/a/"));
	assert_true(reads("/caf\xc3\xa9/%c3%a9"));
}

static void a_path_that_servers_read_differently_is_no_path(void **state)
{
	static const char *const two[] = {
		"/v1%2Fmessages", "/v1%5cx",  "/v1\\x",   "//v1",   "/v1//x", "/v1/%252e",
		"/v1/./x",        "/v1/%2e/", "/v1/..",   "/a;b/c", "/a%3bb", "/a%3fb",
		"/a%23b",         "/a%00b",   "/a%0d%0a", "/a%7f",  "/a%",    "/a%2",
		"/a%zz",          "/a\tb",    "/.",       "///",
	};

	(void)state;
	for (size_t i = 0; i < sizeof two / sizeof *two; i++)
		if (reads(two[i]))
			fail_msg("read: %s", two[i]);
}

static void what_does_not_fit_is_not_read(void **state)
{
	char path[200];

	(void)state;
	memset(path, 'a', sizeof path);
	path[sizeof path - 1] = '\0';
	assert_false(reads(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_that_climbs_is_seen_in_every_spelling),
		cmocka_unit_test(a_path_is_read_with_its_escapes_undone_once),
		cmocka_unit_test(a_path_that_servers_read_differently_is_no_path),
		cmocka_unit_test(what_does_not_fit_is_not_read),
	};
	return cmocka_run_group_tests_name("urlpath", tests, NULL, NULL);
}
