/* normal.c - the quick look, and the normal form by utf8proc. */
#include "normal.h"

#include <string.h>
#include <utf8proc.h>

static bool invisible(int32_t cp)
{
	static const struct {
		int32_t low, high;
	} gone[] = {
		{ 0x0000, 0x001f },   { 0x007f, 0x009f },   { 0x00ad, 0x00ad },
		{ 0x034f, 0x034f },   { 0x061c, 0x061c },   { 0x115f, 0x1160 },
		{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },
		{ 0x2028, 0x202e },   { 0x2060, 0x206f },   { 0x2800, 0x2800 },
		{ 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		if (cp >= gone[i].low && cp <= gone[i].high)
			return true;
	return false;
}

/* At most 18 code points come of one (U+FDFA), each at most four bytes. */
#define ONE_CP 32

static size_t put_cp(uint8_t *out, int32_t cp)
{
	if (invisible(cp))
		return 0;
	char latin = cp >= 0x80 ? bt_confusable((uint32_t)cp) : 0;

	if (latin) {
		*out = (uint8_t)latin;
		return 1;
	}
	utf8proc_category_t cat = utf8proc_category(cp);

	if (cat == UTF8PROC_CATEGORY_MN || cat == UTF8PROC_CATEGORY_ME)
		return 0;
	if (cat == UTF8PROC_CATEGORY_ZS)
		cp = ' ';
	return (size_t)utf8proc_encode_char(cp, out);
}

/* NFKD without marks: NFKC composes only what would carry them. */
static size_t put_folded(uint8_t *out, int32_t cp)
{
	int32_t parts[ONE_CP];
	int boundary = 0;
	utf8proc_ssize_t n = utf8proc_decompose_char(
	        cp, parts, ONE_CP, UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, &boundary);
	size_t len = 0;

	for (utf8proc_ssize_t i = 0; i < n && i < ONE_CP; i++)
		len += put_cp(out + len, parts[i]);
	return len;
}

/* What code points fold to, remembered: a text has few different ones. */
struct folded {
	int32_t cp;
	uint8_t n, bytes[11];
};
#define REMEMBERED 1024

/* Scripts that no look-alike and no compatibility form comes from: kana, ideographs, Hangul, emoji.
 */
static bool stays(int32_t cp)
{
	return (cp >= 0x3041 && cp <= 0x3096) || (cp >= 0x30a1 && cp <= 0x30fa) ||
	       (cp >= 0x3400 && cp <= 0x9fff) || (cp >= 0xac00 && cp <= 0xd7a3) ||
	       (cp >= 0x1f300 && cp <= 0x1faff);
}

static size_t fold(uint8_t *out, int32_t cp)
{
	static _Thread_local struct folded memory[REMEMBERED];
	struct folded *m = &memory[(uint32_t)cp % REMEMBERED];

	if (m->cp != cp) {
		uint8_t bytes[4 * ONE_CP];
		size_t n = invisible(cp) ? 0 : put_folded(bytes, cp);

		if (n > sizeof m->bytes) {
			memcpy(out, bytes, n);
			return n;
		}
		m->cp = cp;
		m->n = (uint8_t)n;
		memcpy(m->bytes, bytes, n);
	}
	memcpy(out, m->bytes, sizeof m->bytes);
	return m->n;
}

/* The code point at in, its bytes consumed; 0: none, one byte consumed. */
static size_t one(uint8_t *out, struct bt_str *in)
{
	int32_t cp = -1;
	utf8proc_ssize_t used =
	        utf8proc_iterate((const uint8_t *)in->p, (utf8proc_ssize_t)in->n, &cp);
	size_t n = 0;

	if (used > 0 && stays(cp)) {
		n = (size_t)used;
		memcpy(out, in->p, n);
	} else if (used > 0) {
		n = fold(out, cp);
	}
	used = used > 0 ? used : 1;
	*in = (struct bt_str){ in->p + used, in->n - (size_t)used };
	return n;
}

static size_t ascii(struct bt_str s)
{
	size_t i = 0;
	uint64_t eight;

	for (; i + 8 <= s.n; i += 8) {
		memcpy(&eight, s.p + i, 8);
		if (eight & 0x8080808080808080u)
			break;
	}
	while (i < s.n && (uint8_t)s.p[i] < 0x80)
		i++;
	return i;
}

int bt_fold(struct bt_buf *out, struct bt_str in, struct bt_err *e)
{
	while (in.n) {
		size_t n = ascii(in);

		if (bt_buf_add(out, in.p, n, e) < 0)
			return -1;
		in = (struct bt_str){ in.p + n, in.n - n };
		while (in.n && (uint8_t)in.p[0] >= 0x80) {
			uint8_t *at = bt_buf_reserve(out, 4 * ONE_CP, e);

			if (!at)
				return -1;
			bt_buf_commit(out, one(at, &in));
		}
	}
	return 0;
}

/* The length of what a text can hold at i: a byte of ASCII or a sequence of UTF-8. 0: neither. */
static size_t text_at(struct bt_str in, size_t i)
{
	return (uint8_t)in.p[i] < 0x80 ? 1 : bt_utf8_len(in.p + i, in.n - i);
}

/* Bytes that are no text, of which random ones have two in five. */
static bool binary(struct bt_str in)
{
	size_t high = 0, bad = 0;

	for (size_t i = 0; i < in.n; i++)
		high += (uint8_t)in.p[i] >> 7;
	if (high < in.n / 8)
		return false;
	for (size_t i = 0, n; i < in.n; i += n ? n : 1) {
		n = text_at(in, i);
		bad += n == 0;
	}
	return bad >= in.n / 8;
}

#define STRETCH 8 /* characters of text that make a stretch; no pattern is shorter */
#define MARGIN 64 /* bytes kept before and behind it */

/* Appends [from, to) and what is around; done: what is there already. */
static int put_stretch(struct bt_buf *out, struct bt_str in, size_t from, size_t to, size_t *done,
                       struct bt_err *e)
{
	to = in.n - to > MARGIN ? to + MARGIN : in.n;
	from = from > MARGIN ? from - MARGIN : 0;
	if (from > *done && bt_buf_add(out, "|", 1, e) < 0)
		return -1;
	from = from > *done ? from : *done;
	if (from >= to)
		return 0;
	*done = to;
	return bt_buf_add(out, in.p + from, to - from, e);
}

int bt_condense(struct bt_buf *out, struct bt_str in, bool *is, struct bt_err *e)
{
	size_t done = 0;

	*is = in.n >= 512 && binary(in);
	for (size_t i = 0; *is && i < in.n; i++) {
		size_t from = i, seen = 0, n;

		for (; i < in.n && (n = text_at(in, i)) > 0; i += n)
			seen += n > 1 || ((uint8_t)in.p[i] >= 0x20 && in.p[i] != 0x7f);
		if (seen >= STRETCH && put_stretch(out, in, from, i, &done, e) < 0)
			return -1;
	}
	return 0;
}

int bt_from_utf16(struct bt_buf *out, struct bt_str in, bool *is, struct bt_err *e)
{
	size_t zero[2] = { 0, 0 };

	for (size_t i = 0; i < in.n; i++)
		zero[i & 1] += in.p[i] == 0;
	size_t high = zero[0] > zero[1] ? 0 : 1; /* where the zero bytes are: 0 big-endian */

	*is = in.n >= 16 && zero[high] * 4 >= in.n; /* at least half of the characters */
	if (!*is)
		return 0;
	uint8_t *at = bt_buf_reserve(out, in.n / 2 + 1, e);
	size_t n = 0;

	if (!at)
		return -1;
	for (size_t i = 0; i + 1 < in.n; i += 2)
		if (in.p[i + high] == 0)
			at[n++] = (uint8_t)in.p[i + 1 - high];
	bt_buf_commit(out, n);
	return 0;
}
