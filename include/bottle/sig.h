/* sig.h - signals as something to poll: every blocking wait can be told to stop. Floor: sys.
 * One owner a process: the control side. The gate handles signals in its own loop and calls only
 * bt_sig_ignore_pipe. Nothing here is for threads. */
#ifndef BOTTLE_SIG_H
#define BOTTLE_SIG_H
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include "bottle/err.h"

/* Catch SIGINT, SIGTERM and SIGHUP (a stop) and SIGWINCH, ignore SIGPIPE. Idempotent. A SIGHUP that
 * was ignored at start stays ignored (nohup). Children started by proc.h get the defaults back. */
BT_MUST int bt_sig_install(struct bt_err *e);
void bt_sig_ignore_pipe(void);

/* Readable while a stop is pending and not held; never read from it. -1 before bt_sig_install. For
 * waits of others (curl_multi_poll's extra descriptors); our own use bt_sig_poll. */
int bt_sig_fd(void);
/* The first stop signal that came, 0: none, or held back. Async-signal-safe. */
int bt_sig_pending(void);
/* The same, told even while held: for the exit status at the end of a teardown. */
int bt_sig_noted(void);
/* 0, or BT_INTR "interrupted" while a stop is pending: for loops between two waits. */
BT_MUST int bt_sig_check(struct bt_err *e);
/* Teardown: while held, stops are noted and interrupt nothing, the second and third too. Letting
 * go makes a noted one pending again. Nests. */
void bt_sig_hold(bool on);
/* Forget what was noted and return it: a prompt that Ctrl-C brings back to its start. */
int bt_sig_take(void);

/* Readable after the window changed size, until bt_sig_winch_clear. -1 before bt_sig_install. */
int bt_sig_winch_fd(void);
void bt_sig_winch_clear(void);

/* poll(2) that a stop ends. Returns how many of fds are ready, 0 after timeout_ms (-1: never), -1
 * and BT_INTR after a stop. n <= 23. Descriptors that are ready win over a stop only when both came
 * at once and the caller asks again: a stop is always reported first. */
BT_MUST int bt_sig_poll(struct pollfd *fds, size_t n, int timeout_ms, struct bt_err *e);
#endif
