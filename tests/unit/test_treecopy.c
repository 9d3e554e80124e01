#include "unit.h"
#include "bottle/treecopy.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "bottle/scratch.h"

struct two {
	struct bt_scratch *s;
	int from, to;
};

static int setup(void **state)
{
	struct two *t = bt_calloc(1, sizeof *t);
	struct bt_err e = { 0 };

	assert_ok(bt_scratch_open(&t->s, NULL, &e), &e);
	int top = open(bt_scratch_path(t->s), O_RDONLY | O_DIRECTORY);

	assert_int_equal(mkdirat(top, "from", 0755) | mkdirat(top, "to", 0755), 0);
	t->from = openat(top, "from", O_RDONLY | O_DIRECTORY);
	t->to = openat(top, "to", O_RDONLY | O_DIRECTORY);
	close(top);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct two *t = *state;

	close(t->from);
	close(t->to);
	bt_scratch_close(t->s);
	free(t);
	return 0;
}

static void put(int dir, const char *name, const char *text, mode_t mode)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void holds(int dir, const char *name, const char *want)
{
	char text[64] = "";
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof text - 1), (ssize_t)strlen(want));
	assert_string_equal(text, want);
	close(fd);
}

static struct bt_treecopy roomy(void)
{
	return (struct bt_treecopy){ .max_bytes = BT_MIB, .max_files = 100 };
}

static void files_folders_and_links_come_with_modes_and_times(void **state)
{
	struct two *t = *state;
	struct bt_treecopy c = roomy();
	const struct timespec past[2] = { { 1000000000, 5 }, { 1000000001, 7 } };
	struct bt_err e = { 0 };
	char link[16] = "";
	struct stat st;

	assert_int_equal(mkdirat(t->from, "d", 0755), 0);
	put(t->from, "d/tool", "#!", 0755);
	put(t->from, "d/read", "only", 0444);
	put(t->from, "suid", "x", 04755);
	assert_int_equal(symlinkat("../../out", t->from, "d/link"), 0);
	assert_int_equal(mkfifoat(t->from, "pipe", 0600), 0);
	assert_int_equal(fchmodat(t->from, "d", 0555, 0), 0);
	assert_int_equal(utimensat(t->from, "d/tool", past, 0), 0);
	assert_int_equal(utimensat(t->from, "d", past, 0), 0);
	assert_ok(bt_treecopy_run(t->from, t->to, &c, &e), &e);
	holds(t->to, "d/tool", "#!");
	holds(t->to, "d/read", "only");
	assert_int_equal(fstatat(t->to, "d/tool", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(st.st_mtim.tv_sec, 1000000001);
	assert_int_equal(fstatat(t->to, "d", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(st.st_mtim.tv_sec, 1000000001);
	assert_int_equal(fstatat(t->to, "suid", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(readlinkat(t->to, "d/link", link, sizeof link), 9);
	assert_string_equal(link, "../../out");
	assert_int_equal(faccessat(t->to, "pipe", F_OK, 0), -1);
	assert_int_equal(c.bytes, 7);
	assert_int_equal(fchmodat(t->from, "d", 0755, 0) | fchmodat(t->to, "d", 0755, 0), 0);
}

static void one_name_at_the_top_is_left_out(void **state)
{
	struct two *t = *state;
	struct bt_treecopy c = roomy();
	struct bt_err e = { 0 };

	assert_int_equal(mkdirat(t->from, ".git", 0755) | mkdirat(t->from, "sub", 0755) |
	                         mkdirat(t->from, "sub/.git", 0755),
	                 0);
	put(t->from, ".git/config", "x", 0644);
	put(t->from, "sub/.git/config", "y", 0644);
	c.skip = ".git";
	assert_ok(bt_treecopy_run(t->from, t->to, &c, &e), &e);
	holds(t->to, "sub/.git/config", "y");
	assert_int_equal(faccessat(t->to, ".git", F_OK, 0), -1);
}

static void what_is_too_much_is_refused(void **state)
{
	struct two *t = *state;
	struct bt_treecopy c = roomy();
	struct bt_err e = { 0 };

	put(t->from, "a", "12345", 0644);
	put(t->from, "b", "12345", 0644);
	c.max_bytes = 9;
	assert_int_equal(bt_treecopy_run(t->from, t->to, &c, &e), -1);
	assert_int_equal(e.code, BT_LIMIT);
	assert_int_equal(unlinkat(t->to, "a", 0) | unlinkat(t->to, "b", 0), 0);
	c = roomy();
	c.max_files = 1;
	assert_int_equal(bt_treecopy_run(t->from, t->to, &c, &e), -1);
	assert_int_equal(e.code, BT_LIMIT);
}

static void nothing_that_is_there_is_written_over_or_followed(void **state)
{
	struct two *t = *state;
	struct bt_treecopy c = roomy();
	struct bt_err e = { 0 };

	put(t->from, "a", "new", 0644);
	put(t->to, "other", "old", 0644);
	assert_int_equal(symlinkat("other", t->to, "a"), 0);
	assert_int_equal(bt_treecopy_run(t->from, t->to, &c, &e), -1);
	assert_non_null(strstr(e.msg, "a: File exists"));
	holds(t->to, "other", "old");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(files_folders_and_links_come_with_modes_and_times),
		T(one_name_at_the_top_is_left_out),
		T(what_is_too_much_is_refused),
		T(nothing_that_is_there_is_written_over_or_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
