/* On a host without bubblewrap or user namespaces these cases have nothing to run: they skip. */
#include "unit.h"
#include "bottle/cell.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/wait.h>

static char bwrap_path[256], init_path[512];
static const struct bt_view view[] = {
	{ .kind = BT_VIEW_RO, .from = "/", .to = "/" },
	{ .kind = BT_VIEW_PROC, .to = "/proc" },
	{ .kind = BT_VIEW_DEV, .to = "/dev" },
	{ .kind = BT_VIEW_TMPFS, .to = "/tmp", .mode = 01777 },
	{ .kind = BT_VIEW_RO, .from = init_path, .to = "/tmp/init" },
};
static const char *const env[] = { "PATH=/usr/bin:/bin", "X=1", NULL };

static int start(void **state)
{
	struct bt_cell_spec s = { .bwrap = bwrap_path,
		                  .init = "/tmp/init",
		                  .view = view,
		                  .nview = 5,
		                  .hostname = "bottle" };
	struct bt_cell *c = NULL;
	struct bt_err e = { 0 };

	if (!*bwrap_path)
		return 0;
	if (bt_cell_open(&c, &s, &e) < 0 || bt_cell_ready(c, 5000, &e) < 0) {
		print_message("%s\n", e.msg);
		bt_cell_close(c);
		return -1;
	}
	*state = c;
	return 0;
}

static int end(void **state)
{
	bt_cell_close(*state);
	return 0;
}

static struct bt_cell *cell(void **state)
{
	if (!*state)
		skip();
	return *state;
}

/* Run a script inside; what it printed. */
static const char *sh(struct bt_cell *c, const char *script, int *status)
{
	static char said[65536];
	const char *argv[] = { "sh", "-s", NULL };
	struct bt_cell_command cmd = { .argv = argv, .env = env };
	struct bt_buf out = BT_BUF(60000), err = BT_BUF(60000);
	struct bt_cell_result res = { .out = &out, .err = &err };
	struct bt_err e = { 0 };

	assert_ok(bt_cell_run(c, &cmd, bt_str(script), 20000, &res, &e), &e);
	*status = res.status;
	snprintf(said, sizeof said, "%.*s%.*s", (int)out.len, out.len ? (char *)out.p : "",
	         (int)err.len, err.len ? (char *)err.p : "");
	bt_buf_free(&out);
	bt_buf_free(&err);
	return said;
}

