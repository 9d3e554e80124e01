#include "unit.h"
#include "bottle/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEVER 600000

static const struct bt_progress_pace drawn = { true, 0, 1000 };
static const struct bt_progress_pace never = { true, NEVER, NEVER };

static void open_terminal(int *master, int *slave, unsigned short columns)
{
	struct winsize size = { .ws_col = columns, .ws_row = 22 };

	assert_int_equal(openpty(master, slave, NULL, NULL, &size), 0);
}

/* Read on until end is there. */
static void read_until(int master, const char *end, char *shown, size_t cap)
{
	size_t n = 0;

	do {
		ssize_t got = read(master, shown + n, cap - 1 - n);

		assert_true(got > 0);
		n += (size_t)got;
		shown[n] = '\0';
	} while (!strstr(shown, end));
}

static void a_step_is_named_with_its_seconds_and_wiped(void **state)
{
	struct bt_progress p;
	char shown[512] = "";
	int master;
	int slave;

	(void)state;
	open_terminal(&master, &slave, 80);
	bt_progress_begin(&p, slave, "building it", drawn);
	read_until(master, " s\r", shown, sizeof shown);
	assert_memory_equal(shown, "\r\x1b[Kbottle: building it … ", 27);
	bt_progress_end(&p);
	assert_int_equal(p.pid, 0);
	read_until(master, "\r\x1b[K", shown, sizeof shown);
	bt_progress_end(&p);
	close(slave);
	close(master);
}

static void what_ends_before_it_is_time_shows_nothing(void **state)
{
	struct bt_progress p;
	char shown[16];
	int master;
	int slave;

	(void)state;
	open_terminal(&master, &slave, 80);
	bt_progress_begin(&p, slave, "building it", never);
	pid_t pid = p.pid;

	assert_true(pid > 0);
	bt_progress_end(&p);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(waitpid(pid, NULL, 0), -1);
	assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(master, shown, sizeof shown), -1);
	assert_int_equal(errno, EAGAIN);
	close(slave);
	close(master);
}

static void the_line_fits_and_holds_no_control_characters(void **state)
{
	struct bt_progress p;
	char shown[512] = "";
	int master;
	int slave;

	(void)state;
	open_terminal(&master, &slave, 30);
	bt_progress_begin(&p, slave, "a\x1b]\nbcdefgh", drawn);
	read_until(master, " s\r", shown, sizeof shown);
	assert_non_null(strstr(shown, "bottle: a?]?bc … "));
	bt_progress_end(&p);
	close(slave);
	close(master);
}

static void it_ends_also_where_another_child_has_the_pipe(void **state)
{
	struct bt_progress p;
	int master;
	int slave;
	int copy;

	(void)state;
	open_terminal(&master, &slave, 80);
	bt_progress_begin(&p, slave, "building it", never);
	copy = dup(p.fd);
	bt_progress_end(&p);
	close(copy);
	close(slave);
	close(master);
}

static void elsewhere_a_line_stays_for_each_while(void **state)
{
	const struct bt_progress_pace lines = { false, 0, 0 };
	const char *line = "bottle: still building it … 0 s\n";
	struct bt_progress p;
	char shown[4096] = "";
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	bt_progress_begin(&p, ends[1], "building it", lines);
	read_until(ends[0], "s\nbottle: still building it … ", shown, sizeof shown);
	assert_memory_equal(shown, line, strlen(line) - 4);
	bt_progress_end(&p);
	close(ends[1]);
	while (read(ends[0], shown, sizeof shown) > 0)
		assert_null(strchr(shown, '\r')); /* nothing is wiped */
	close(ends[0]);
}

static void a_pipe_that_nobody_empties_is_not_waited_for(void **state)
{
	const struct bt_progress_pace lines = { false, 0, 0 };
	struct bt_progress p;
	char full[4096] = "";
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	while (write(ends[1], full, sizeof full) > 0)
		;
	assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
	bt_progress_begin(&p, ends[1], "building it", lines);
	bt_progress_end(&p);
	while (read(ends[0], full, sizeof full) > 0)
		assert_int_equal(full[0], 0);
	close(ends[1]);
	close(ends[0]);
}

static void only_a_terminal_that_can_is_drawn_on(void **state)
{
	int master;
	int slave;

	(void)state;
	open_terminal(&master, &slave, 80);
	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	assert_true(bt_progress_pace(slave).redraw);
	assert_int_equal(bt_progress_pace(slave).each_ms, 1000);
	assert_false(bt_progress_pace(999).redraw);
	assert_int_equal(bt_progress_pace(999).first_ms, 10000);
	assert_int_equal(bt_progress_pace(999).each_ms, 10000);
	assert_int_equal(setenv("TERM", "dumb", 1), 0);
	assert_false(bt_progress_pace(slave).redraw);
	assert_int_equal(unsetenv("TERM"), 0);
	assert_false(bt_progress_pace(slave).redraw);
	close(slave);
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_is_named_with_its_seconds_and_wiped),
		cmocka_unit_test(what_ends_before_it_is_time_shows_nothing),
		cmocka_unit_test(the_line_fits_and_holds_no_control_characters),
		cmocka_unit_test(it_ends_also_where_another_child_has_the_pipe),
		cmocka_unit_test(elsewhere_a_line_stays_for_each_while),
		cmocka_unit_test(a_pipe_that_nobody_empties_is_not_waited_for),
		cmocka_unit_test(only_a_terminal_that_can_is_drawn_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
