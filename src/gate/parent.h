/* parent.h - the site's own proxy: CONNECT through a socket that is connected to it. Floor: gate
 * (private). Names are judged before (policy.h); what they resolve to is the parent's to judge. */
#ifndef BOTTLE_GATE_PARENT_H
#define BOTTLE_GATE_PARENT_H
#include <event2/event.h>

#include "bottle/gate_config.h"

struct bt_parent;

/* status: of the proxy's answer, 2xx: the socket now speaks to the aim, no byte of it was taken;
 * 0: it answered nothing or no HTTP. The fd stays the caller's. */
typedef void (*bt_parent_fn)(void *arg, unsigned status);

struct bt_parent_way {
	const struct bt_gate_parent *proxy;
	const struct bt_host *host;
	uint16_t port;
	uint64_t ms; /* until it counts as silent */
};

/* Ask for a way to host and port; done is called later, never at once. w is copied from. */
struct bt_parent *bt_parent_start(struct event_base *base, int fd, const struct bt_parent_way *w,
                                  bt_parent_fn done, void *arg);
void bt_parent_cancel(struct bt_parent *b); /* nothing is reported; NULL is a no-op */
#endif
