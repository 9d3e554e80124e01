/* unpack.h - one content coding undone as it comes (RFC 9110 §8.4.1, RFC 8878, RFC 7932), for
 * bodies that do not wait for their end. Floor: codec (private). */
#ifndef BOTTLE_CODEC_UNPACK_H
#define BOTTLE_CODEC_UNPACK_H
#include "bottle/buf.h"
#include "bottle/own.h"

struct bt_unpack; /* opaque: a decoder with its window, which holds what was in the body */

/* What a decoder of that coding may come to hold; 0: there is none by that name. */
size_t bt_unpack_memory(struct bt_str coding);
/* BT_DENIED: no such coding. */
BT_MUST int bt_unpack_open(struct bt_unpack **out, struct bt_str coding, struct bt_err *e);
void bt_unpack_close(struct bt_unpack *u); /* NULL is a no-op */
BT_OWN_FN(bt_unpack, bt_unpack_close)

/* Decode from *in to the end of out, until either is used up. 1: out is full and there may be more,
 * though *in is empty; 0: *in is empty and all that it said is out. -1: not that coding, or bytes
 * behind its end: nobody would have looked at them. What had come out before stays in out. */
BT_MUST int bt_unpack_step(struct bt_unpack *u, struct bt_str *in, struct bt_buf *out,
                           struct bt_err *e);
bool bt_unpack_whole(const struct bt_unpack *u); /* this may be the end of it */
#endif
