#include "bottle/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bottle/term.h"

#define WHAT_MAX 80
#define AROUND 24     /* columns of the line beside what it says */
#define DRAWN_MS 1000 /* what takes less is not worth a line */
#define LINES_MS 10000
#define WIPE "\r\x1b[K"
#define IN_CHILD 0  /* where the process that draws has its pipe */
#define OUT_CHILD 2 /* and its terminal */
#define LINE_BYTES (WHAT_MAX + 64)

struct bt_progress_pace bt_progress_pace(int fd)
{
	const char *term = getenv("TERM");

	if (isatty(fd) && term && *term && strcmp(term, "dumb") != 0)
		return (struct bt_progress_pace){ true, DRAWN_MS, DRAWN_MS };
	return (struct bt_progress_pace){ false, LINES_MS, LINES_MS };
}

/* A terminal that was stopped (Ctrl-S), or is another job's now, is left alone; so is a pipe that
 * nobody empties. */
static bool may_write(void)
{
	struct pollfd out = { .fd = OUT_CHILD, .events = POLLOUT };
	pid_t front = tcgetpgrp(OUT_CHILD);

	if (front >= 0 && front != getpgrp())
		return false;
	return poll(&out, 1, 0) == 1 && (out.revents & POLLOUT);
}

/* The cursor is left at the line's beginning: whatever is written meanwhile goes over it. */
static bool draw(const char *what, long seconds)
{
	struct bt_err e = { 0 };
	char line[LINE_BYTES];
	unsigned columns;
	unsigned rows;

	if (bt_term_size(OUT_CHILD, &columns, &rows, &e) < 0)
		columns = WHAT_MAX;
	if (columns <= AROUND || !may_write())
		return false;
	int n = snprintf(line, sizeof line, WIPE "bottle: %.*s … %ld s\r", (int)(columns - AROUND),
	                 what, seconds);

	return n > 0 && (size_t)n < sizeof line && write(OUT_CHILD, line, (size_t)n) == n;
}

static void add(const char *what, long seconds)
{
	char line[LINE_BYTES];

	if (!may_write())
		return;
	int n = snprintf(line, sizeof line, "bottle: still %s … %ld s\n", what, seconds);

	if (n > 0 && (size_t)n < sizeof line)
		(void)!write(OUT_CHILD, line, (size_t)n);
}

static long now(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec;
}

static void show(const char *what, struct bt_progress_pace pace)
{
	struct pollfd in = { .fd = IN_CHILD, .events = POLLIN };
	int ms = pace.first_ms;
	long began = now();
	bool drawn = false;
	int rc;

	while ((rc = poll(&in, 1, ms)) == 0 || (rc < 0 && errno == EINTR)) {
		if (pace.redraw)
			drawn = draw(what, now() - began) || drawn;
		else if (rc == 0)
			add(what, now() - began);
		ms = pace.each_ms;
	}
	if (drawn && may_write())
		(void)!write(OUT_CHILD, WIPE, sizeof WIPE - 1);
}

/* Nothing of the parent's stays open here: no lock, no lifeline. All signals are blocked: stops are
 * the parent's to take, and it says when this ends. But Ctrl-Z stops both. */
_Noreturn static void child(pid_t parent, int in, int out, const char *what,
                            struct bt_progress_pace pace)
{
	sigset_t stop;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(out, OUT_CHILD) < 0 || dup2(in, IN_CHILD) < 0)
		_exit(1);
	(void)close(STDOUT_FILENO);
	(void)syscall(SYS_close_range, OUT_CHILD + 1, ~0u, 0);
	(void)signal(SIGTSTP, SIG_DFL);
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &stop, NULL);
	show(what, pace);
	_exit(0);
}

static void printable(char *to, const char *from)
{
	size_t n = 0;

	for (; n < WHAT_MAX && from[n]; n++)
		to[n] = (char)(from[n] >= ' ' && from[n] <= '~' ? from[n] : '?');
	to[n] = '\0';
}

void bt_progress_begin(struct bt_progress *p, int fd, const char *what,
                       struct bt_progress_pace pace)
{
	char text[WHAT_MAX + 1];
	pid_t parent = getpid();
	sigset_t all;
	sigset_t old;
	int ends[2];

	*p = (struct bt_progress){ .fd = -1 };
	printable(text, what);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	pid_t pid = fork();

	if (pid == 0)
		child(parent, ends[0], fd, text, pace);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)close(ends[0]);
	if (pid < 0) {
		(void)close(ends[1]);
		return;
	}
	*p = (struct bt_progress){ .pid = pid, .fd = ends[1] };
}

void bt_progress_end(struct bt_progress *p)
{
	if (p->pid == 0)
		return;
	/* Said, not only closed: another child may have the pipe as well. SIGPIPE is ignored in
	 * bottle, and whoever kills the one that draws gets here an error that says nothing. */
	(void)!write(p->fd, "", 1);
	(void)close(p->fd);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*p = (struct bt_progress){ .fd = -1 };
}