static void a_script_runs_and_its_output_and_status_come_back(void **state)
{
	int status;

	assert_string_equal(sh(cell(state), "echo out; echo $X >&2; exit 7", &status), "out\n1\n");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

static void a_missing_program_is_told_from_one_that_may_not_run(void **state)
{
	const char *missing[] = { "no-such-program", NULL }, *denied[] = { "/etc/passwd", NULL };
	struct bt_cell_command cmd = { .argv = missing, .env = env, .stdio = { 0, 1, 2 } };
	struct bt_cell *c = cell(state);
	struct bt_err e = { 0 };
	uint32_t id;

	assert_int_equal(bt_cell_spawn(c, &cmd, &id, NULL, &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
	cmd.argv = denied;
	assert_int_equal(bt_cell_spawn(c, &cmd, &id, NULL, &e), -1);
	assert_int_equal(e.code, BT_DENIED);
}

static void nothing_inside_holds_a_capability_and_the_filter_is_on(void **state)
{
	const char *said = sh(cell(state), "grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/self/status",
	                      &(int){ 0 });

	for (const char *p = said; (p = strstr(p, "Cap")); p += 3)
		assert_non_null(strstr(p, ":\t0000000000000000\n"));
	assert_non_null(strstr(said, "Seccomp:\t2"));
	assert_non_null(strstr(said, "NoNewPrivs:\t1"));
	assert_null(strstr(said, "0000000000000400"));
}

static void the_first_process_cannot_be_killed_or_looked_into(void **state)
{
	int status;
	const char *said =
	        sh(cell(state),
	           "kill -9 1; sleep 0.1; cat /proc/1/environ 2>&1; cat /proc/1/fd/3 2>&1;"
	           "head -c1 /proc/1/mem 2>&1; exit 3",
	           &status);

	assert_int_equal(WEXITSTATUS(status), 3);
	assert_non_null(strstr(said, "environ: Permission denied"));
	assert_non_null(strstr(said, "/proc/1/fd/3: Permission denied"));
	assert_non_null(strstr(said, "mem' for reading: Permission denied"));
}

static void sockets_of_its_loopback_are_handed_out(void **state)
{
	struct bt_cell *c = cell(state);
	struct bt_err e = { 0 };
	int fds[BT_PORT_COUNT], status;

	assert_ok(bt_cell_settle(c, NULL, 0, fds, &e), &e);
	const char *said = sh(c,
	                      "exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/80; echo hi >&3; echo yes;"
	                      "exec 4<>/dev/tcp/192.0.2.1/80'",
	                      &status);
	struct pollfd p = { fds[BT_PORT_HTTP], POLLIN, 0 };

	assert_non_null(strstr(said, "yes\n"));
	assert_non_null(strstr(said, "Network is unreachable"));
	assert_int_equal(poll(&p, 1, 1000), 1);
	int conn = accept(fds[BT_PORT_HTTP], NULL, NULL);
	char got[8] = "";

	assert_true(conn >= 0);
	assert_int_equal(read(conn, got, sizeof got), 3);
	assert_string_equal(got, "hi\n");
	close(conn);
	for (int i = 0; i < BT_PORT_COUNT; i++)
		close(fds[i]);
}

static int settle(struct bt_cell *c, const struct bt_late *late, size_t n, struct bt_err *e)
{
	int fds[BT_PORT_COUNT];

	if (bt_cell_settle(c, late, n, fds, e) < 0)
		return -1;
	for (int i = 0; i < BT_PORT_COUNT; i++)
		close(fds[i]);
	return 0;
}

static int text_file(const char *text)
{
	int fd = memfd_create("text", 0);

	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	return fd;
}

static void the_last_lines_of_the_view_are_put_on_from_outside(void **state)
{
	struct bt_cell *c = cell(state);
	struct bt_err e = { 0 };
	int fd = text_file("late\n"), status;
	const struct bt_late late[] = {
		{ .kind = BT_LATE_FILE, .to = "/tmp/file", .fd = fd, .mode = 0444 },
		{ .kind = BT_LATE_SYMLINK, .to = "/tmp/link", .from = "/tmp/file" },
		{ .kind = BT_LATE_RW, .to = "/tmp/file" },
		{ .kind = BT_LATE_COVER, .to = "/proc/cmdline", .from = "/dev/null" },
		{ .kind = BT_LATE_RO, .to = "/proc/sys", .from = NULL },
		{ .kind = BT_LATE_FREEZE, .to = "/tmp" },
	};

	assert_ok(settle(c, late, sizeof late / sizeof *late, &e), &e);
	const char *said =
	        sh(c,
	           "cat /tmp/link; rm /tmp/file; touch /tmp/x; cat /proc/cmdline;"
	           "grep -E ' (/proc/sys|/tmp|/proc/cmdline) ro' /proc/self/mounts|wc -l",
	           &status);

	close(fd);
	assert_non_null(strstr(said, "late\n"));
	assert_non_null(strstr(said, "rm: cannot remove '/tmp/file'"));
	assert_non_null(strstr(said, "touch: cannot touch '/tmp/x': Read-only"));
	assert_non_null(strstr(said, "/proc/cmdline: Permission denied"));
}

static void a_late_line_behind_a_link_or_of_another_file_is_refused(void **state)
{
	struct bt_cell *c = cell(state);
	struct bt_err e = { 0 };
	int status;
	struct bt_late late = { .kind = BT_LATE_RO, .to = "/tmp/l" };

	(void)sh(c, "ln -s /etc /tmp/l; mkdir /tmp/d", &status);
	assert_int_equal(settle(c, &late, 1, &e), -1);
	assert_non_null(strstr(e.msg, "guard /tmp/l: "));
	late = (struct bt_late){ .kind = BT_LATE_RO, .to = "/tmp/d", .from = "/etc" };
	assert_int_equal(settle(c, &late, 1, &e), -1);
	assert_int_equal(e.code, BT_DENIED);
	late.to = "/etc";
	assert_ok(settle(c, &late, 1, &e), &e);
	late.from = "/proc/self/cwd/x"; /* a link on the way outside */
	assert_int_equal(settle(c, &late, 1, &e), -1);
}

static void a_terminal_is_of_the_sandbox(void **state)
{
	const char *argv[] = { "sh", "-c", "tty; stty size; test -t 0 && exit 4", NULL };
	struct bt_cell_command cmd = { .argv = argv, .env = env, .tty = true };
	struct bt_cell *c = cell(state);
	struct bt_err e = { 0 };
	char said[256] = "";
	int master = -1, status;
	uint32_t id;
	size_t n = 0;

	assert_ok(bt_cell_spawn(c, &cmd, &id, &master, &e), &e);
	assert_ok(bt_cell_wait(c, id, 5000, &status, &e), &e);
	for (ssize_t r; n < 255 && (r = read(master, said + n, 255 - n)) > 0; n += (size_t)r)
		;
	close(master);
	assert_int_equal(WEXITSTATUS(status), 4);
	assert_memory_equal(said, "/dev/pts/0", 10);
}

static void files_go_in_and_come_out(void **state)
{
	struct bt_cell *c = cell(state);
	struct bt_err e = { 0 };
	char got[16] = "";
	int fd = open("/proc/sys/kernel/ostype", O_RDONLY | O_CLOEXEC), back = -1, status;

	assert_ok(bt_cell_put(c, "/tmp/a/b/c", fd, 0640, &e), &e);
	assert_ok(bt_cell_put(c, "/tmp/a/d", -1, 0755, &e), &e);
	close(fd);
	assert_string_equal(sh(c, "stat -c '%a %F' /tmp/a/b/c /tmp/a/b /tmp/a/d", &status),
	                    "640 regular file\n700 directory\n755 directory\n");
	assert_ok(bt_cell_get(c, "/tmp/a/b/c", false, &back, &e), &e);
	assert_int_equal(read(back, got, sizeof got), 6);
	assert_string_equal(got, "Linux\n");
	close(back);
	assert_int_equal(bt_cell_get(c, "/tmp/none", false, &back, &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
}

static void another_file_in_its_place_is_seen(void **state)
{
	struct bt_cell *c = cell(state);
	struct bt_err e = { 0 };
	int usr = open("/usr", O_PATH | O_CLOEXEC);

	assert_ok(bt_cell_same(c, "/usr", usr, &e), &e);
	assert_int_equal(bt_cell_same(c, "/etc", usr, &e), -1);
	assert_int_equal(e.code, BT_DENIED);
	close(usr);
}

static void closing_ends_all_of_it(void **state)
{
	struct bt_cell *c = cell(state);
	pid_t pid = bt_cell_pid(c);
	int status;

	sh(c, "(setsid sleep 1000 >/dev/null 2>&1 </dev/null &) ; exit 0", &status);
	bt_cell_close(c);
	*state = NULL;
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void what_bwrap_complains_of_is_the_reason(void **state)
{
	const struct bt_view bad[] = {
		{ .kind = BT_VIEW_RO, .from = "/no/such/folder", .to = "/" }
	};
	struct bt_cell_spec s = { .bwrap = bwrap_path, .init = "/init", .view = bad, .nview = 1 };
	struct bt_cell *c = NULL;
	struct bt_err e = { 0 };

	cell(state);
	assert_ok(bt_cell_open(&c, &s, &e), &e);
	assert_int_equal(bt_cell_ready(c, 5000, &e), -1);
	assert_non_null(strstr(e.msg, "/no/such/folder"));
	bt_cell_close(c);
}

static void find_programs(const char *argv0)
{
	struct bt_err e = { 0 };
	char *found = NULL;
	const char *slash = strrchr(argv0, '/');

	snprintf(init_path, sizeof init_path, "%.*s/bottle-init", slash ? (int)(slash - argv0) : 1,
	         slash ? argv0 : ".");
	char *real = realpath(init_path, NULL);

	snprintf(init_path, sizeof init_path, "%s", real ? real : "");
	free(real);
	if (!*init_path || bt_bwrap_find(&found, &e) < 0)
		return;
	snprintf(bwrap_path, sizeof bwrap_path, "%s", found);
	free(found);
	char probe[400];

	snprintf(probe, sizeof probe, "%s --unshare-all --ro-bind / / true 2>/dev/null",
	         bwrap_path);
	if (system(probe) != 0)
		*bwrap_path = '\0';
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_script_runs_and_its_output_and_status_come_back,
		                                start, end),
		cmocka_unit_test_setup_teardown(a_missing_program_is_told_from_one_that_may_not_run,
		                                start, end),
		cmocka_unit_test_setup_teardown(
		        nothing_inside_holds_a_capability_and_the_filter_is_on, start, end),
		cmocka_unit_test_setup_teardown(the_first_process_cannot_be_killed_or_looked_into,
		                                start, end),
		cmocka_unit_test_setup_teardown(sockets_of_its_loopback_are_handed_out, start, end),
		cmocka_unit_test_setup_teardown(the_last_lines_of_the_view_are_put_on_from_outside,
		                                start, end),
		cmocka_unit_test_setup_teardown(
		        a_late_line_behind_a_link_or_of_another_file_is_refused, start, end),
		cmocka_unit_test_setup_teardown(a_terminal_is_of_the_sandbox, start, end),
		cmocka_unit_test_setup_teardown(files_go_in_and_come_out, start, end),
		cmocka_unit_test_setup_teardown(another_file_in_its_place_is_seen, start, end),
		cmocka_unit_test_setup_teardown(closing_ends_all_of_it, start, end),
		cmocka_unit_test_setup_teardown(what_bwrap_complains_of_is_the_reason, start, end),
	};

	(void)argc;
	find_programs(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
