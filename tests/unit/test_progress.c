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
	bt_progress_begin(&p, slave, "building it", 0);
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
	bt_progress_begin(&p, slave, "building it", NEVER);
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
	bt_progress_begin(&p, slave, "a\x1b]\nbcdefgh", 0);
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
	bt_progress_begin(&p, slave, "building it", NEVER);
	copy = dup(p.fd);
	bt_progress_end(&p);
	close(copy);
	close(slave);
	close(master);
}

static void only_a_terminal_that_can_wants_it(void **state)
{
	int master;
	int slave;

	(void)state;
	open_terminal(&master, &slave, 80);
	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	assert_true(bt_progress_wanted(slave));
	assert_false(bt_progress_wanted(999));
	assert_int_equal(setenv("TERM", "dumb", 1), 0);
	assert_false(bt_progress_wanted(slave));
	assert_int_equal(unsetenv("TERM"), 0);
	assert_false(bt_progress_wanted(slave));
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
		cmocka_unit_test(only_a_terminal_that_can_wants_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
