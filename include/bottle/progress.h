/* progress.h - for who waits: what is under way, and for how long. A line that is drawn anew on a
 * terminal, a line each ten seconds elsewhere (a log of CI). A process of its own writes it, so
 * that it goes on whatever the step blocks in. Floor: sys. */
#ifndef BOTTLE_PROGRESS_H
#define BOTTLE_PROGRESS_H
#include <stdbool.h>
#include <sys/types.h>

struct bt_progress {
	pid_t pid; /* 0: nothing is shown */
	int fd;    /* its end is said here */
};

struct bt_progress_pace {
	bool redraw; /* one line, wiped at the end; else lines that stay */
	int first_ms, each_ms;
};

/* What suits fd: a terminal is drawn on from the first second on (where TERM is set and not dumb);
 * all else gets a line each ten seconds. */
struct bt_progress_pace bt_progress_pace(int fd);
/* Show `what` (what is no printable ASCII becomes ?) and its seconds on fd. A line that is drawn is
 * shown in the foreground only and held to the terminal's width. What cannot be begun is not shown,
 * and what cannot be written at once is left out: no step fails or waits for it. End it with
 * bt_progress_end. */
void bt_progress_begin(struct bt_progress *p, int fd, const char *what,
                       struct bt_progress_pace pace);
/* The line is wiped and its process gone when this returns. Idempotent. */
void bt_progress_end(struct bt_progress *p);
#endif
