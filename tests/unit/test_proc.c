#include "unit.h"
#include "bottle/proc.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

static const char *const sleeper[] = { "sleep", "60", NULL };

static void a_child_is_told_apart_from_a_later_one_of_its_pid(void **state)
{
	const struct bt_proc_spec spec = { .argv = sleeper };
	struct bt_proc *p = NULL;
	struct bt_proc_status st;
	struct bt_err e = { 0 };
	uint64_t start;

	(void)state;
	assert_ok(bt_proc_spawn(&p, &spec, &e), &e);
	pid_t pid = bt_proc_pid(p);

	assert_ok(bt_proc_start_time(pid, &start, &e), &e);
	assert_true(bt_proc_alive(pid, start));
	assert_false(bt_proc_alive(pid, start + 1));
	assert_int_equal(bt_proc_wait(p, 10, &st, &e), -1);
	assert_int_equal(e.code, BT_TIMEOUT);
	assert_ok(bt_proc_kill(p, SIGKILL, &e), &e);
	assert_ok(bt_proc_wait(p, 5000, &st, &e), &e);
	assert_int_equal(st.signal, SIGKILL);
	assert_int_equal(st.code, 137);
	assert_false(bt_proc_alive(pid, start));
	bt_proc_close(p);
	bt_proc_close(NULL);
}

static void close_ends_the_whole_group(void **state)
{
	static const char *const argv[] = { "sh", "-c", "sleep 60 & echo $!; wait", NULL };
	const struct bt_proc_spec spec = { .argv = argv,
		                           .out = { BT_PROC_PIPE, -1 },
		                           .group = true };
	BT_OWN_BUF out = BT_BUF(100);
	struct bt_proc *p = NULL;
	struct bt_proc_status st;
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_proc_spawn(&p, &spec, &e), &e);
	assert_int_equal(bt_proc_collect(p,
	                                 &(struct bt_proc_talk){ .out = &out, .timeout_ms = 300 },
	                                 &st, &e),
	                 -1);
	assert_int_equal(e.code, BT_TIMEOUT);
	bt_proc_close(p);
	assert_ok(bt_buf_add(&out, "", 1, &e), &e);
	long grandchild = strtol((const char *)out.p, NULL, 10);
	uint64_t start;

	assert_true(grandchild > 1);
	for (int i = 0; i < 100 && bt_proc_start_time((pid_t)grandchild, &start, &e) == 0; i++)
		usleep(10000);
	assert_int_equal(bt_proc_start_time((pid_t)grandchild, &start, &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
}

static void input_and_output_of_any_size_do_not_block_each_other(void **state)
{
	static const char *const argv[] = { "cat", NULL };
	const struct bt_proc_spec spec = { .argv = argv,
		                           .in = { BT_PROC_PIPE, -1 },
		                           .out = { BT_PROC_PIPE, -1 } };
	const size_t size = 2u << 20;
	BT_OWN_BUF out = BT_BUF(size);
	BT_OWN_MEM char *big = malloc(size);
	BT_OWN(bt_proc) p = NULL;
	struct bt_proc_status st;
	struct bt_err e = { 0 };

	(void)state;
	memset(big, 'x', size);
	const struct bt_proc_talk talk = { { big, size }, &out, NULL, 20000 };

	assert_ok(bt_proc_spawn(&p, &spec, &e), &e);
	assert_ok(bt_proc_collect(p, &talk, &st, &e), &e);
	assert_int_equal(st.code, 0);
	assert_int_equal(out.len, size);
}

static void a_program_that_is_not_there_leaves_nothing(void **state)
{
	static const char *const argv[] = { "bottle-no-such-program", NULL };
	static const char *const none[] = { NULL };
	const struct bt_proc_spec missing = { .argv = argv };
	const struct bt_proc_spec empty = { .argv = none };
	struct bt_proc *p = NULL;
	struct bt_err e = { 0 };
	char *path = NULL;

	(void)state;
	assert_int_equal(bt_proc_spawn(&p, &missing, &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
	assert_int_equal(bt_proc_spawn(&p, &empty, &e), -1);
	assert_int_equal(e.code, BT_INVALID);
	assert_null(p);
	assert_int_equal(bt_proc_which("bottle-no-such-program", &path, &e), -1);
	assert_null(path);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void a_path_with_empty_parts_does_not_mean_the_current_folder(void **state)
{
	struct bt_err e = { 0 };
	char *path = NULL;

	(void)state;
	setenv("PATH", ":/nonexistent::/bin:", 1);
	assert_ok(bt_proc_which("sh", &path, &e), &e);
	assert_string_equal(path, "/bin/sh");
	free(path);
	path = NULL;
	assert_int_equal(bt_proc_which("Makefile", &path, &e), -1);
	assert_null(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_is_told_apart_from_a_later_one_of_its_pid),
		cmocka_unit_test(close_ends_the_whole_group),
		cmocka_unit_test(input_and_output_of_any_size_do_not_block_each_other),
		cmocka_unit_test(a_program_that_is_not_there_leaves_nothing),
		cmocka_unit_test(a_path_with_empty_parts_does_not_mean_the_current_folder),
	};
	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
