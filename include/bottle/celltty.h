/* celltty.h - our terminal joined to one of the sandbox's. Floor: bwrap.
 * The agent never holds our terminal: what is typed goes through here, and TIOCSTI on its own
 * terminal reaches nobody but itself. */
#ifndef BOTTLE_CELLTTY_H
#define BOTTLE_CELLTTY_H
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include "bottle/err.h"
#include "bottle/own.h"

struct bt_celltty; /* opaque */

/* Standard input and output are both a terminal. */
bool bt_celltty_wanted(void);
/* Put our terminal in raw mode, give its size to master (taken over, also on failure). */
BT_MUST int bt_celltty_open(struct bt_celltty **out, int master, struct bt_err *e);
/* Write what still comes, then put the terminal back. NULL is a no-op. */
void bt_celltty_close(struct bt_celltty *t);
BT_OWN_FN(bt_celltty, bt_celltty_close)
#define BT_CELLTTY_POLL 3
/* What to wait for, and, after the wait, what to do about it. */
void bt_celltty_before(const struct bt_celltty *t, struct pollfd p[BT_CELLTTY_POLL]);
BT_MUST int bt_celltty_after(struct bt_celltty *t, const struct pollfd p[BT_CELLTTY_POLL],
                             struct bt_err *e);
void bt_celltty_resize(struct bt_celltty *t); /* after SIGWINCH */
#endif
