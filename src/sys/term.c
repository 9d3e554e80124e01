#include "bottle/term.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int bt_term_size(int fd, unsigned *columns, unsigned *rows, struct bt_err *e)
{
	struct winsize w = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &w) < 0 || w.ws_col == 0 || w.ws_row == 0)
		return bt_fail(e, BT_NOTFOUND, "no terminal with a size");
	*columns = w.ws_col;
	*rows = w.ws_row;
	return 0;
}

bool bt_term_color(int fd)
{
	const char *off = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fd) && !(off && *off) && term && *term && strcmp(term, "dumb") != 0;
}

/* One terminal is raw at a time. The descriptor is written last and read first: a handler that sees
 * it finds the rest complete. */
static volatile sig_atomic_t raw_fd = -1;
static struct termios before;

void bt_term_restore(void)
{
	int saved = errno;
	int fd = raw_fd;

	raw_fd = -1;
	if (fd >= 0)
		(void)tcsetattr(fd, TCSAFLUSH, &before);
	errno = saved;
}

/* SA_RESETHAND: the second raise ends the process as the first would have. */
static void on_fatal(int sig)
{
	bt_term_restore();
	(void)raise(sig);
}

/* Only where nobody handles it: a stop that sig.h catches ends in an ordinary exit. */
static void guard(int sig)
{
	struct sigaction sa = { .sa_handler = on_fatal, .sa_flags = (int)SA_RESETHAND };
	struct sigaction old;

	(void)sigemptyset(&sa.sa_mask);
	if (sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
		(void)sigaction(sig, &sa, NULL);
}

int bt_term_raw(int fd, struct bt_err *e)
{
	static const int fatal[] = { SIGHUP,  SIGINT, SIGTERM, SIGQUIT, SIGSEGV,
		                     SIGABRT, SIGBUS, SIGFPE,  SIGILL };
	static bool hooked;
	struct termios t;

	if (raw_fd >= 0)
		return 0;
	if (tcgetattr(fd, &t) < 0)
		return bt_fail_sys(e, "terminal");
	before = t;
	cfmakeraw(&t);
	if (!hooked && atexit(bt_term_restore) != 0)
		return bt_fail(e, BT_LIMIT, "atexit");
	hooked = true;
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		guard(fatal[i]);
	raw_fd = fd;
	if (tcsetattr(fd, TCSAFLUSH, &t) < 0) {
		int rc = bt_fail_sys(e, "terminal: raw mode");

		raw_fd = -1;
		return rc;
	}
	return 0;
}
