#include "unit.h"
#include "bottle/sig.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int setup(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	(void)bt_sig_take();
	return bt_sig_install(&e);
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void a_stop_is_pending_until_it_is_taken(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	assert_int_equal(bt_sig_pending(), 0);
	assert_false(readable(bt_sig_fd()));
	raise(SIGTERM);
	raise(SIGINT); /* the first one counts */
	assert_int_equal(bt_sig_pending(), SIGTERM);
	assert_true(readable(bt_sig_fd()));
	assert_int_equal(bt_sig_check(&e), -1);
	assert_int_equal(e.code, BT_INTR);
	assert_string_equal(e.msg, "interrupted");
	assert_int_equal(bt_sig_take(), SIGTERM);
	assert_int_equal(bt_sig_pending(), 0);
	assert_false(readable(bt_sig_fd()));
}

static void held_stops_are_noted_and_interrupt_nothing(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	raise(SIGINT);
	bt_sig_hold(true);
	bt_sig_hold(true);
	raise(SIGINT);
	raise(SIGTERM);
	assert_int_equal(bt_sig_pending(), 0);
	assert_int_equal(bt_sig_noted(), SIGINT);
	assert_false(readable(bt_sig_fd()));
	assert_int_equal(bt_sig_poll(NULL, 0, 1, &e), 0);
	bt_sig_hold(false);
	assert_int_equal(bt_sig_pending(), 0);
	bt_sig_hold(false);
	assert_int_equal(bt_sig_pending(), SIGINT);
	assert_true(readable(bt_sig_fd()));
	bt_sig_hold(false); /* one too many is harmless */
	(void)bt_sig_take();
}

static void poll_tells_ready_descriptors_timeouts_and_stops_apart(void **state)
{
	struct bt_err e = { 0 };
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	struct pollfd fd = { .fd = p[0], .events = POLLIN };

	assert_int_equal(bt_sig_poll(&fd, 1, 5, &e), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(bt_sig_poll(&fd, 1, -1, &e), 1);
	assert_int_equal(fd.revents, POLLIN);
	raise(SIGHUP);
	assert_int_equal(bt_sig_poll(&fd, 1, -1, &e), -1);
	assert_int_equal(e.code, BT_INTR);
	(void)bt_sig_take();
	close(p[0]);
	close(p[1]);
}

static void a_stop_that_comes_while_waiting_ends_the_wait(void **state)
{
	struct bt_err e = { 0 };
	pid_t parent = getpid();
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		usleep(50000);
		kill(parent, SIGINT);
		_exit(0);
	}
	assert_int_equal(bt_sig_poll(NULL, 0, 20000, &e), -1);
	assert_int_equal(e.code, BT_INTR);
	assert_int_equal(bt_sig_take(), SIGINT);
	waitpid(pid, NULL, 0);
}

static void a_resize_is_seen_on_its_own_descriptor(void **state)
{
	struct bt_err e = { 0 };

	(void)state;
	bt_sig_winch_clear();
	assert_false(readable(bt_sig_winch_fd()));
	raise(SIGWINCH);
	assert_true(readable(bt_sig_winch_fd()));
	assert_int_equal(bt_sig_poll(NULL, 0, 0, &e), 0);
	bt_sig_winch_clear();
	assert_false(readable(bt_sig_winch_fd()));
}

static void writing_to_nobody_is_an_error_not_an_end(void **state)
{
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	close(p[0]);
	assert_int_equal(write(p[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(p[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_stop_is_pending_until_it_is_taken, setup),
		cmocka_unit_test_setup(held_stops_are_noted_and_interrupt_nothing, setup),
		cmocka_unit_test_setup(poll_tells_ready_descriptors_timeouts_and_stops_apart,
		                       setup),
		cmocka_unit_test_setup(a_stop_that_comes_while_waiting_ends_the_wait, setup),
		cmocka_unit_test_setup(a_resize_is_seen_on_its_own_descriptor, setup),
		cmocka_unit_test_setup(writing_to_nobody_is_an_error_not_an_end, setup),
	};
	(void)signal(SIGHUP, SIG_DFL); /* under nohup it is ignored, and stays so */
	return cmocka_run_group_tests_name("sig", tests, NULL, NULL);
}
