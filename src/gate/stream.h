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

/* What of one upload may wait for its verdict; with the scanner's windows and its decoder's it is
 * counted among the bodies in memory while it lasts. */
#define BT_STREAM_HOLD (2u * BT_LIM_SCAN_WINDOW)

struct bt_stream {
	struct bt_scan_coded *scan; /* owned; NULL: bodies are not scanned */
	uint64_t held;              /* counted for it among the bodies in memory */
	struct bt_findings found;
	uint64_t fed, sent; /* bytes of the body; the exchange's body holds from sent on */
	bool whole;         /* the client's body is complete */
	bool judged;        /* all of it */
	bool done;          /* and gone */
	bool warned;        /* once a body */
};

/* The body in hand goes on as a stream, after everything else is judged. As bt_http_judge. */
bool bt_stream_begin(struct bt_conn *c);
/* Take, look and send on what can be; the upstream has the head. */
void bt_stream_pump(struct bt_conn *c);
/* Nothing came in time, from whoever is waited for. */
void bt_stream_late(struct bt_conn *c);
void bt_stream_free(struct bt_stream *s); /* NULL is a no-op */
#endif
