/* pool.h - upstream connections that have served and may serve again, whoever of the bottle asks
 * next. One is given only for the same name, port and kind, and under the very policy that judged
 * its address and its certificate; the request itself is judged as any other (docs/adr/0039).
 * Floor: gate (private). */
#ifndef BOTTLE_GATE_POOL_H
#define BOTTLE_GATE_POOL_H
#include <stdbool.h>

#include "bottle/host.h"

struct bt_conn;
struct bt_gate;
struct bt_pool;

/* Whom an upstream connection speaks to. */
struct bt_peer {
	struct bt_host host;
	uint16_t port;
	bool https;
};

bool bt_peer_same(const struct bt_peer *a, const struct bt_peer *b);

struct bt_pool *bt_pool_new(struct bt_gate *g);
void bt_pool_free(struct bt_pool *p); /* NULL is a no-op */
/* Take c's upstream connection over where it may serve again; false: it is c's to close. */
bool bt_pool_put(struct bt_conn *c);
/* Give c, which has none, a connection to this peer that is open and silent; the one used last,
 * since it lives the longest. False: there is none. */
bool bt_pool_take(struct bt_conn *c, const struct bt_peer *to);
void bt_pool_clear(struct bt_pool *p);         /* nothing of it is given any more */
void bt_pool_free_dead(struct bt_pool *p);     /* from the loop */
size_t bt_pool_count(const struct bt_pool *p); /* that wait */
#endif
