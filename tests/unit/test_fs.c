#include "unit.h"
#include "bottle/fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/scratch.h"

static struct bt_scratch *scratch;
static char at[8][300];

/* A path below the scratch folder; eight at a time. */
static const char *in(const char *name)
{
	static unsigned next;
	char *p = at[next++ % 8];

	snprintf(p, sizeof at[0], "%s/%s", bt_scratch_path(scratch), name);
	return p;
}

static int setup(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	return bt_scratch_open(&scratch, NULL, &e);
}

static int teardown(void **state)
{
	(void)state;
	bt_scratch_close(scratch);
	return 0;
}

static void holds(const char *path, const char *want)
{
	BT_OWN_BUF b = BT_BUF(4096);
	struct bt_err e = { 0 };

	assert_ok(bt_fs_read(path, 4096, &b, &e), &e);
	assert_true(bt_str_eq(bt_buf_str(&b), bt_str(want)));
}

static void write_replaces_whole_with_the_exact_mode_and_no_leftover(void **state)
{
	struct bt_fs_names names = { 0 };
	struct bt_fs_stat st;
	struct bt_err e = { 0 };
	mode_t mask = umask(077);

	(void)state;
	assert_ok(bt_fs_write(in("f"), BT_STR_LIT("one"), 0600, &e), &e);
	assert_ok(bt_fs_write(in("f"), BT_STR_LIT("two"), 0644, &e), &e);
	umask(mask);
	holds(in("f"), "two");
	assert_ok(bt_fs_stat(in("f"), false, &st, &e), &e);
	assert_int_equal(st.mode, 0644);
	assert_int_equal(st.size, 3);
	assert_string_equal(st.type, "file");
	assert_ok(bt_fs_list(bt_scratch_path(scratch), &names, &e), &e);
	assert_int_equal(names.n, 1);
	bt_fs_names_free(&names);
}

