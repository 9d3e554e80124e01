/* gateseed.h - the prepared process that gatechild.c makes a gate of. Floor: bwrap (private). */
#ifndef BOTTLE_BWRAP_GATESEED_H
#define BOTTLE_BWRAP_GATESEED_H
#include "bottle/gateseed.h"

/* Give it its command line (ends in NULL), and sockets' messenger, log, complaints and files, in
 * this order, which stay the caller's. Its pid, a child of ours; 0: there is none (any more); -1,
 * with errno: there was, and it has the CA. */
BT_MUST pid_t bt_gateseed_use(const char *const *argv, const int *fds, size_t n);
#endif
