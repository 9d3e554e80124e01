/* cellstdio.h - files on our standard streams, joined to pipes of a command's. Floor: bwrap.
 * A descriptor is more than its bytes: through /proc/self/fd a file can be opened again, from its
 * start and for writing, and a folder is a way out of the sandbox. So a command gets a file only as
 * a pipe; other pipes, sockets and terminals are handed on as they are, a folder is refused. */
#ifndef BOTTLE_CELLSTDIO_H
#define BOTTLE_CELLSTDIO_H
#include <poll.h>
#include "bottle/err.h"
#include "bottle/own.h"

struct bt_cellstdio; /* opaque */

/* Look at three streams and make the pipes that are wanted; *out is NULL where none is. give: what
 * a command is to have, borrowed: of ours or of *out. One file on two of them is one pipe: what is
 * written to it keeps its order. BT_DENIED: one of them is a folder. */
BT_MUST int bt_cellstdio_open(struct bt_cellstdio **out, const int ours[3], int give[3],
                              struct bt_err *e);
void bt_cellstdio_given(struct bt_cellstdio *s); /* the command has them; NULL is a no-op */
#define BT_CELLSTDIO_POLL 3
/* What to wait for, and, after the wait, what to do about it: fails where a file cannot be read or
 * written. */
void bt_cellstdio_before(const struct bt_cellstdio *s, struct pollfd p[BT_CELLSTDIO_POLL]);
BT_MUST int bt_cellstdio_after(struct bt_cellstdio *s, const struct pollfd p[BT_CELLSTDIO_POLL],
                               struct bt_err *e);
/* The command ended: write what it left in the pipes; what it did not read goes back to the file,
 * whose offset others may share. */
BT_MUST int bt_cellstdio_finish(struct bt_cellstdio *s, struct bt_err *e);
void bt_cellstdio_close(struct bt_cellstdio *s); /* NULL is a no-op */
BT_OWN_FN(bt_cellstdio, bt_cellstdio_close)
#endif
