/* progress.h - a line on the terminal for who waits: what is under way, and for how long. A process
 * of its own draws it, so that it goes on whatever the step blocks in. Floor: sys. */
#ifndef BOTTLE_PROGRESS_H
#define BOTTLE_PROGRESS_H
#include <stdbool.h>
#include <sys/types.h>

struct bt_progress {
	pid_t pid; /* 0: nothing is shown */
	int fd;    /* its end is said here */
};

/* Whether fd wants such lines: a terminal, and TERM is set and not dumb. */
bool bt_progress_wanted(int fd);
/* Show `what` (what is no printable ASCII becomes ?) on fd after ms, and how many seconds it took
 * each second from then on. The line is shown in the foreground only and held to the terminal's
 * width. What cannot be begun is not shown: no step fails for it. End it with bt_progress_end. */
void bt_progress_begin(struct bt_progress *p, int fd, const char *what, int ms);
/* The line is wiped and its process gone when this returns. Idempotent. */
void bt_progress_end(struct bt_progress *p);
#endif
