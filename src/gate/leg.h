/* leg.h - one side of a connection: a non-blocking socket, with or without TLS, and what waits to
 * be read and written. Floor: gate (private).
 * A leg never frees itself and never calls back after bt_leg_close. Its owner is told about
 * events, may close or restart any leg from there, and must return soon after. */
#ifndef BOTTLE_GATE_LEG_H
#define BOTTLE_GATE_LEG_H
#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "bottle/buf.h"
#include "bottle/tls.h"

enum bt_leg_event {
	BT_LEG_READY, /* connected, or the TLS handshake is done */
	BT_LEG_READ,  /* there is more in `in`, or eof was set */
	BT_LEG_DRAIN, /* `out` is empty again after it was not */
	BT_LEG_FAIL,  /* the leg is broken: err says how; close it */
};

struct bt_leg;
typedef void (*bt_leg_fn)(void *owner, struct bt_leg *leg, enum bt_leg_event ev);

struct bt_leg {
	int fd;              /* -1: closed; owned */
	struct bt_tls *tls;  /* NULL: plain; owned */
	struct bt_buf in;    /* read, not yet eaten by the owner; in.max is the owner's limit */
	struct bt_buf out;   /* accepted, not yet written */
	struct bt_buf *sink; /* NULL, or where what comes goes instead of `in`; borrowed */
	size_t sink_left;    /* so much of it */
	struct bt_err err;
	bool eof;      /* the peer sends no more */
	bool paused;   /* by the owner: nothing is read */
	bool raw;      /* its owner reads and writes the socket itself: it is only told when */
	bool awaited;  /* room on the socket: BT_LEG_DRAIN follows */
	bool starting; /* connecting or shaking hands */
	bool failed;
	bool ample; /* more came at once than most heads have */
	bool corked;
	size_t counted;           /* of the budget */
	bool shut;                /* our side is closed once `out` is empty */
	uint64_t nread, nwritten; /* payload bytes */
	bt_leg_fn fn;
	void *owner;
	void (*pipe)(void *end); /* NULL: a socket of its own */
	void *pipe_end;
	struct event rd, wr;
};

#define BT_LEG_IN (128u * 1024u) /* default of in.max: a head and then some */
#define BT_LEG_OUT (256u * 1024u)

/* Take over fd (non-blocking, connected or connecting). connecting: BT_LEG_READY follows. */
void bt_leg_open(struct bt_leg *l, struct event_base *base, int fd, bool connecting);
void bt_leg_on(struct bt_leg *l, bt_leg_fn fn, void *owner);
/* Begin a TLS handshake on an open, plain leg; takes t over. READY or FAIL follows, never at once.
 * For an accepted leg, what is in `in` must have been given to bt_tls_accept and is dropped. */
void bt_leg_start_tls(struct bt_leg *l, struct bt_tls *t);
/* Queue bytes and write what the socket takes. -1: the queue is full or the leg is broken. */
BT_MUST int bt_leg_send(struct bt_leg *l, const void *p, size_t n);
/* Between these two nothing is written: a head and its body go out together. */
void bt_leg_cork(struct bt_leg *l);
void bt_leg_uncork(struct bt_leg *l);
size_t bt_leg_room(const struct bt_leg *l); /* bytes that bt_leg_send takes now */
/* So much waits to be written that whoever produces it should stop; BT_LEG_DRAIN follows. */
bool bt_leg_is_full(const struct bt_leg *l);

/* leg_budget.c: what the buffers of all legs may come to; above it each is read only in small
 * pieces, as long as there is nothing to be written. */
void bt_leg_budget(size_t bytes);
void bt_leg_account(struct bt_leg *l); /* leg.c: its buffers have grown or shrunk */
size_t bt_leg_in_max(const struct bt_leg *l);
/* Close our sending side once everything is out (close_notify, FIN). */
void bt_leg_shut(struct bt_leg *l);
void bt_leg_pause(struct bt_leg *l, bool on);
/* After in was eaten: read on where a full buffer had stopped it, give memory back when idle. */
void bt_leg_more(struct bt_leg *l);
/* From now on what comes is added to b, at most n bytes of it and then nothing is read; told by
 * BT_LEG_READ as ever, n less what came is in sink_left. No pipe. NULL: to `in` again. */
void bt_leg_into(struct bt_leg *l, struct bt_buf *b, size_t n);
/* Nothing has come that was not read, the end included: asked of the socket itself. */
bool bt_leg_quiet(const struct bt_leg *l);
/* Make to, closed, what from is: an open leg with nothing under way. from is closed then; to has no
 * owner yet. */
void bt_leg_move(struct bt_leg *to, struct bt_leg *from);
void bt_leg_close(struct bt_leg *l); /* idempotent; a zeroed leg is never closed twice */

/* leg_plain.c */
enum bt_tls_io bt_leg_plain_read(struct bt_leg *l, void *p, size_t cap, size_t *n);
enum bt_tls_io bt_leg_plain_write(struct bt_leg *l, const void *p, size_t n, size_t *done);

/* leg_pipe.c: a leg without a socket of its own: a stream of a connection that carries several.
 * Whoever holds the other end fills `in` and empties `out` itself and says so here; it is told by
 * changed(end) that there is something in `out`, room in `in`, or that the leg was shut or closed,
 * and must not call back from there. fd is that of the connection, borrowed. */
void bt_leg_open_pipe(struct bt_leg *l, struct event_base *base, int fd, void (*changed)(void *),
                      void *end);
void bt_leg_pipe_in(struct bt_leg *l);             /* `in` got more, or eof was set */
void bt_leg_pipe_took(struct bt_leg *l, size_t n); /* of `out` */
void bt_leg_pipe_fail(struct bt_leg *l, const char *why);

/* Plain, with nothing in `in`: from now on BT_LEG_READ says that the socket is readable. */
static inline void bt_leg_raw(struct bt_leg *l, bool on)
{
	l->raw = on;
}

/* BT_LEG_DRAIN when the socket takes something, once. */
static inline void bt_leg_await_room(struct bt_leg *l)
{
	l->awaited = true;
	(void)event_add(&l->wr, NULL);
}

static inline bool bt_leg_is_open(const struct bt_leg *l)
{
	return l->fn && l->fd >= 0;
}
#endif
