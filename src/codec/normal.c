/* normal.c - the quick look, and the normal form by utf8proc. */
#include "normal.h"

#include <string.h>
#include <utf8proc.h>

enum { K_CONTROL = 1, K_HIGH = 2, K_TOKEN = 4, K_HEX = 8, K_WORD = 16 };

static unsigned char kinds[256];

__attribute__((constructor)) static void fill_kinds(void)
{
	for (int c = 0; c < 256; c++) {
		bool digit = c >= '0' && c <= '9';
		bool letter = (c | 32) >= 'a' && (c | 32) <= 'z' && c < 128;

		kinds[c] = ((c > 0 && c < 32) || c == 127 ? K_CONTROL : 0) |
		           (c >= 128 ? K_HIGH : 0) | (digit || letter ? K_WORD | K_TOKEN : 0) |
		           (digit || (letter && (c | 32) <= 'f') ? K_HEX : 0) |
		           (c == '+' || c == '/' || c == '_' || c == '-' ? K_TOKEN : 0);
	}
}

static unsigned kind(struct bt_str s, size_t i)
{
	return i < s.n ? kinds[(uint8_t)s.p[i]] : 0;
}

/* What one byte that is no letter or digit can mean, by what stands around it. */
static void look_at(struct bt_look *l, struct bt_str s, size_t i)
{
	bool hex_after = kind(s, i + 1) & kind(s, i + 2) & K_HEX;

	switch (s.p[i]) {
	case 0:
		l->nul = true;
		break;
	case ' ':
		l->space = true;
		break;
	case '+':
		l->plus = true;
		break;
	case '%':
		l->percent = l->percent || hex_after;
		break;
	case '.':
		l->dots = l->dots || (i > 0 && kind(s, i - 1) & kind(s, i + 1) & K_WORD);
		break;
	case '\\':
		l->escape = l->escape || (i + 3 < s.n && (s.p[i + 1] == 'u' || s.p[i + 1] == 'x') &&
		                          (kind(s, i + 2) & kind(s, i + 3) & K_HEX));
		break;
	default:
		break;
	}
	if (l->pairs || i < 2 || !hex_after || !(kind(s, i - 1) & kind(s, i - 2) & K_HEX))
		return;
	l->pairs = !(kind(s, i + 3) & K_WORD) && (i == 2 || !(kind(s, i - 3) & K_WORD));
}

struct bt_look bt_look(struct bt_str s)
{
	struct bt_look l = { 0 };
	unsigned seen = 0;
	size_t run = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned k = kinds[(uint8_t)s.p[i]];

		seen |= k;
		run = k & K_TOKEN ? run + 1 : 0;
		if (run >= 10)
			l.token = true;
		if (!(k & K_WORD))
			look_at(&l, s, i);
		else if (!l.pairs && (s.p[i] == 'x' || s.p[i] == 'X') && i >= 1)
			l.pairs = (s.p[i - 1] == '\\' || s.p[i - 1] == '0') &&
			          (kind(s, i + 1) & kind(s, i + 2) & K_HEX) &&
			          !(kind(s, i + 3) & K_HEX);
	}
	l.control = seen & K_CONTROL;
	l.high = seen & K_HIGH;
	return l;
}

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

int bt_normalise(struct bt_buf *out, struct bt_str in, struct bt_err *e)
{
	size_t i = 0;

	while (i < in.n) {
		uint8_t *at = bt_buf_reserve(out, 4 * ONE_CP + 256, e);
		size_t n = 0;
		int32_t cp = -1;

		if (!at)
			return -1;
		/* Runs of ASCII as they are: most text is that. */
		while (n < 256 && i < in.n && (uint8_t)in.p[i] < 0x80) {
			at[n] = (uint8_t)in.p[i++];
			n += at[n] != 0 && !(kinds[at[n]] & K_CONTROL);
		}
		if (n < 256 && i < in.n) {
			utf8proc_ssize_t used = utf8proc_iterate((const uint8_t *)in.p + i,
			                                         (utf8proc_ssize_t)(in.n - i), &cp);

			i += used > 0 ? (size_t)used : 1;
			n += used > 0 && !invisible(cp) ? put_folded(at + n, cp) : 0;
		}
		bt_buf_commit(out, n);
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
