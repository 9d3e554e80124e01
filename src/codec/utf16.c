/* utf16.c - UTF-16, and UTF-32, inside of bytes: found by its zero bytes, wherever it begins, and
 * written as UTF-8. */
#include <string.h>

#include "bottle/mem.h"
#include "decode.h"
#include "normal.h"
#include "scanner.h"

#define NEAR 8u              /* bytes of which one is zero */
#define MARGIN (NEAR - 2)    /* what may stand before the first and behind the last of them */
#define LEAST BT_TELLING_ANY /* characters of ASCII */

/* From the first zero byte to behind the last. */
struct stretch {
	size_t from, to;
	size_t zero[2]; /* how many are at even and at odd places */
};

static bool next_stretch(struct stretch *s, struct bt_str in, size_t i)
{
	const char *zero = i < in.n ? memchr(in.p + i, 0, in.n - i) : NULL;
	size_t last;

	if (!zero)
		return false;
	last = (size_t)(zero - in.p);
	*s = (struct stretch){ .from = last };
	s->zero[last & 1] = 1;
	for (i = last + 1; i < in.n && i - last <= NEAR; i++) {
		if (in.p[i])
			continue;
		s->zero[i & 1]++;
		last = i;
	}
	s->to = last + 1;
	return true;
}

size_t bt_utf8_put(uint8_t *out, uint32_t cp)
{
	if (cp < 0x80) {
		*out = (uint8_t)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (uint8_t)(0xc0 | cp >> 6);
		out[1] = (uint8_t)(0x80 | (cp & 63));
		return 2;
	}
	size_t n = cp < 0x10000 ? 3 : 4;

	out[0] = (uint8_t)(n == 3 ? 0xe0 | cp >> 12 : 0xf0 | cp >> 18);
	for (size_t i = 1; i < n; i++)
		out[i] = (uint8_t)(0x80 | (cp >> (6 * (n - 1 - i)) & 63));
	return n;
}

static uint32_t unit(struct bt_str in, size_t i, bool big)
{
	uint32_t a = (uint8_t)in.p[i], b = (uint8_t)in.p[i + 1];

	return big ? a << 8 | b : b << 8 | a;
}

/* Left out are halves of a pair that stand alone, and what has no likeness to a letter: kana and
 * ideographs, which two characters of eight bits make when they are read as one. */
static bool counts(uint32_t cp)
{
	return cp && !(cp >= 0x2500 && cp < 0xa000) && !(cp >= 0xd800 && cp < 0xe000);
}

/* At most three bytes for two. *octets: characters up to 255 stand for bytes, as where UTF-8 was
 * taken for Latin-1; or, when there are any above 127, whether they could. */
static size_t undo(uint8_t *out, struct bt_str in, bool big, bool *octets)
{
	const uint32_t one = *octets ? 0x100 : 0x80;
	size_t n = 0;

	*octets = false;
	for (size_t i = 0; i + 1 < in.n; i += 2) {
		uint32_t cp = unit(in, i, big);

		if (cp >= 0xd800 && cp < 0xdc00 && i + 3 < in.n) {
			uint32_t low = unit(in, i + 2, big);

			if (low >= 0xdc00 && low < 0xe000) {
				cp = 0x10000 + ((cp & 1023) << 10 | (low & 1023));
				i += 2;
			}
		}
		*octets |= cp >= 0x80 && cp < 0x100;
		if (cp && cp < one)
			out[n++] = (uint8_t)cp;
		else if (counts(cp))
			n += bt_utf8_put(out + n, cp);
	}
	return n;
}

static bool seen(const uint8_t *p, size_t n)
{
	size_t some = 0;

	for (size_t i = 0; i < n && some < LEAST; i++)
		some += p[i] >= 0x20;
	return some == LEAST;
}

/* in: a stretch and what is around it. */
static int read_as(struct bt_buf *out, struct bt_str in, bool big, struct bt_err *e)
{
	bool octets = false;

	do {
		uint8_t *at = bt_buf_reserve(out, in.n / 2 * 3 + 1, e);
		bool before = octets;
		size_t n;

		if (!at)
			return -1;
		n = undo(at, in, big, &octets);
		octets = octets && !before;
		if (!seen(at, n))
			continue;
		at[n] = 0;
		bt_buf_commit(out, n + 1);
	} while (octets);
	return 0;
}

/* Zero bytes at one sort of places are the second ones of characters, or the first ones. Where the
 * stretch is all there is, even ones are the first ones; in the middle of something both may be. */
static int readings(struct bt_buf *out, struct bt_str in, const struct stretch *s, struct bt_err *e)
{
	size_t high = s->zero[1] >= s->zero[0];
	size_t from = s->from > MARGIN ? s->from - MARGIN : 0;
	size_t to = in.n - s->to > MARGIN ? s->to + MARGIN : in.n;
	bool inside = s->from > 1;

	if (s->zero[high] < LEAST)
		return 0;
	for (size_t first = 0; first < 2; first++) {
		size_t at = from + ((from ^ first) & 1);
		struct bt_str all = { in.p + at, to - at };

		if ((inside || first == 0) && read_as(out, all, high == first, e) < 0)
			return -1;
	}
	return 0;
}

int bt_from_utf16(struct bt_buf *out, struct bt_str in, struct bt_err *e)
{
	struct stretch s = { 0 };

	while (next_stretch(&s, in, s.to))
		if (readings(out, in, &s, e) < 0)
			return -1;
	return 0;
}

/* What stands alone between zero bytes is a string by itself, but in a text with zero bytes here
 * and there each is one more control character: as such it is taken out where that matters. */
int bt_decode_keep(struct bt_buf *out, size_t n, struct bt_err *e)
{
	uint8_t *at = out->p + out->len;

	if (!memchr(at, 0, n)) {
		bt_buf_commit(out, n);
		return bt_buf_add(out, "", 1, e);
	}
	BT_OWN_WIPED wide = BT_BUF(8 * n + 64);
	int rc = bt_from_utf16(&wide, (struct bt_str){ (char *)at, n }, e);

	for (size_t i = 0; i < n; i++)
		at[i] = at[i] ? at[i] : 1;
	bt_buf_commit(out, n);
	rc = rc < 0 ? rc : bt_buf_add(out, "", 1, e);
	return rc < 0 ? rc : bt_buf_add(out, wide.p, wide.len, e);
}
