/* mem.h - allocation that cannot fail: out of memory ends the process with one line. Floor: base.
 * A request whose size comes from outside is bounded by limits.h before it gets here. */
#ifndef BOTTLE_MEM_H
#define BOTTLE_MEM_H
#include <stddef.h>

#define BT_MALLOC __attribute__((malloc, returns_nonnull, warn_unused_result))

void *bt_calloc(size_t n, size_t size) BT_MALLOC; /* zeroed; owned by the caller, free() */
void *bt_realloc(void *p, size_t size) __attribute__((returns_nonnull, warn_unused_result));
char *bt_strdup(const char *s) BT_MALLOC;
char *bt_strndup(const char *s, size_t n) BT_MALLOC;
/* Owned by the caller. */
char *bt_asprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2))) BT_MALLOC;
/* Overwrite a secret so that the compiler cannot leave it out. */
void bt_wipe(void *p, size_t n);
#endif