static void write_and_append_follow_no_link(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_fs_write(in("target"), BT_STR_LIT("old"), 0600, &e), &e);
	assert_int_equal(symlink("target", in("link")), 0);
	assert_int_equal(bt_fs_write(in("link"), BT_STR_LIT("new"), 0600, &e), -1);
	assert_int_equal(e.code, BT_INVALID);
	assert_int_equal(bt_fs_append(in("link"), BT_STR_LIT("new"), 0600, &e), -1);
	assert_int_equal(bt_fs_write(in("missing/f"), BT_STR_LIT("new"), 0600, &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
	assert_int_equal(bt_fs_write(bt_scratch_path(scratch), BT_STR_LIT("x"), 0600, &e), -1);
	holds(in("target"), "old");
}

static void create_makes_what_is_not_there_and_leaves_what_is(void **state)
{
	struct bt_err e = { 0 };
	struct stat st;
	mode_t before = umask(077);

	(void)state;
	assert_ok(bt_fs_create(in("new"), BT_STR_LIT("a"), 0644, &e), &e);
	(void)umask(before);
	assert_int_equal(stat(in("new"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(bt_fs_create(in("new"), BT_STR_LIT("bb"), 0600, &e), -1);
	assert_int_equal(e.code, BT_EXISTS);
	assert_int_equal(stat(in("new"), &st), 0);
	assert_int_equal(st.st_size, 1);
	assert_int_equal(symlink("nowhere", in("dangling")), 0);
	assert_int_equal(bt_fs_create(in("dangling"), BT_STR_LIT("a"), 0600, &e), -1);
	assert_int_equal(e.code, BT_EXISTS);
	assert_false(bt_fs_exists(in("nowhere")));
	assert_int_equal(bt_fs_create(in("none/f"), BT_STR_LIT("a"), 0600, &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
}

static void append_adds_to_regular_files_only(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_fs_append(in("f"), BT_STR_LIT("a"), 0600, &e), &e);
	assert_ok(bt_fs_append(in("f"), BT_STR_LIT("b"), 0600, &e), &e);
	holds(in("f"), "ab");
	assert_int_equal(mkfifo(in("fifo"), 0600), 0);
	assert_int_equal(bt_fs_append(in("fifo"), BT_STR_LIT("a"), 0600, &e), -1);
	assert_int_equal(bt_fs_write(in("fifo"), BT_STR_LIT("a"), 0600, &e), -1);
	assert_int_equal(e.code, BT_INVALID);
}

static void read_is_bounded_and_reads_what_has_no_size(void **state)
{
	BT_OWN_BUF b = BT_BUF(4096);
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_fs_write(in("f"), BT_STR_LIT("12345"), 0600, &e), &e);
	assert_ok(bt_fs_read(in("f"), 5, &b, &e), &e);
	assert_int_equal(b.len, 5);
	assert_int_equal(bt_fs_read(in("f"), 4, &b, &e), -1);
	assert_int_equal(e.code, BT_LIMIT);
	assert_int_equal(b.len, 5);
	assert_int_equal(bt_fs_read(in("none"), 4, &b, &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
	assert_int_equal(e.sys, ENOENT);
	assert_int_equal(bt_fs_read(bt_scratch_path(scratch), 4, &b, &e), -1);
	assert_int_equal(e.code, BT_SYS);
	bt_buf_clear(&b);
	assert_ok(bt_fs_read("/proc/self/comm", 64, &b, &e), &e);
	assert_true(b.len > 1);
}

static void mkdirs_makes_what_is_missing_and_accepts_what_is_there(void **state)
{
	struct bt_fs_stat st;
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_fs_mkdirs(in("a/b//c"), 0700, &e), &e);
	assert_ok(bt_fs_mkdirs(in("a/b/c/"), 0700, &e), &e);
	assert_ok(bt_fs_stat(in("a/b"), true, &st, &e), &e);
	assert_string_equal(st.type, "dir");
	assert_int_equal(st.mode, 0700);
	assert_ok(bt_fs_write(in("f"), BT_STR_LIT(""), 0600, &e), &e);
	assert_int_equal(bt_fs_mkdirs(in("f"), 0700, &e), -1);
	assert_int_equal(e.code, BT_EXISTS);
}

static void list_is_sorted_and_stat_tells_links_apart(void **state)
{
	struct bt_fs_names names = { 0 };
	struct bt_fs_stat st;
	struct bt_err e = { 0 };
	char *real = NULL;

	(void)state;
	assert_ok(bt_fs_write(in("b"), BT_STR_LIT("x"), 0600, &e), &e);
	assert_ok(bt_fs_mkdirs(in("a"), 0700, &e), &e);
	assert_int_equal(symlink("nowhere", in("C")), 0);
	assert_int_equal(symlink("b", in("d")), 0);
	assert_ok(bt_fs_list(bt_scratch_path(scratch), &names, &e), &e);
	assert_int_equal(names.n, 4);
	assert_string_equal(names.v[0], "C");
	assert_string_equal(names.v[1], "a");
	bt_fs_names_free(&names);
	assert_ok(bt_fs_stat(in("d"), false, &st, &e), &e);
	assert_string_equal(st.type, "link");
	assert_ok(bt_fs_stat(in("d"), true, &st, &e), &e);
	assert_string_equal(st.type, "file");
	assert_true(bt_fs_exists(in("C")));
	assert_false(bt_fs_exists(in("none")));
	assert_true(bt_fs_writable(in(".")));
	assert_false(bt_fs_writable(in("none")));
	assert_int_equal(bt_fs_stat(in("C"), true, &st, &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
	assert_ok(bt_fs_realpath(in("d"), &real, &e), &e);
	assert_string_equal(strrchr(real, '/'), "/b");
	free(real);
}

static void remove_tree_removes_links_and_leaves_what_they_point_to(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_fs_mkdirs(in("keep"), 0700, &e), &e);
	assert_ok(bt_fs_write(in("keep/f"), BT_STR_LIT("x"), 0600, &e), &e);
	assert_ok(bt_fs_mkdirs(in("t/a/b"), 0700, &e), &e);
	assert_ok(bt_fs_write(in("t/a/b/f"), BT_STR_LIT("x"), 0600, &e), &e);
	assert_int_equal(symlink("../keep", in("t/link")), 0);
	assert_ok(bt_fs_remove_tree(in("t"), &e), &e);
	assert_false(bt_fs_exists(in("t")));
	assert_true(bt_fs_exists(in("keep/f")));
	assert_ok(bt_fs_remove_tree(in("t"), &e), &e);
	assert_int_equal(symlink("keep", in("t")), 0);
	assert_ok(bt_fs_remove_tree(in("t"), &e), &e);
	assert_true(bt_fs_exists(in("keep/f")));
}

static void remove_takes_one_thing(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_fs_mkdirs(in("d/e"), 0700, &e), &e);
	assert_int_equal(bt_fs_remove(in("d"), &e), -1);
	assert_ok(bt_fs_remove(in("d/e"), &e), &e);
	assert_int_equal(bt_fs_remove(in("none"), &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(write_replaces_whole_with_the_exact_mode_and_no_leftover),
		CASE(write_and_append_follow_no_link),
		CASE(create_makes_what_is_not_there_and_leaves_what_is),
		CASE(append_adds_to_regular_files_only),
		CASE(read_is_bounded_and_reads_what_has_no_size),
		CASE(mkdirs_makes_what_is_missing_and_accepts_what_is_there),
		CASE(list_is_sorted_and_stat_tells_links_apart),
		CASE(remove_tree_removes_links_and_leaves_what_they_point_to),
		CASE(remove_takes_one_thing),
	};
	return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}
