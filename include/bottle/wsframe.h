/* wsframe.h - WebSocket frames (RFC 6455 §5): a client's, unmasked and put together to messages; a
 * server's, counted so that one knows where the next begins. No extension is spoken, so every
 * reserved bit is an error. Floor: codec. */
#ifndef BOTTLE_WSFRAME_H
#define BOTTLE_WSFRAME_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bottle/err.h"
#include "bottle/str.h"

enum bt_ws_op {
	BT_WS_CONTINUED = 0,
	BT_WS_TEXT = 1,
	BT_WS_BINARY = 2,
	BT_WS_CLOSE = 8,
	BT_WS_PING = 9,
	BT_WS_PONG = 10,
};

#define BT_WS_HEAD 14     /* the longest head of a frame */
#define BT_WS_CONTROL 125 /* the longest payload of a control frame */

struct bt_ws_frame {
	bool fin, masked;
	uint8_t op; /* enum bt_ws_op */
	uint8_t mask[4];
	uint64_t length; /* of the payload */
	size_t head;     /* bytes of the head */
};

/* One frame's head. 1: whole; 0: more bytes are needed; -1: malformed (BT_PROTO): a reserved bit or
 * opcode, a control frame that is long or in parts, a length not in its shortest form. */
BT_MUST int bt_ws_frame(struct bt_ws_frame *f, const uint8_t *p, size_t n, struct bt_err *e);
/* Write a head; mask may be NULL. Returns its length. */
size_t bt_ws_head(uint8_t out[BT_WS_HEAD], unsigned op, uint64_t length, const uint8_t *mask);
/* Mask or unmask in place; at: how many bytes of the payload came before. */
void bt_ws_mask(uint8_t *p, size_t n, const uint8_t mask[4], uint64_t at);

/* What a client sends. Zeroed is the start. */
struct bt_ws_reader {
	struct bt_ws_frame frame; /* the one that is being read, or was last */
	uint64_t at;              /* payload bytes of it so far */
	bool in_frame;
	bool open;    /* a message has begun and not ended */
	bool whole;   /* its last frame was read */
	uint8_t kind; /* of the message: BT_WS_TEXT or BT_WS_BINARY */
	uint8_t control[BT_WS_CONTROL];
};

enum bt_ws_step {
	BT_WS_MORE,    /* everything that can be used was used */
	BT_WS_DATA,    /* *out is the next piece of the message, unmasked in place */
	BT_WS_MESSAGE, /* the message is complete; its kind is in r->kind */
	BT_WS_SIGNAL,  /* *out is the payload of a control frame, r->frame.op says which */
};

/* Advance by one step; *used says how much of p was taken, which may be nothing. -1: the client
 * does not keep to the protocol (BT_PROTO): close with 1002. */
BT_MUST int bt_ws_read(struct bt_ws_reader *r, uint8_t *p, size_t n, size_t *used,
                       struct bt_str *out, struct bt_err *e);
/* Is this a payload that a close frame may have: nothing, or a code that may be sent and UTF-8? */
bool bt_ws_close_ok(struct bt_str payload);

/* Where a server's frames begin and end. Zeroed is the start. */
struct bt_ws_track {
	uint8_t head[BT_WS_HEAD];
	size_t nhead;
	uint64_t left; /* of the payload */
	bool lost;     /* what came is no frame: nobody knows where the next begins */
};

/* Move on by n bytes, or, with stop, no further than the end of the frame in hand. Returns by how
 * many. */
size_t bt_ws_track(struct bt_ws_track *t, const uint8_t *p, size_t n, bool stop);
bool bt_ws_between(const struct bt_ws_track *t); /* a frame of ours would fit in here */
#endif
