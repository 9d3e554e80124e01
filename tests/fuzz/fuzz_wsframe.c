/* However a client's bytes are cut, the same messages and signals come out of them, and no byte is
 * used twice or left out. What comes out, written again, is read as the same; and a server that
 * wrote it so would be tracked from frame to frame. */
#include <stdlib.h>
#include <string.h>

#include "bottle/wsframe.h"

#define MAX 4096

static void must(int fact)
{
	if (!fact)
		abort();
}

struct said {
	uint8_t text[2 * MAX]; /* kind, payload, end mark of each message or signal */
	size_t n, messages;
	int broken;
};

static void note(struct said *s, const void *p, size_t n)
{
	must(s->n + n <= sizeof s->text);
	if (n)
		memcpy(s->text + s->n, p, n);
	s->n += n;
}

static void all(struct said *s, const uint8_t *d, size_t n, size_t piece)
{
	uint8_t buf[MAX];
	struct bt_ws_reader r = { 0 };
	size_t from = 0, to = 0;

	memcpy(buf, d, n);
	while (!s->broken) {
		struct bt_str out;
		struct bt_err e = { 0 };
		size_t used;
		int step = bt_ws_read(&r, buf + from, to - from, &used, &out, &e);

		must(used <= to - from && out.n <= MAX);
		from += used;
		s->broken = step < 0;
		if (step == BT_WS_MORE) {
			must(used == 0 || from == to || out.n == 0);
			if (to == n)
				return;
			to = n - to < piece ? n : to + piece;
		} else if (step == BT_WS_SIGNAL) {
			must(r.frame.op >= BT_WS_CLOSE && out.n <= BT_WS_CONTROL);
			(void)bt_ws_close_ok(out);
			note(s, out.p, out.n);
			note(s, "S", 1);
		} else if (step == BT_WS_DATA) {
			must(out.p >= (char *)buf && out.p + out.n <= (char *)buf + to);
			note(s, out.p, out.n);
		} else if (step == BT_WS_MESSAGE) {
			must(r.kind == BT_WS_TEXT || r.kind == BT_WS_BINARY);
			note(s, "M", 1);
			s->messages++;
		}
	}
}

/* The input as a payload: written as a frame, read back, tracked. */
static void again(const uint8_t *d, size_t n)
{
	static const uint8_t key[4] = { 0xde, 0xad, 0, 0x01 };
	uint8_t raw[MAX + BT_WS_HEAD];
	struct bt_ws_track t = { .nhead = 0 };
	struct bt_ws_frame f;
	struct bt_err e = { 0 };
	size_t head = bt_ws_head(raw, BT_WS_BINARY, n, key);

	memcpy(raw + head, d, n);
	bt_ws_mask(raw + head, n, key, 0);
	must(bt_ws_frame(&f, raw, head + n, &e) == 1 && f.head == head && f.length == n);
	bt_ws_mask(raw + head, n / 3, f.mask, 0);
	bt_ws_mask(raw + head + n / 3, n - n / 3, f.mask, n / 3);
	must(memcmp(raw + head, d, n) == 0);
	must(bt_ws_track(&t, raw, 1, false) == 1);
	must(bt_ws_track(&t, raw + 1, head + n - 1, true) == head + n - 1 && bt_ws_between(&t));
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static struct said whole, cut;
	struct bt_ws_track t = { .nhead = 0 };
	size_t at = 0;

	if (n > MAX)
		return 0;
	whole.n = whole.messages = cut.n = cut.messages = 0;
	whole.broken = cut.broken = 0;
	all(&whole, d, n, n);
	all(&cut, d, n, 1);
	must(whole.broken == cut.broken && whole.messages == cut.messages);
	must(whole.n == cut.n && memcmp(whole.text, cut.text, whole.n) == 0);
	again(d, n);
	while (at < n && !t.lost) {
		size_t step = bt_ws_track(&t, d + at, 1, false);

		step += bt_ws_track(&t, d + at + step, n - at - step, true);
		must(step > 0 && step <= n - at);
		at += step;
	}
	return 0;
}
