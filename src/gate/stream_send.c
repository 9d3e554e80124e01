/* stream_send.c - what may go of a body in pieces goes, in as few records and calls as it takes. */
#include <stdio.h>
#include <string.h>

#include "http.h"

#define RECORD 16384u /* of TLS, at most */
#define FRAME 16u     /* what a chunk needs around its data */

/* Framed in whole records, not in small ones around them. */
static int send_chunk(struct bt_leg *up, const uint8_t *p, size_t n)
{
	char raw[RECORD];
	size_t k = (size_t)snprintf(raw, FRAME, "%zx\r\n", n);
	size_t first = n < RECORD - k ? n : RECORD - k, rest = n - first;
	size_t last = rest % RECORD;

	memcpy(raw + k, p, first);
	p += first;
	if (rest == 0 && k + first + 2 <= RECORD) {
		memcpy(raw + k + first, "\r\n", 2);
		return bt_leg_send(up, raw, k + first + 2);
	}
	if (bt_leg_send(up, raw, k + first) < 0 ||
	    (rest > last && bt_leg_send(up, p, rest - last) < 0))
		return -1;
	if (last)
		memcpy(raw, p + rest - last, last);
	memcpy(raw + last, "\r\n", 2); /* one record more where all were full */
	return bt_leg_send(up, raw, last + 2);
}

static bool finish(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;

	if (x->req->body == BT_BODY_CHUNKED && bt_leg_send(&c->up, "0\r\n\r\n", 5) < 0)
		return false;
	x->stream->done = true;
	return true;
}

/* How much of what may go goes at once: whole records, as long as more is sure to come. */
static size_t piece(const struct bt_stream *s, bool chunked, size_t n)
{
	size_t most = BT_LEG_OUT - (chunked ? FRAME : 0), full = n - n % RECORD;

	if (n > most)
		return most;
	if (!s->scan || s->judged)
		return n;
	return chunked && full ? full - FRAME : full;
}

bool bt_stream_release(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_stream *s = x->stream;
	uint64_t may = s->judged || !s->scan ? s->fed : bt_scan_coded_passed(s->scan);
	bool chunked = x->req->body == BT_BODY_CHUNKED;
	size_t n = (size_t)(may - s->sent);

	/* It has answered, and not with a yes: it will not read the rest. */
	if (s->done || c->up.out.len || (x->answered && x->status >= 300))
		return false;
	if (n == 0)
		return s->judged && finish(c);
	n = piece(s, chunked, n);
	if (n == 0)
		return false;
	if ((chunked ? send_chunk(&c->up, x->body.p, n) : bt_leg_send(&c->up, x->body.p, n)) < 0)
		return false; /* the failure is told by the loop */
	s->sent += n;
	bt_buf_eat(&x->body, n);
	c->gate->held -= n;
	return true;
}
