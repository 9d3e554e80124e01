/* race.h - one connection out of several addresses (RFC 8305 §5): they are tried one after the
 * other without waiting for the one before to fail, and the first that answers is it. Whether they
 * may be dialled was settled before. Floor: gate (private). */
#ifndef BOTTLE_GATE_RACE_H
#define BOTTLE_GATE_RACE_H
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <event2/event.h>

#define BT_RACE_MAX 16

struct bt_race; /* opaque */

struct bt_race_addr {
	struct sockaddr_storage sa;
	socklen_t len;
};

/* fd: connected, non-blocking, the taker's; -1: none answered. */
typedef void (*bt_race_fn)(void *arg, int fd);

/* At most BT_RACE_MAX addresses, copied: families take turns, beginning with that of the first. ms:
 * the time each has. done is called once, never at once, and the race is over then. */
struct bt_race *bt_race_start(struct event_base *base, const struct bt_race_addr *v, size_t n,
                              uint64_t ms, bt_race_fn done, void *arg);
void bt_race_cancel(struct bt_race *r); /* nothing is called any more; NULL is a no-op */
#endif
