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

static void nothing_missing_needs_no_janitor(void **state)
{
	const char *root = bt_scratch_path(*state), *one[] = { ".envrc" };
	struct bt_guard *g = NULL;
	struct bt_err e = { 0 };

	touch(root, ".envrc", "x");
	assert_ok(bt_guard_open(&g, root, one, 1, &e), &e);
	assert_int_equal(bt_guard_alive_fd(g), -1);
	bt_guard_close(g);
	bt_guard_close(NULL);
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

static void kill_of_the_parent_leaves_nothing(void **state)
{
	const char *root = bt_scratch_path(*state);
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
	assert_true(there(root, ".envrc"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 200 && (there(root, ".git") || there(root, ".envrc")); i++)
		usleep(10000);
	assert_false(there(root, ".git") || there(root, ".envrc") || there(root, ".idea"));
	close(up[0]);
	close(up[1]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_missing_is_made_and_goes_again),
		T(what_was_there_or_was_written_to_stays),
		T(nothing_missing_needs_no_janitor),
		T(a_link_is_refused_and_a_file_in_a_folders_place_is_guarded),
		T(kill_in_the_middle_of_making_one_leaves_nothing),
		T(kill_of_the_parent_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
