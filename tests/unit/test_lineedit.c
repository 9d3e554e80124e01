#include "unit.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bottle/lineedit.h"

#define PATIENCE_MS 20000

static char *offer(void *ctx, const char *before)
{
	(void)ctx;
	return strcmp(before, "rul") == 0 ? strdup("es") : NULL;
}

/* The child: every line read goes down the pipe as "[line]", an interrupt as "!", the end as ".".
 */
static void child(int out)
{
	struct bt_lineedit_spec spec = { .complete = offer };
	BT_OWN(bt_lineedit) le = NULL;
	struct bt_err e = { 0 };
	int rc = bt_lineedit_open(&le, &spec, &e);

	for (int n = 1; rc >= 0; n++) {
		BT_OWN_MEM char *line = NULL;
		char prompt[16];

		(void)snprintf(prompt, sizeof prompt, "%d> ", n);
		rc = bt_lineedit_read(le, prompt, &line, &e);
		if (rc == 0)
			break;
		if (rc > 0) {
			(void)dprintf(out, "[%s]", line);
		} else if (e.code == BT_INTR) {
			(void)dprintf(out, "!");
			rc = 0;
		}
	}
	(void)dprintf(out, ".");
}

/* Read until what came holds want, or nothing comes for a while. */
static void read_until(int fd, const char *want, char *got, size_t cap)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t n = 0;

	got[0] = '\0';
	while (n + 1 < cap && !strstr(got, want) && poll(&p, 1, PATIENCE_MS) > 0) {
		ssize_t r = read(fd, got + n, cap - 1 - n);

		if (r <= 0)
			break;
		n += (size_t)r;
		got[n] = '\0';
	}
}

static void wait_for(int fd, const char *want)
{
	char got[256];

	read_until(fd, want, got, sizeof got);
	assert_string_equal(got, want);
}

/* Keys typed before the editor has set the terminal's mode would be lost. */
static void wait_for_prompt(int tty, const char *prompt)
{
	char got[1024];

	read_until(tty, prompt, got, sizeof got);
	assert_non_null(strstr(got, prompt));
}

static void start(int *tty, int *out, pid_t *pid)
{
	int p[2];

	assert_int_equal(pipe(p), 0);
	*pid = forkpty(tty, NULL, NULL, NULL);
	assert_true(*pid >= 0);
	if (*pid == 0) {
		(void)setenv("TERM", "xterm", 1);
		child(p[1]);
		_exit(0);
	}
	(void)close(p[1]);
	*out = p[0];
	wait_for_prompt(*tty, "1> ");
}

static void type(int tty, const char *keys)
{
	assert_int_equal(write(tty, keys, strlen(keys)), (int)strlen(keys));
}

/* The editor prints its prompt before it takes the terminal over: an end of file typed in between
 * is the terminal's, and lost. */
static void type_until_heard(int tty, const char *keys, int out)
{
	struct pollfd p = { .fd = out, .events = POLLIN };

	for (int n = 0; n < PATIENCE_MS / 100; n++) {
		type(tty, keys);
		if (poll(&p, 1, 100) > 0)
			return;
	}
}

static void on_a_terminal_a_line_is_edited_and_tab_completes_it(void **state)
{
	int tty, out;
	pid_t pid;

	(void)state;
	start(&tty, &out, &pid);
	type(tty, "rux\x7fl\t\n");
	wait_for(out, "[rules]");
	type_until_heard(tty, "\x15\x04", out);
	wait_for(out, ".");
	(void)close(tty);
	(void)close(out);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void ctrl_c_throws_the_line_away_and_the_next_one_is_read(void **state)
{
	int tty, out;
	pid_t pid;

	(void)state;
	start(&tty, &out, &pid);
	type(tty, "half a thought\x03");
	wait_for(out, "!");
	wait_for_prompt(tty, "2> ");
	type(tty, "1+1\n");
	wait_for(out, "[1+1]");
	(void)close(tty);
	(void)close(out);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void from_a_pipe_lines_come_plain_and_the_last_needs_no_newline(void **state)
{
	int in[2], out[2];

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(in[0], STDIN_FILENO);
		(void)close(in[1]);
		child(out[1]);
		_exit(0);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	assert_int_equal(write(in[1], "a\nb", 3), 3);
	(void)close(in[1]);
	wait_for(out[0], "[a][b].");
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_a_terminal_a_line_is_edited_and_tab_completes_it),
		cmocka_unit_test(ctrl_c_throws_the_line_away_and_the_next_one_is_read),
		cmocka_unit_test(from_a_pipe_lines_come_plain_and_the_last_needs_no_newline),
	};
	return cmocka_run_group_tests_name("lineedit", tests, NULL, NULL);
}
