/* handed.h - listening sockets that another process has bound for this gate, in another network
 * namespace perhaps (the native backend: docs/adr/0021). Floor: gate (private).
 * BOTTLE_GATE_SOCKETS=FD names a unix socket on which one message brings them all. */
#ifndef BOTTLE_GATE_HANDED_H
#define BOTTLE_GATE_HANDED_H
#include <sys/socket.h>
#include "bottle/err.h"

/* The one bound to sa, of this type. 1: *fd is the caller's; 0: nothing is handed over, bind one
 * yourself; -1: others are, but none for sa: binding one would listen in the wrong place. Waits for
 * the message the first time. */
BT_MUST int bt_handed_take(int *fd, int type, const struct sockaddr *sa, socklen_t len,
                           struct bt_err *e);
/* Tell who handed them over, by the end of their way here, that the gate serves. */
void bt_handed_ready(void);
#endif
