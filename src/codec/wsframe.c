/* wsframe.c - WebSocket frames, by the letter of RFC 6455 §5. */
#include "bottle/wsframe.h"

#include <string.h>

#define FIN 0x80u
#define RESERVED 0x70u
#define OPCODE 0x0fu
#define MASKED 0x80u
#define LENGTH 0x7fu
#define LENGTH16 126
#define LENGTH64 127

static bool is_control(unsigned op)
{
	return op >= BT_WS_CLOSE;
}

static uint64_t number(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

/* The length in its shortest form; wide: bytes that hold it. */
static int length(struct bt_ws_frame *f, const uint8_t *p, size_t wide, struct bt_err *e)
{
	f->length = wide ? number(p + 2, wide) : p[1] & LENGTH;
	if ((wide == 2 && f->length < LENGTH16) || (wide == 8 && f->length <= UINT16_MAX))
		return bt_fail(e, BT_PROTO, "length is not in its shortest form");
	if (f->length >> 63)
		return bt_fail(e, BT_PROTO, "length is over 63 bits");
	return 0;
}

int bt_ws_frame(struct bt_ws_frame *f, const uint8_t *p, size_t n, struct bt_err *e)
{
	size_t wide;

	if (n < 2)
		return 0;
	*f = (struct bt_ws_frame){ .fin = (p[0] & FIN) != 0,
		                   .op = p[0] & OPCODE,
		                   .masked = (p[1] & MASKED) != 0 };
	if (p[0] & RESERVED)
		return bt_fail(e, BT_PROTO, "reserved bit set");
	if ((f->op > BT_WS_BINARY && f->op < BT_WS_CLOSE) || f->op > BT_WS_PONG)
		return bt_fail(e, BT_PROTO, "unknown opcode %u", f->op);
	if (is_control(f->op) && (!f->fin || (p[1] & LENGTH) > BT_WS_CONTROL))
		return bt_fail(e, BT_PROTO, "control frame in parts or over %d bytes",
		               BT_WS_CONTROL);
	wide = (p[1] & LENGTH) == LENGTH16 ? 2 : (p[1] & LENGTH) == LENGTH64 ? 8 : 0;
	f->head = 2 + wide + (f->masked ? 4 : 0);
	if (n < f->head)
		return 0;
	if (length(f, p, wide, e) < 0)
		return -1;
	if (f->masked)
		memcpy(f->mask, p + 2 + wide, 4);
	return 1;
}

size_t bt_ws_head(uint8_t out[BT_WS_HEAD], unsigned op, uint64_t length, const uint8_t *mask)
{
	size_t wide = length < LENGTH16 ? 0 : length <= UINT16_MAX ? 2 : 8, n = 2 + wide;

	out[0] = (uint8_t)(FIN | op);
	out[1] = (uint8_t)(wide == 0 ? length : wide == 2 ? LENGTH16 : LENGTH64);
	for (size_t i = 0; i < wide; i++)
		out[n - 1 - i] = (uint8_t)(length >> (8 * i));
	if (!mask)
		return n;
	out[1] |= MASKED;
	memcpy(out + n, mask, 4);
	return n + 4;
}

void bt_ws_mask(uint8_t *p, size_t n, const uint8_t mask[4], uint64_t at)
{
	uint8_t turned[8];
	uint64_t key, word;

	for (size_t i = 0; i < sizeof turned; i++)
		turned[i] = mask[(at + i) & 3];
	memcpy(&key, turned, sizeof key);
	for (; n >= sizeof word; n -= sizeof word, p += sizeof word) {
		memcpy(&word, p, sizeof word);
		word ^= key;
		memcpy(p, &word, sizeof word);
	}
	for (size_t i = 0; i < n; i++)
		p[i] ^= turned[i];
}

/* A frame begins: does it fit to what went before? */
static int begin(struct bt_ws_reader *r, struct bt_err *e)
{
	const struct bt_ws_frame *f = &r->frame;

	if (!f->masked)
		return bt_fail(e, BT_PROTO, "client frame is not masked");
	if (!is_control(f->op)) {
		if (r->open != (f->op == BT_WS_CONTINUED))
			return bt_fail(e, BT_PROTO,
			               r->open ? "new message inside of another"
			                       : "continuation of no message");
		if (!r->open)
			r->kind = f->op;
		r->open = true;
	}
	r->in_frame = true;
	r->at = 0;
	return 0;
}

/* Payload of the frame in hand. */
static enum bt_ws_step payload(struct bt_ws_reader *r, uint8_t *p, size_t n, struct bt_str *out)
{
	const struct bt_ws_frame *f = &r->frame;
	bool control = is_control(f->op);

	bt_ws_mask(p, n, f->mask, r->at);
	if (control && n)
		memcpy(r->control + r->at, p, n);
	r->at += n;
	r->in_frame = r->at < f->length;
	if (!r->in_frame && !control)
		r->whole = f->fin;
	if (control && !r->in_frame) {
		*out = (struct bt_str){ (const char *)r->control, (size_t)f->length };
		return BT_WS_SIGNAL;
	}
	*out = (struct bt_str){ (const char *)p, control ? 0 : n };
	return out->n ? BT_WS_DATA : BT_WS_MORE;
}

int bt_ws_read(struct bt_ws_reader *r, uint8_t *p, size_t n, size_t *used, struct bt_str *out,
               struct bt_err *e)
{
	static uint8_t nothing;

	*used = 0;
	*out = (struct bt_str){ NULL, 0 };
	if (!p) /* nothing came yet: there is no pointer to add to */
		p = &nothing;
	for (;;) {
		int step;
		size_t k;

		if (r->whole) {
			r->whole = r->open = false;
			return BT_WS_MESSAGE;
		}
		if (!r->in_frame) {
			step = bt_ws_frame(&r->frame, p + *used, n - *used, e);
			if (step == 0)
				return BT_WS_MORE;
			if (step < 0 || begin(r, e) < 0)
				return -1;
			*used += r->frame.head;
		}
		k = n - *used;
		if (k > r->frame.length - r->at)
			k = (size_t)(r->frame.length - r->at);
		if (k == 0 && r->frame.length > r->at)
			return BT_WS_MORE;
		step = (int)payload(r, p + *used, k, out);
		*used += k;
		if (step != BT_WS_MORE)
			return step;
	}
}

bool bt_ws_close_ok(struct bt_str s)
{
	uint64_t code = s.n >= 2 ? number((const uint8_t *)s.p, 2) : 1000;

	if (s.n == 1)
		return false;
	if (code < 1000 || (code > 1003 && code < 1007) || (code > 1014 && code < 3000) ||
	    code > 4999)
		return false;
	for (size_t at = 2; at < s.n;) {
		size_t k = bt_utf8_len(s.p + at, s.n - at);

		if (k == 0)
			return false;
		at += k;
	}
	return true;
}

/* One byte of a head; when it is whole, what its payload is. */
static void track_head(struct bt_ws_track *t, uint8_t byte)
{
	struct bt_ws_frame f;
	struct bt_err ignored = { 0 };
	int whole;

	t->head[t->nhead++] = byte;
	whole = bt_ws_frame(&f, t->head, t->nhead, &ignored);
	t->lost = whole < 0;
	if (whole != 1)
		return;
	t->left = f.length;
	t->nhead = 0;
}

size_t bt_ws_track(struct bt_ws_track *t, const uint8_t *p, size_t n, bool stop)
{
	size_t at = 0;

	if (stop && bt_ws_between(t))
		return 0;
	while (at < n && !t->lost) {
		if (t->left) {
			size_t k = n - at < t->left ? n - at : (size_t)t->left;

			t->left -= k;
			at += k;
		} else {
			track_head(t, p[at++]);
		}
		if (stop && bt_ws_between(t))
			return at;
	}
	return n;
}

bool bt_ws_between(const struct bt_ws_track *t)
{
	return !t->lost && t->left == 0 && t->nhead == 0;
}
