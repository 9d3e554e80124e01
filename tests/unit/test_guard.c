#include "unit.h"
#include "bottle/guard.h"
#include "bottle/scratch.h"
#include "bottle/mem.h"

#include <fcntl.h>
#include <stdbool.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const paths[] = { ".git/hooks/", ".git/config", ".git/commondir", ".envrc",
	                             ".idea/" };
#define N (sizeof paths / sizeof *paths)

static int setup(void **state)
{
	struct bt_scratch *s = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_scratch_open(&s, NULL, &e), &e);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	bt_scratch_close(*state);
	return 0;
}

static bool there(const char *root, const char *name)
{
	BT_OWN_MEM char *p = bt_asprintf("%s/%s", root, name);

	return access(p, F_OK) == 0;
}

static void touch(const char *root, const char *name, const char *text)
{
	BT_OWN_MEM char *p = bt_asprintf("%s/%s", root, name);
	int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void what_is_missing_is_made_and_goes_again(void **state)
{
	const char *root = bt_scratch_path(*state);
	struct bt_guard *g = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_guard_open(&g, root, paths, N, &e), &e);
	assert_true(there(root, ".git/hooks") && there(root, ".git/config"));
	assert_true(there(root, ".envrc") && there(root, ".idea"));
	assert_int_equal(bt_guard_alive_fd(g) >= 0, 1);
	assert_non_null(strstr(bt_guard_paths(g)[0], "/.git/hooks"));
	assert_non_null(strstr(bt_guard_parents(g)[0], "/.git"));
	assert_null(bt_guard_parents(g)[1]);
	bt_guard_close(g);
	assert_false(there(root, ".git") || there(root, ".envrc") || there(root, ".idea"));
}

static void what_was_there_or_was_written_to_stays(void **state)
{
	const char *root = bt_scratch_path(*state);
	struct bt_guard *g = NULL;
	struct bt_err e = { 0 };

	touch(root, ".envrc", "");
	assert_ok(bt_guard_open(&g, root, paths, N, &e), &e);
	touch(root, ".git/config", "[core]");
	touch(root, ".idea/x", "");
	bt_guard_close(g);
	assert_true(there(root, ".envrc") && there(root, ".git/config") && there(root, ".idea/x"));
	assert_false(there(root, ".git/hooks"));
}

static void nothing_guarded_needs_nothing(void **state)
{
	struct bt_guard *g = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_guard_open(&g, bt_scratch_path(*state), NULL, 0, &e), &e);
	assert_int_equal(bt_guard_alive_fd(g), -1);
	bt_guard_close(g);
	bt_guard_close(NULL);
}

/* A janitor that waits for others looks now and then. */
static void wait_gone(const char *root)
{
	for (int i = 0; i < 1000 && (there(root, ".git") || there(root, ".envrc")); i++)
		usleep(10000);
	assert_false(there(root, ".git") || there(root, ".envrc") || there(root, ".idea"));
}

static void the_first_to_end_leaves_what_the_second_is_mounted_on(void **state)
{
	const char *root = bt_scratch_path(*state);
	struct bt_guard *a = NULL, *b = NULL, *c = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_guard_open(&a, root, paths, N, &e), &e);
	assert_ok(bt_guard_open(&b, root, paths, N, &e), &e);
	bt_guard_close(a);
	assert_true(there(root, ".git/hooks") && there(root, ".envrc") && there(root, ".idea"));
	assert_ok(bt_guard_open(&c, root, paths, N, &e), &e);
	bt_guard_close(b);
	assert_true(there(root, ".git/hooks") && there(root, ".envrc") && there(root, ".idea"));
	bt_guard_close(c);
	wait_gone(root);
}

static void the_maker_that_ends_last_takes_it_away_before_it_returns(void **state)
{
	const char *root = bt_scratch_path(*state);
	struct bt_guard *a = NULL, *b = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_guard_open(&a, root, paths, N, &e), &e);
	assert_ok(bt_guard_open(&b, root, paths, N, &e), &e);
	bt_guard_close(b);
	assert_true(there(root, ".envrc"));
	bt_guard_close(a);
	assert_false(there(root, ".git") || there(root, ".envrc") || there(root, ".idea"));
}

