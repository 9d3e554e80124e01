/* h2.h - one HTTP/2 connection (RFC 9113) as a set of HTTP/1.1 conversations. Floor: codec.
 * Frames go in and out; each stream reads and is written as one HTTP/1.1 exchange, so that whoever
 * judges requests has one form of them to understand. Everything is pulled: nothing here calls its
 * owner. Bounded: streams, heads, bodies ahead of their reader, and what a peer may do for nothing
 * (resets, pings, settings, empty frames), after which the connection is over. */
#ifndef BOTTLE_H2_H
#define BOTTLE_H2_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bottle/buf.h"
#include "bottle/err.h"
#include "bottle/own.h"

struct bt_h2;        /* opaque: one connection */
struct bt_h2_stream; /* opaque: one exchange */

struct bt_h2_spec {
	bool server;         /* streams are begun by the peer; else by bt_h2_start */
	unsigned streams;    /* at once, offered to the peer or begun by us; 0: BT_LIM_H2_STREAMS */
	size_t header_bytes; /* names and values of one head; 0: BT_LIM_HTTP_HEAD */
	uint8_t seed[16];    /* of the keys of WebSocket handshakes, where server */
	size_t window; /* of one stream: bytes of body before they are read; 0: BT_LIM_H2_WINDOW */
};

/* BT_SYS when the library cannot be set up. */
BT_MUST int bt_h2_open(struct bt_h2 **out, const struct bt_h2_spec *spec, struct bt_err *e);
void bt_h2_close(struct bt_h2 *h); /* and every stream of it; NULL is a no-op */
BT_OWN_FN(bt_h2, bt_h2_close)

/* Bytes of the peer, all of them used. now_ms: of any steady clock. -1: the connection is over; *e
 * says why (BT_PROTO: malformed, BT_LIMIT: too much of something) and what bt_h2_pull still has is
 * the farewell. Streams must be asked for news either way. */
BT_MUST int bt_h2_feed(struct bt_h2 *h, const void *p, size_t n, uint64_t now_ms, struct bt_err *e);
/* Append frames for the peer until out holds at least `enough` bytes or there are none. */
BT_MUST int bt_h2_pull(struct bt_h2 *h, struct bt_buf *out, size_t enough, struct bt_err *e);
void bt_h2_ping(struct bt_h2 *h);             /* whoever is there answers */
void bt_h2_goaway(struct bt_h2 *h);           /* the streams there are may end, none begins */
bool bt_h2_over(const struct bt_h2 *h);       /* nothing more is expected from or for the peer */
size_t bt_h2_streams(const struct bt_h2 *h);  /* not closed yet */
bool bt_h2_mid_head(const struct bt_h2 *h);   /* a head has begun and not ended */
bool bt_h2_takes_more(const struct bt_h2 *h); /* bt_h2_start would succeed */
/* Why the last malformed stream was reset, once; NULL: none since. Static or owned by h. */
const char *bt_h2_complaint(struct bt_h2 *h);

/* A stream with news: begun, readable, writable again, or gone. Each is told until it has none. */
struct bt_h2_stream *bt_h2_next(struct bt_h2 *h);
void bt_h2_poke(struct bt_h2_stream *s); /* make bt_h2_next name it */
/* The client's side: a stream to write a request to. NULL: not now. trailers: the answer may end
 * with them (TE). */
struct bt_h2_stream *bt_h2_start(struct bt_h2 *h, bool trailers);

/* What the owner keeps with a stream; NULL at first. */
void *bt_h2_user(const struct bt_h2_stream *s);
void bt_h2_set_user(struct bt_h2_stream *s, void *user);
bool bt_h2_gone(const struct bt_h2_stream *s); /* closed, by whom and how ever */
/* It is gone, and the peer says that it has done nothing about it (RFC 9113 §8.7): a request may be
 * made once more, whatever it is. */
bool bt_h2_refused(const struct bt_h2_stream *s);
bool bt_h2_whole(const struct bt_h2_stream *s);    /* the peer's message came to its end */
bool bt_h2_begun(const struct bt_h2_stream *s);    /* the peer's head is there, or part of it */
bool bt_h2_too_long(const struct bt_h2_stream *s); /* the head had more than header_bytes */
/* A WebSocket (RFC 8441): the request reads as the handshake of HTTP/1.1. Once 101 is written, what
 * is read and written are bytes, and the end of the stream is theirs. Before, none are read. */
bool bt_h2_raw(const struct bt_h2_stream *s);
bool bt_h2_trailers(const struct bt_h2_stream *s); /* the peer takes trailers */

/* Move what came as HTTP/1.1 to the end of `to`, as far as there is room: the peer may send as much
 * again. *end: the message is complete. -1: a head does not fit. */
BT_MUST int bt_h2_read(struct bt_h2_stream *s, struct bt_buf *to, bool *end, struct bt_err *e);
/* Take HTTP/1.1 of our side: a head (only when all of it is there), then its body. *used may be
 * less than n: the rest is to come again with more, or after news. -1: malformed; drop it. */
BT_MUST int bt_h2_write(struct bt_h2_stream *s, const void *p, size_t n, size_t *used,
                        struct bt_err *e);
/* Our side ends: the end of a body that has no other. -1: something was missing; drop it. */
BT_MUST int bt_h2_write_end(struct bt_h2_stream *s, struct bt_err *e);
/* The owner has done with it: reset where it is not closed yet. refused: nothing was done about it,
 * the peer may try again. s is gone. */
void bt_h2_drop(struct bt_h2_stream *s, bool refused);
#endif
