/* h2_up.h - upstream connections that speak HTTP/2, each carrying requests of several clients that
 * do: for the same name and port, under the policy that judged its address and its certificate
 * (docs/adr/0038). A request sees a pipe for an upstream leg and does not know. Floor: gate
 * (private). */
#ifndef BOTTLE_GATE_H2_UP_H
#define BOTTLE_GATE_H2_UP_H
#include <stdbool.h>
#include <sys/queue.h>

#include "bottle/err.h"
#include "pool.h"

struct bt_h2_ups; /* all of a gate */

TAILQ_HEAD(bt_h2_queue, bt_conn);

/* What a connection keeps about it. */
struct bt_h2_seat {
	bool may;               /* its client speaks HTTP/2: so may its upstream */
	bool trailers;          /* its client takes trailers */
	bool alone;             /* it has waited once for another's dial, which failed */
	bool socket;            /* its client asks for a WebSocket and for nothing else */
	bool plain;             /* its request is one of HTTP/1.1 alone: a WebSocket */
	bool refused;           /* the upstream did nothing about its request, and says so */
	bool leads;             /* others wait for the outcome of its dial */
	struct bt_peer to;      /* whom it leads to, or waits for */
	struct bt_h2_queue *in; /* NULL: it waits for nobody */
	TAILQ_ENTRY(bt_conn) entry;
};

struct bt_h2_ups *bt_h2_ups_new(struct bt_gate *g);
void bt_h2_ups_free(struct bt_h2_ups *u);      /* NULL is a no-op */
void bt_h2_ups_clear(struct bt_h2_ups *u);     /* none of them takes another request */
void bt_h2_ups_free_dead(struct bt_h2_ups *u); /* from the loop */

/* Could this request go out by HTTP/2? Not to who is known to speak HTTP/1.1 alone. */
bool bt_h2_up_may(const struct bt_conn *c, const struct bt_peer *to);
/* Is there one that would take it now? */
bool bt_h2_up_has(const struct bt_conn *c, const struct bt_peer *to);

enum bt_h2_way {
	BT_H2_DIAL, /* there is none: c goes on by itself, and offers HTTP/2 */
	BT_H2_OPEN, /* c->up is a stream of one */
	BT_H2_WAIT, /* another request is dialling: bt_http_reach is called when that is known */
};
enum bt_h2_way bt_h2_up_way(struct bt_conn *c, const struct bt_peer *to);
/* c's own TLS handshake is done: where HTTP/2 was agreed, c->up becomes the first stream of a new
 * one; else the peer is remembered. Whoever waited goes on. -1: it cannot be used. */
BT_MUST int bt_h2_up_shaken(struct bt_conn *c, struct bt_err *e);
void bt_h2_up_leave(struct bt_conn *c); /* c leads and waits no more; any time */
#endif
