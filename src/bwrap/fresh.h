/* fresh.h - what a child of ours is to have lost first: our signal handlers, our mask, our session.
 * Async-signal-safe: for between fork and exec. Floor: bwrap (private). */
#ifndef BOTTLE_BWRAP_FRESH_H
#define BOTTLE_BWRAP_FRESH_H
#include <sys/types.h>

/* A session of its own: Ctrl-C on our terminal is not for it. */
void bt_fresh(void);
/* And it ends with parent, whatever ends that; at once where that has happened already. */
void bt_fresh_until(pid_t parent);
#endif
