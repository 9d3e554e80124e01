/* guard.h - places to mount on for files that are not there, and that they go again. Floor: bwrap.
 * A file can be covered only where there is one. What is missing is made empty, and a janitor, a
 * process that waits for our end, takes it away again, however we end: the last of all that use the
 * folder at the time. Nothing that somebody has written into is ever removed. */
#ifndef BOTTLE_GUARD_H
#define BOTTLE_GUARD_H
#include <stddef.h>
#include "bottle/err.h"
#include "bottle/own.h"

struct bt_guard; /* opaque */

/* paths: relative to root, without "."; one that ends in '/' is a folder. A part that is a symbolic
 * link is BT_DENIED: what it points to can be covered, the link itself not. Where a folder above is
 * a file, that is guarded instead. */
BT_MUST int bt_guard_open(struct bt_guard **out, const char *root, const char *const *paths,
                          size_t n, struct bt_err *e);
/* The absolute paths to cover, in order, parents first; those that end in '/' are folders which
 * must stay where they are but may be written into: mount them on themselves, or a guarded file
 * would be moved away with the folder above it. Borrowed; ends in NULL. */
const char *const *bt_guard_paths(const struct bt_guard *g);
const char *const *bt_guard_parents(const struct bt_guard *g);
/* A descriptor to be held by the sandbox: nothing it needs, whoever made it, is taken away while a
 * process has it. -1: nothing is guarded. Borrowed. */
int bt_guard_alive_fd(const struct bt_guard *g);
void bt_guard_close(struct bt_guard *g); /* takes away what was made; NULL is a no-op */
BT_OWN_FN(bt_guard, bt_guard_close)
#endif
