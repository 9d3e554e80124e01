/* gatekeep.h - a gate that is started anew when it crashes (docs/adr/0045). Floor: gate.
 * Whoever keeps it has read no byte of a stranger, no configuration and no key: what a new gate
 * knows it reads anew. Between two of them nobody listens. */
#ifndef BOTTLE_GATEKEEP_H
#define BOTTLE_GATEKEEP_H
#include "bottle/err.h"

/* Fork. 0: this is the child, which is to become a gate; it is killed with its parent. 1: this is
 * the parent, and all is over: *status is what to exit with, that of the last gate, or 0 when it
 * was told to end while there was none. Meanwhile it hands SIGTERM, SIGINT and SIGHUP on, and for
 * each gate that a signal ended writes an event "worker_restart" to the descriptor events, waits
 * (0.1 s, twice as long each time, up to 30 s; from the beginning after a minute without) and forks
 * again. */
BT_MUST int bt_gate_keep(int events, int *status, struct bt_err *e);
#endif
