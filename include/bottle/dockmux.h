/* dockmux.h - the Engine's multiplexed streams taken apart (logs, exec and attach without a TTY;
 * Engine API "Stream format"): frames of an 8-byte head {stream, 0, 0, 0, length big-endian} and
 * that many bytes. Floor: codec. */
#ifndef BOTTLE_DOCKMUX_H
#define BOTTLE_DOCKMUX_H
#include <stddef.h>
#include <stdint.h>
#include "bottle/err.h"
#include "bottle/str.h"

/* The decoder holds no payload: it hands out slices of its input as they come. {0} is its start. */
struct bt_dockmux {
	uint8_t head[8];
	unsigned have; /* bytes of head */
	uint32_t left; /* bytes of payload still to come */
};

enum bt_dockmux_stream { BT_DOCKMUX_STDIN, BT_DOCKMUX_STDOUT, BT_DOCKMUX_STDERR };

/* Eat from *in (p and n move on) until a piece of payload is found. 1: *piece (borrowed from in)
 * belongs to *stream; 0: all of in was eaten; -1: BT_PROTO, this is not such a stream. */
BT_MUST int bt_dockmux_next(struct bt_dockmux *m, struct bt_str *in, int *stream,
                            struct bt_str *piece, struct bt_err *e);
/* The input has ended: BT_PROTO when in the middle of a frame. */
BT_MUST int bt_dockmux_end(const struct bt_dockmux *m, struct bt_err *e);
#endif
