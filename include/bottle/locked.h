/* locked.h - memory for secrets: never swapped out, in no core file, not in a child, and wiped.
 * Floor: sys. */
#ifndef BOTTLE_LOCKED_H
#define BOTTLE_LOCKED_H
#include <stdbool.h>
#include <stddef.h>
#include "bottle/err.h"

/* n zeroed bytes in pages of their own; *out is the caller's until bt_locked_free with the same n.
 * *locked: false where RLIMIT_MEMLOCK does not let so much be locked; all the rest holds. */
BT_MUST int bt_locked_alloc(void **out, size_t n, bool *locked, struct bt_err *e);
void bt_locked_free(void *p, size_t n); /* wipes; NULL is a no-op */
#endif