static void a_sandbox_that_outlives_its_guard_still_counts(void **state)
{
	const char *root = bt_scratch_path(*state);
	struct bt_guard *a = NULL, *b = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_guard_open(&a, root, paths, N, &e), &e);
	assert_ok(bt_guard_open(&b, root, paths, N, &e), &e);
	int inside = dup(bt_guard_alive_fd(b)); /* as the first process of a sandbox has it */

	bt_guard_close(b);
	bt_guard_close(a);
	assert_true(there(root, ".git/hooks") && there(root, ".envrc"));
	close(inside);
	wait_gone(root);
}

static void a_link_is_refused_and_a_file_in_a_folders_place_is_guarded(void **state)
{
	const char *root = bt_scratch_path(*state);
	BT_OWN_MEM char *link = bt_asprintf("%s/.envrc", root);
	struct bt_guard *g = NULL;
	struct bt_err e = { 0 };

	touch(root, ".git", "gitdir: elsewhere");
	assert_ok(bt_guard_open(&g, root, paths, 2, &e), &e);
	assert_non_null(strstr(bt_guard_paths(g)[0], "/.git"));
	assert_null(bt_guard_paths(g)[1]);
	bt_guard_close(g);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	g = NULL;
	assert_int_equal(bt_guard_open(&g, root, paths, N, &e), -1);
	assert_int_equal(e.code, BT_DENIED);
	assert_null(g);
	assert_false(there(root, ".idea"));
}

static void kill_in_the_middle_of_making_one_leaves_nothing(void **state)
{
	const char *root = bt_scratch_path(*state);
	struct bt_guard *g = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_guard_open(&g, root, paths, N, &e), &e);
	touch(root, ".git/commondir", ""); /* made, and not filled yet */
	bt_guard_close(g);
	assert_false(there(root, ".git"));
}

/* A process that has a guard, until it is killed. */
static pid_t keeper(const char *root)
{
	int up[2];
	char byte;

	assert_int_equal(pipe(up), 0);
	pid_t pid = fork();

	if (pid == 0) {
		struct bt_guard *g = NULL;
		struct bt_err e = { 0 };

		(void)!write(up[1], bt_guard_open(&g, root, paths, N, &e) < 0 ? "n" : "y", 1);
		pause();
	}
	assert_int_equal(read(up[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	close(up[0]);
	close(up[1]);
	return pid;
}

static void kill_it(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void kill_of_the_parent_leaves_nothing(void **state)
{
	const char *root = bt_scratch_path(*state);
	pid_t pid = keeper(root);

	assert_true(there(root, ".envrc"));
	kill_it(pid);
	wait_gone(root);
}

static void kills_of_all_that_used_a_folder_leave_nothing(void **state)
{
	const char *root = bt_scratch_path(*state);
	pid_t first = keeper(root), second = keeper(root);
	struct bt_guard *g = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_guard_open(&g, root, paths, N, &e), &e);
	kill_it(first);
	kill_it(second);
	usleep(150000); /* long enough for a janitor that would be wrong */
	assert_true(there(root, ".git/hooks") && there(root, ".envrc"));
	bt_guard_close(g);
	wait_gone(root);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_missing_is_made_and_goes_again),
		T(what_was_there_or_was_written_to_stays),
		T(nothing_guarded_needs_nothing),
		T(the_first_to_end_leaves_what_the_second_is_mounted_on),
		T(the_maker_that_ends_last_takes_it_away_before_it_returns),
		T(a_sandbox_that_outlives_its_guard_still_counts),
		T(a_link_is_refused_and_a_file_in_a_folders_place_is_guarded),
		T(kill_in_the_middle_of_making_one_leaves_nothing),
		T(kill_of_the_parent_leaves_nothing),
		T(kills_of_all_that_used_a_folder_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
