/* gatechild.h - the gate as a child on the host's side of a sandbox. Floor: bwrap.
 * It gets files as descriptors and sockets by message, so that nothing of it has a name on disk; it
 * is killed when its parent dies, in whatever way. */
#ifndef BOTTLE_GATECHILD_H
#define BOTTLE_GATECHILD_H
#include <stddef.h>
#include <sys/types.h>
#include "bottle/err.h"
#include "bottle/own.h"

struct bt_gatechild; /* opaque */

/* argv ends in NULL; a process that was prepared (gateseed.h) takes it as its own, else it is run.
 * files: paths opened here; the child finds them as descriptors 4, 5, … in their
 * order (/proc/self/fd/4). Its stdout is appended to log (borrowed); its stderr is read only when
 * it ends too early. */
#define BT_GATECHILD_FILE 4
#define BT_GATECHILD_FILES 12
BT_MUST int bt_gatechild_open(struct bt_gatechild **out, const char *const *argv,
                              const char *const *files, size_t nfiles, int log, struct bt_err *e);
/* Give it the sockets it listens on. fds stay the caller's. */
BT_MUST int bt_gatechild_hand(struct bt_gatechild *g, const int *fds, size_t n, struct bt_err *e);
/* Wait until it has written its "ready" event to the log. What it said where it failed is the
 * reason. */
BT_MUST int bt_gatechild_ready(struct bt_gatechild *g, int timeout_ms, struct bt_err *e);
int bt_gatechild_fd(const struct bt_gatechild *g); /* readable once it has ended; borrowed */
pid_t bt_gatechild_pid(const struct bt_gatechild *g);
void bt_gatechild_stop(struct bt_gatechild *g); /* ask it to end; does not wait */
/* Ask it to end (so that it writes its last events), then make it. NULL is a no-op. */
void bt_gatechild_close(struct bt_gatechild *g);
BT_OWN_FN(bt_gatechild, bt_gatechild_close)

/* An event log without a name: on disk where the file system can, else in memory. Appending, 0600.
 * *fd is the caller's. */
BT_MUST int bt_gatelog_open(int *fd, struct bt_err *e);
#endif
