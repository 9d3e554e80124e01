/* h2_up_int.h - what the two parts of h2_up share. Floor: gate (private).
 *   h2_up.c     one connection and its streams
 *   h2_ups.c    all of a gate: which request goes by which, and who waits for whom */
#ifndef BOTTLE_GATE_H2_UP_INT_H
#define BOTTLE_GATE_H2_UP_INT_H
#include "bottle/h2.h"
#include "conn.h"

#define BT_H2_PLAIN 64 /* peers remembered as speaking HTTP/1.1 alone, direct-mapped */

struct bt_h2_up;

/* One request's stream. */
struct bt_h2_lane {
	struct bt_h2_lane *next;
	struct bt_h2_up *up;
	struct bt_conn *conn;        /* NULL: it wants no more of it */
	struct bt_h2_stream *stream; /* NULL: over */
};

struct bt_h2_up {
	TAILQ_ENTRY(bt_h2_up) entry;
	struct bt_h2_ups *all;
	struct bt_leg leg;
	struct bt_h2 *session;
	struct bt_peer peer;
	struct bt_policy *policy; /* one reference */
	struct bt_h2_lane *lanes;
	struct event pump, idle, probe;
	uint64_t heard_ms; /* when it last said anything */
	bool probing;      /* asked whether it is there; requests wait for that */
	bool busy;         /* service() is running */
	bool served;       /* it has answered */
	bool closing;      /* takes no more */
	bool dead;
};

struct bt_h2_ups {
	struct bt_gate *gate;
	TAILQ_HEAD(bt_h2_up_list, bt_h2_up) live, dead;
	struct bt_h2_queue waiting, woken;
	struct event wake;
	struct bt_peer plain[BT_H2_PLAIN];
};

/* c's upstream leg, whose handshake is done, becomes one. NULL: *e says why not. */
struct bt_h2_up *bt_h2_up_adopt(struct bt_conn *c, struct bt_err *e);
/* c's upstream leg becomes a new stream of up, which takes one (bt_h2_takes_more). */
void bt_h2_up_join(struct bt_h2_up *up, struct bt_conn *c);
/* Has it been silent for so long that it may be gone without a word? */
bool bt_h2_up_silent(const struct bt_h2_up *up);
/* Ask (PING). Whoever waits for a connection to its peer is woken when it answers, or has not in
 * time and is dead. */
void bt_h2_up_probe(struct bt_h2_up *up);
/* h2_ups.c: those who wait for to go on, from the loop. alone: by a dial of their own. */
void bt_h2_ups_wake(struct bt_h2_ups *u, const struct bt_peer *to, bool alone);
void bt_h2_up_die(struct bt_h2_up *up, const char *why); /* freed from the loop */
#endif
