/* dial.h - from a name to a connected socket: fixed addresses or DNS, every address judged, a
 * judged one dialled and no second resolution. Floor: gate (private). */
#ifndef BOTTLE_GATE_DIAL_H
#define BOTTLE_GATE_DIAL_H
#include "policy.h"

struct bt_conn;
struct bt_dial;

struct bt_dialed {
	int fd;                  /* >= 0: connected, the taker's; -1: see why */
	bool spared;             /* fd is -1, for the upstream leg stands already */
	struct bt_denial denial; /* 403: not resolvable or not allowed; 502: nobody answers */
};

/* Dial for c, whose policy decides and whose stage is told by its dialed(), never at once. */
void bt_dial_start(struct bt_conn *c, const struct bt_host *host, uint16_t port);
/* There is nothing to dial; the stage is told in the same way, from the loop. */
void bt_dial_spare(struct bt_conn *c);
void bt_dial_cancel(struct bt_conn *c); /* nothing is reported any more; no dial: a no-op */
#endif
