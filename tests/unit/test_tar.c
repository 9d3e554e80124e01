#include "unit.h"
#include "bottle/tar.h"

#include <sys/stat.h>

#include "bottle/scratch.h"

static int pack(const struct bt_tar_entry *x, size_t n, struct bt_err *e)
{
	BT_OWN(bt_tar) t = NULL;
	int fd = -1;

	assert_ok(bt_tar_open(&t, e), e);
	for (size_t i = 0; i < n; i++)
		assert_ok(bt_tar_add(t, &x[i], e), e);
	assert_ok(bt_tar_finish(t, e), e);
	assert_ok(bt_tar_fd(t, &fd, e), e);
	return fd;
}

static void a_tree_goes_in_and_comes_out(void **state)
{
	const struct bt_tar_entry x[] = {
		{ .path = "/a/b", .data = BT_STR_LIT("hello"), .mode = 0640, .mtime = -1 },
		{ .path = "a/l", .link = "b", .mode = -1, .mtime = -1 },
		{ .path = "e", .mode = -1, .mtime = -1 },
	};
	struct bt_err e = { 0 };
	struct bt_untar_count n = { 0 };
	BT_OWN(bt_scratch) s = NULL;
	struct stat st;
	char path[400];

	(void)state;
	BT_OWN_FD int fd = pack(x, 3, &e);
	assert_ok(bt_scratch_open(&s, NULL, &e), &e);
	assert_ok(bt_untar_tree(fd, bt_scratch_path(s), false, &n, &e), &e);
	assert_int_equal(n.files, 1);
	assert_int_equal(n.bytes, 5);
	snprintf(path, sizeof path, "%s/a/l", bt_scratch_path(s));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	snprintf(path, sizeof path, "%s/e", bt_scratch_path(s));
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
}

static void links_that_lead_out_are_refused_and_none_is_followed(void **state)
{
	const struct bt_tar_entry bad[][2] = {
		{ { .path = "l", .link = "/etc" }, { .path = "x" } },
		{ { .path = "l", .link = "../x" }, { .path = "x" } },
		{ { .path = "a/l", .link = "../../x" }, { .path = "x" } },
		/* A link that stays inside is made, but what is below it is not written through it.
		 */
		{ { .path = "l", .link = "x" }, { .path = "l/y", .data = BT_STR_LIT("1") } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bt_err e = { 0 };
		struct bt_untar_count n = { 0 };
		BT_OWN(bt_scratch) s = NULL;
		BT_OWN_FD int fd = pack(bad[i], 2, &e);

		assert_ok(bt_scratch_open(&s, NULL, &e), &e);
		assert_int_equal(bt_untar_tree(fd, bt_scratch_path(s), false, &n, &e), -1);
		assert_int_equal(n.files, 0);
	}
}

static void any_link_is_kept_when_asked_for_and_still_not_followed(void **state)
{
	const struct bt_tar_entry x[] = {
		{ .path = "bin/python", .link = "/usr/bin/python3", .mode = -1, .mtime = -1 },
		{ .path = "out", .link = "../..", .mode = -1, .mtime = -1 },
	};
	const struct bt_tar_entry through[] = { x[1],
		                                { .path = "out/y", .mode = -1, .mtime = -1 } };
	struct bt_err e = { 0 };
	struct bt_untar_count n = { 0 };
	BT_OWN(bt_scratch) s = NULL;
	char path[512], target[64] = "";

	(void)state;
	BT_OWN_FD int fd = pack(x, 2, &e);
	BT_OWN_FD int bad = pack(through, 2, &e);

	assert_ok(bt_scratch_open(&s, NULL, &e), &e);
	assert_ok(bt_untar_tree(fd, bt_scratch_path(s), true, &n, &e), &e);
	snprintf(path, sizeof path, "%s/bin/python", bt_scratch_path(s));
	assert_true(readlink(path, target, sizeof target - 1) > 0);
	assert_string_equal(target, "/usr/bin/python3");
	assert_int_equal(bt_untar_tree(bad, bt_scratch_path(s), true, &n, &e), -1);
}

static void dotdot_is_refused_on_the_way_in(void **state)
{
	const struct bt_tar_entry x = { .path = "a/../../etc/passwd", .data = BT_STR_LIT("x") };
	BT_OWN(bt_tar) t = NULL;
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_tar_open(&t, &e), &e);
	assert_int_equal(bt_tar_add(t, &x, &e), -1);
	assert_int_equal(e.code, BT_INVALID);
}

static void a_file_larger_than_its_cap_is_a_limit(void **state)
{
	const struct bt_tar_entry x = { .path = "f", .data = BT_STR_LIT("0123456789") };
	struct bt_err e = { 0 };
	BT_OWN_BUF small = BT_BUF(9), enough = BT_BUF(10);

	(void)state;
	BT_OWN_FD int fd = pack(&x, 1, &e);
	assert_int_equal(bt_untar_file(fd, &small, &e), -1);
	assert_int_equal(e.code, BT_LIMIT);
	assert_ok(bt_untar_file(fd, &enough, &e), &e);
	assert_int_equal(enough.len, 10);
}

static void the_same_entries_give_the_same_bytes(void **state)
{
	const struct bt_tar_entry x = { .path = "f", .data = BT_STR_LIT("1"), .mtime = -1 };
	char a[65], b[65];
	struct bt_err e = { 0 };

	(void)state;
	BT_OWN_FD int one = pack(&x, 1, &e);
	BT_OWN_FD int two = pack(&x, 1, &e);
	assert_ok(bt_tar_sha256_fd(one, a, &e), &e);
	assert_ok(bt_tar_sha256_fd(two, b, &e), &e);
	assert_string_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_goes_in_and_comes_out),
		cmocka_unit_test(links_that_lead_out_are_refused_and_none_is_followed),
		cmocka_unit_test(any_link_is_kept_when_asked_for_and_still_not_followed),
		cmocka_unit_test(dotdot_is_refused_on_the_way_in),
		cmocka_unit_test(a_file_larger_than_its_cap_is_a_limit),
		cmocka_unit_test(the_same_entries_give_the_same_bytes),
	};
	return cmocka_run_group_tests_name("tar", tests, NULL, NULL);
}
