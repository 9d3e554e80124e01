#include "unit.h"
#include "bottle/term.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "bottle/sig.h"

#define YES 10
#define NO 11
#define FAILED 12

/* Run act in a child on a terminal of its own, type, and return its exit status; what it printed is
 * in shown. */
static int on_terminal(int (*act)(void), const char *typed, char *shown, size_t cap)
{
	struct winsize size = { .ws_col = 77, .ws_row = 22 };
	int master;
	int status;
	size_t n = 0;
	pid_t pid = forkpty(&master, NULL, NULL, &size);

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(act());
	/* Wait for the whole prompt: what is typed before would stand in its middle, and be shown
	 * where the echo is off. Each ends in a space. */
	ssize_t got = 0;

	do {
		n += (size_t)got;
		got = read(master, shown + n, cap - 1 - n);
	} while (got > 0 && shown[n + (size_t)got - 1] != ' ');
	n += got > 0 ? (size_t)got : 0;
	assert_int_equal(write(master, typed, strlen(typed)), strlen(typed));
	while (n < cap - 1 && (got = read(master, shown + n, cap - 1 - n)) > 0)
		n += (size_t)got;
	shown[n] = '\0';
	close(master);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int ask_no(void)
{
	struct bt_err e = { 0 };
	bool yes;

	if (bt_term_confirm("launch?", false, &yes, &e) < 0)
		return FAILED;
	return yes ? YES : NO;
}

static int ask_yes(void)
{
	struct bt_err e = { 0 };
	bool yes;

	if (bt_term_confirm("launch?\x1b[2J", true, &yes, &e) < 0)
		return FAILED;
	return yes ? YES : NO;
}

static void an_answer_is_y_or_n_and_an_empty_line_the_default(void **state)
{
	char shown[1024];

	(void)state;
	assert_int_equal(on_terminal(ask_no, "y\n", shown, sizeof shown), YES);
	assert_non_null(strstr(shown, "launch? [y/N] "));
	assert_int_equal(on_terminal(ask_no, "YES\n", shown, sizeof shown), YES);
	assert_int_equal(on_terminal(ask_no, "\n", shown, sizeof shown), NO);
	assert_int_equal(on_terminal(ask_yes, "\n", shown, sizeof shown), YES);
	assert_non_null(strstr(shown, "\\x1b[2J [Y/n] "));
	assert_int_equal(on_terminal(ask_yes, "n\n", shown, sizeof shown), NO);
	assert_int_equal(on_terminal(ask_yes, "\x04", shown, sizeof shown), NO);
	assert_int_equal(on_terminal(ask_yes, "maybe\nwhat\nyep\n", shown, sizeof shown), NO);
	assert_int_equal(on_terminal(ask_no, "what\ny\n", shown, sizeof shown), YES);
}

static int ask_caught(void)
{
	struct bt_err e = { 0 };
	bool yes;

	if (bt_sig_install(&e) < 0 || bt_term_confirm("launch?", true, &yes, &e) == 0)
		return FAILED;
	return e.code == BT_INTR ? NO : FAILED;
}

static void ctrl_c_interrupts_the_question(void **state)
{
	char shown[1024];

	(void)state;
	assert_int_equal(on_terminal(ask_caught, "\x03", shown, sizeof shown), NO);
}

static void without_a_terminal_nothing_is_asked(void **state)
{
	struct bt_err e = { 0 };
	bool yes = true;
	int in = dup(0);
	int null = open("/dev/null", O_RDONLY);

	(void)state;
	dup2(null, 0);
	assert_int_equal(bt_term_confirm("launch?", true, &yes, &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
	dup2(in, 0);
	close(in);
	close(null);
}

static int ask_secret(void)
{
	BT_OWN_BUF b = BT_BUF(64);
	struct bt_err e = { 0 };
	struct termios t;

	if (bt_term_secret("token", &b, &e) < 0)
		return FAILED;
	if (tcgetattr(0, &t) < 0 || !(t.c_lflag & ECHO))
		return FAILED;
	return bt_str_eq(bt_buf_str(&b), BT_STR_LIT("hunter2")) ? YES : NO;
}

static void a_secret_is_read_and_not_shown(void **state)
{
	char shown[1024];

	(void)state;
	assert_int_equal(on_terminal(ask_secret, "hunter2\n", shown, sizeof shown), YES);
	assert_non_null(strstr(shown, "token: "));
	assert_null(strstr(shown, "hunter2"));
}

static int size_is_told(void)
{
	struct bt_err e = { 0 };
	unsigned columns = 0;
	unsigned rows = 0;

	(void)!write(1, ">", 1);
	return bt_term_size(0, &columns, &rows, &e) == 0 && columns == 77 && rows == 22 ? YES : NO;
}

static int color_follows_the_environment(void)
{
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	bool on = bt_term_color(1);

	setenv("NO_COLOR", "", 1);
	on = on && bt_term_color(1);
	setenv("NO_COLOR", "1", 1);
	on = on && !bt_term_color(1);
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	on = on && !bt_term_color(1);
	(void)!write(1, ">", 1);
	return on ? YES : NO;
}

static void size_and_colour_are_those_of_the_terminal(void **state)
{
	char shown[1024];
	struct bt_err e = { 0 };
	unsigned columns;
	unsigned rows;
	int null = open("/dev/null", O_RDWR);

	(void)state;
	assert_int_equal(on_terminal(size_is_told, "", shown, sizeof shown), YES);
	assert_int_equal(on_terminal(color_follows_the_environment, "", shown, sizeof shown), YES);
	assert_int_equal(bt_term_size(null, &columns, &rows, &e), -1);
	assert_int_equal(e.code, BT_NOTFOUND);
	assert_false(bt_term_color(null));
	close(null);
}

/* The terminal is raw when act returns; how it ends is the point of each test. */
static void ends_cooked(int how)
{
	int master;
	int slave;
	struct termios t;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	pid_t pid = fork();

	if (pid == 0) {
		struct bt_err e = { 0 };

		if (how) /* a shell's background job is born with SIGINT and SIGQUIT ignored */
			(void)signal(how, SIG_DFL);
		if (bt_term_raw(slave, &e) < 0 || tcgetattr(slave, &t) < 0 || (t.c_lflag & ICANON))
			_exit(FAILED);
		if (how == 0)
			exit(YES); /* not _exit: by atexit */
		(void)raise(how);
		_exit(FAILED);
	}
	int status;

	waitpid(pid, &status, 0);
	if (how == 0)
		assert_int_equal(WEXITSTATUS(status), YES);
	else
		assert_int_equal(WTERMSIG(status), how);
	assert_int_equal(tcgetattr(slave, &t), 0);
	assert_true(t.c_lflag & ICANON);
	assert_true(t.c_lflag & ECHO);
	close(master);
	close(slave);
}

static void raw_mode_is_given_back_at_exit_and_on_a_fatal_signal(void **state)
{
	(void)state;
	ends_cooked(0);
	ends_cooked(SIGTERM);
	ends_cooked(SIGHUP);
	ends_cooked(SIGQUIT);
}

static void raw_is_off_after_restore(void **state)
{
	struct bt_err e = { 0 };
	struct termios t;
	int master;
	int slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	assert_ok(bt_term_raw(slave, &e), &e);
	assert_ok(bt_term_raw(slave, &e), &e);
	assert_int_equal(tcgetattr(slave, &t), 0);
	assert_false(t.c_lflag & (ICANON | ECHO | ISIG));
	bt_term_restore();
	bt_term_restore();
	assert_int_equal(tcgetattr(slave, &t), 0);
	assert_true(t.c_lflag & ICANON);
	close(master);
	close(slave);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_y_or_n_and_an_empty_line_the_default),
		cmocka_unit_test(ctrl_c_interrupts_the_question),
		cmocka_unit_test(without_a_terminal_nothing_is_asked),
		cmocka_unit_test(a_secret_is_read_and_not_shown),
		cmocka_unit_test(size_and_colour_are_those_of_the_terminal),
		cmocka_unit_test(raw_mode_is_given_back_at_exit_and_on_a_fatal_signal),
		cmocka_unit_test(raw_is_off_after_restore),
	};
	return cmocka_run_group_tests_name("term", tests, NULL, NULL);
}
