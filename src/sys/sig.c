#include "bottle/sig.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define POLL_MAX 23

/* Only what a handler may touch. */
static volatile sig_atomic_t noted;
static volatile sig_atomic_t held;
static int stop_fd = -1;
static int winch_fd = -1;

static void raise_fd(int fd)
{
	const uint64_t one = 1;

	/* The counter cannot overflow in practice, and a full one is readable all the same. */
	(void)!write(fd, &one, sizeof one);
}

static void quiet_fd(int fd)
{
	uint64_t count;

	(void)!read(fd, &count, sizeof count);
}

static void on_stop(int sig)
{
	int saved = errno;

	if (!noted)
		noted = sig;
	if (!held)
		raise_fd(stop_fd);
	errno = saved;
}

static void on_winch(int sig)
{
	int saved = errno;

	(void)sig;
	raise_fd(winch_fd);
	errno = saved;
}

void bt_sig_ignore_pipe(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
}

static int catch_one(int sig, void (*handler)(int), struct bt_err *e)
{
	/* No SA_RESTART: a read that blocks comes back with EINTR and its caller looks here. */
	struct sigaction sa = { .sa_handler = handler };
	struct sigaction old;

	(void)sigemptyset(&sa.sa_mask);
	if (sigaction(sig, NULL, &old) < 0)
		return bt_fail_sys(e, "sigaction %d", sig);
	if (sig == SIGHUP && old.sa_handler == SIG_IGN)
		return 0;
	if (sigaction(sig, &sa, NULL) < 0)
		return bt_fail_sys(e, "sigaction %d", sig);
	return 0;
}

int bt_sig_install(struct bt_err *e)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP };

	if (stop_fd >= 0)
		return 0;
	/* Before the handlers: they write to these. */
	stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_fd < 0)
		return bt_fail_sys(e, "eventfd");
	winch_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (winch_fd < 0) {
		int rc = bt_fail_sys(e, "eventfd");

		(void)close(stop_fd);
		stop_fd = -1;
		return rc;
	}
	bt_sig_ignore_pipe();
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
		if (catch_one(stops[i], on_stop, e) < 0)
			return -1;
	return catch_one(SIGWINCH, on_winch, e);
}

int bt_sig_fd(void)
{
	return stop_fd;
}

int bt_sig_pending(void)
{
	return held ? 0 : noted;
}

int bt_sig_noted(void)
{
	return noted;
}

int bt_sig_check(struct bt_err *e)
{
	return bt_sig_pending() ? bt_fail(e, BT_INTR, "interrupted") : 0;
}

void bt_sig_hold(bool on)
{
	if (on) {
		/* First the flag: a handler that runs after it adds nothing to the counter. */
		held++;
		quiet_fd(stop_fd);
		return;
	}
	if (held > 0 && --held == 0 && noted)
		raise_fd(stop_fd);
}

int bt_sig_take(void)
{
	int sig = noted;

	quiet_fd(stop_fd);
	noted = 0;
	return sig;
}

int bt_sig_winch_fd(void)
{
	return winch_fd;
}

void bt_sig_winch_clear(void)
{
	quiet_fd(winch_fd);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int bt_sig_poll(struct pollfd *fds, size_t n, int timeout_ms, struct bt_err *e)
{
	struct pollfd all[POLL_MAX + 1];
	int64_t end = timeout_ms < 0 ? 0 : now_ms() + timeout_ms;

	if (n > POLL_MAX)
		return bt_fail(e, BT_LIMIT, "poll: more than %d descriptors", POLL_MAX);
	if (n)
		memcpy(all, fds, n * sizeof *fds);
	all[n] = (struct pollfd){ .fd = stop_fd, .events = POLLIN };
	for (;;) {
		int64_t left = timeout_ms < 0 ? -1 : end - now_ms();

		if (timeout_ms >= 0 && left < 0)
			left = 0;
		int ready = poll(all, n + 1, (int)left);

		if (bt_sig_check(e) < 0)
			return -1;
		if (ready < 0 && errno != EINTR)
			return bt_fail_sys(e, "poll");
		if (ready < 0)
			continue;
		if (n)
			memcpy(fds, all, n * sizeof *fds);
		/* A stop that was taken between poll and here leaves its descriptor ready. */
		return ready - (all[n].revents != 0);
	}
}
