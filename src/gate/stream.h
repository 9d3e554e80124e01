/* stream.h - a body that is too large to wait in memory goes on in pieces, where the configuration
 * asks for it (gate.stream_bodies): what may leave is always some way behind what was looked at, so
 * no credential leaves whole; but what came before it has left. Floor: gate (private). */
#ifndef BOTTLE_GATE_STREAM_H
#define BOTTLE_GATE_STREAM_H
#include <stdbool.h>
#include <stdint.h>

#include "bottle/limits.h"
#include "bottle/scan.h"

struct bt_conn;
struct bt_denial;
struct bt_rows;

struct bt_stream {
	struct bt_scan_coded *scan; /* owned; NULL: bodies are not scanned */
	uint64_t held;              /* counted for it among the bodies in memory */
	struct bt_findings found;
	size_t asked;         /* of the leg, which reads it to the body */
	uint64_t fed, sent;   /* bytes of the body; the exchange's body holds from sent on */
	struct bt_rows *rows; /* owned; NULL: one text (stream_rows.c) */
	bool whole;           /* the client's body is complete */
	bool judged;          /* all of it */
	bool done;            /* and gone */
	bool warned;          /* once a body */
};

/* stream_rows.c: a body of gRPC messages is judged one by one, each before a byte of it leaves, so
 * that client and server can talk while it lasts. Does the body in hand, which has not ended, begin
 * with a whole one? */
bool bt_rows_begun(struct bt_conn *c);
struct bt_rows *bt_rows_new(void);
void bt_rows_free(struct bt_rows *r); /* NULL is a no-op */
/* Look at what of text is whole; *used is that much. last: there is no more. False: *d says why the
 * rest must not go. */
bool bt_rows_look(struct bt_conn *c, struct bt_str text, bool last, size_t *used,
                  struct bt_denial *d);

/* The body in hand goes on as a stream, after everything else is judged. As bt_http_judge. */
bool bt_stream_begin(struct bt_conn *c);
bool bt_stream_begin_rows(struct bt_conn *c); /* bt_rows_begun said so */
/* Take, look and send on what can be; the upstream has the head. */
void bt_stream_pump(struct bt_conn *c);
/* Nothing came in time, from whoever is waited for. */
void bt_stream_late(struct bt_conn *c);
/* stream_send.c: something went to the upstream. */
bool bt_stream_release(struct bt_conn *c);
void bt_stream_free(struct bt_stream *s); /* NULL is a no-op */
#endif
