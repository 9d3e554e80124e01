/* cellctl.h - how another bottle process finds and talks to a running sandbox. Floor: bwrap.
 * By an abstract unix socket of the host's network namespace, "bottle/UID/SLUG": nothing inside can
 * reach it, it has no file, and it is gone with the process that holds it. Only the same user and
 * root get in, on either side. The messages are those of cellwire.h and these three. */
#ifndef BOTTLE_CELLCTL_H
#define BOTTLE_CELLCTL_H
#include "bottle/cell.h"
#include "bottle/cellwire.h"

enum bt_cellctl_op {
	BT_CTL_INFO = 32, /* answered DONE, text: what bt_cellctl_listen was given */
	BT_CTL_LOG,       /* answered DONE, fds: the gate's events */
	BT_CTL_STOP       /* answered DONE once the sandbox is being ended */
};

/* BT_EXISTS: a sandbox of this name runs. *fd is the caller's. */
BT_MUST int bt_cellctl_listen(const char *slug, int *fd, struct bt_err *e);
/* A connection to that sandbox as a cell: spawn, wait, signal, run work on it; closing it ends
 * nothing. BT_NOTFOUND: none of this name runs. */
BT_MUST int bt_cellctl_connect(struct bt_cell **out, const char *slug, struct bt_err *e);
/* Ask one of the three; text (BT_CELL_TEXT) and *fd may be NULL. *fd is the caller's. */
BT_MUST int bt_cellctl_ask(struct bt_cell *c, enum bt_cellctl_op op, char *text, int *fd,
                           struct bt_err *e);

struct bt_cellctl_names {
	char **v; /* owned, sorted */
	size_t n;
};
/* The names of this user's running sandboxes. */
BT_MUST int bt_cellctl_list(struct bt_cellctl_names *out, struct bt_err *e);
void bt_cellctl_names_free(struct bt_cellctl_names *names);
/* May this peer of a unix socket talk to us: the same user, or root? */
bool bt_cellctl_trusted(int sock);
#endif
