/* ws_send.c - frames of our own making: the client's messages, masked anew, and last words. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "bottle/mem.h"
#include "ws.h"

#define GOING_AWAY 1001
#define KEEP (64u * 1024u) /* of memory, from one message to the next */

static bool fresh_mask(uint8_t mask[4])
{
	return getrandom(mask, 4, 0) == 4;
}

bool bt_ws_signal(struct bt_conn *c, unsigned op, struct bt_str payload)
{
	uint8_t raw[BT_WS_HEAD + BT_WS_CONTROL], mask[4];
	size_t head;

	if (payload.n > BT_WS_CONTROL || !fresh_mask(mask))
		return false;
	head = bt_ws_head(raw, op, payload.n, mask);
	if (payload.n)
		memcpy(raw + head, payload.p, payload.n);
	bt_ws_mask(raw + head, payload.n, mask, 0);
	return bt_leg_send(&c->up, raw, head + payload.n) == 0;
}

bool bt_ws_seal(struct bt_conn *c)
{
	struct bt_ws *w = bt_ws(c);
	size_t n = w->msg.len - BT_WS_HEAD, head;
	uint8_t raw[BT_WS_HEAD], mask[4];

	if (!fresh_mask(mask))
		return false;
	head = bt_ws_head(raw, w->in.kind, n, mask);
	w->from = w->sent = BT_WS_HEAD - head;
	memcpy(w->msg.p + w->from, raw, head);
	bt_ws_mask(w->msg.p + BT_WS_HEAD, n, mask, 0);
	w->sending = true;
	return true;
}

bool bt_ws_push(struct bt_conn *c)
{
	struct bt_ws *w = bt_ws(c);

	while (w->sending && w->sent < w->msg.len) {
		size_t n = w->msg.len - w->sent, room = bt_leg_room(&c->up);

		n = n < room ? n : room;
		if (n == 0 || bt_leg_send(&c->up, w->msg.p + w->sent, n) < 0)
			return false; /* a failure is told by the loop */
		w->sent += n;
	}
	if (!w->sending)
		return true;
	c->gate->held -= w->msg.len - BT_WS_HEAD;
	w->sending = false;
	if (w->msg.cap > KEEP)
		bt_buf_free(&w->msg);
	else
		bt_buf_clear(&w->msg);
	return true;
}

/* A close frame's payload: the code, and as much of the reason as it holds, as plain ASCII. */
static void last_words(struct bt_ws *w, unsigned code, const char *reason)
{
	char text[BT_WS_CONTROL - 2 + 1];
	int n = snprintf(text, sizeof text, "blocked: %s", reason);

	w->nlast = 2 + (n < (int)sizeof text ? (size_t)n : sizeof text - 1);
	w->last[0] = (uint8_t)(code >> 8);
	w->last[1] = (uint8_t)code;
	for (size_t i = 2; i < w->nlast; i++) {
		char ch = text[i - 2];

		w->last[i] = (uint8_t)(ch >= 0x20 && ch < 0x7f ? ch : '?');
	}
}

void bt_ws_refuse(struct bt_conn *c, unsigned code, const struct bt_denial *d)
{
	static const char away[] = { GOING_AWAY >> 8, (char)(GOING_AWAY & 0xff) };
	struct bt_ws *w = bt_ws(c);

	bt_conn_denied(c, BT_RULING_DENY, d);
	(void)bt_ws_signal(c, BT_WS_CLOSE, (struct bt_str){ away, sizeof away });
	last_words(w, code, d->reason);
	w->ending = true;
	if (bt_ws_between(&w->down) || w->down.lost)
		bt_ws_end(c);
}

void bt_ws_end(struct bt_conn *c)
{
	struct bt_ws *w = bt_ws(c);
	uint8_t raw[BT_WS_HEAD + BT_WS_CONTROL];
	size_t head = bt_ws_head(raw, BT_WS_CLOSE, w->nlast, NULL);

	memcpy(raw + head, w->last, w->nlast);
	if (bt_ws_between(&w->down) && bt_leg_send(&c->client, raw, head + w->nlast) < 0) {
		bt_conn_close(c);
		return;
	}
	bt_conn_become(c, &bt_stage_linger);
}
