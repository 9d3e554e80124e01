/* normal.c - the quick look, and the normal form by utf8proc. */
#include "normal.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "bottle/mem.h"
#include "decode.h"

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

/* Scripts that no look-alike and no compatibility form comes from: kana, ideographs, Hangul, emoji,
 * and all behind the second plane but for its compatibility ideographs and the tags. */
static bool stays(int32_t cp)
{
	if (cp >= 0x20000)
		return !(cp >= 0x2f800 && cp <= 0x2fa1f) && !(cp >= 0xe0000 && cp <= 0xe0fff);
	return (cp >= 0x3041 && cp <= 0x3096) || (cp >= 0x30a1 && cp <= 0x30fa) ||
	       (cp >= 0x3400 && cp <= 0x9fff) || (cp >= 0xac00 && cp <= 0xd7a3) ||
	       (cp >= 0x1f300 && cp <= 0x1faff);
}

/* What code points fold to, 256 of them at a time and when the first of them comes along: who
 * chooses the text cannot choose it so that each is looked up anew. */
struct folded {
	uint8_t n, bytes[7]; /* n = LONG: does not fit */
};
#define LONG 255
#define PAGES (0x20000 / 256)

static struct folded *new_page(int32_t first)
{
	struct folded *page = bt_calloc(256, sizeof *page);
	uint8_t bytes[4 * ONE_CP];

	for (int32_t i = 0; i < 256; i++) {
		int32_t cp = first + i;
		bool none = invisible(cp) || (cp >= 0xd800 && cp <= 0xdfff);
		size_t n = none ? 0 : put_folded(bytes, cp);

		page[i].n = n > sizeof page[i].bytes ? LONG : (uint8_t)n;
		if (page[i].n != LONG)
			memcpy(page[i].bytes, bytes, n);
	}
	return page;
}

/* Writes up to 4 * ONE_CP bytes, of which as many count as it returns. */
static size_t fold(uint8_t *out, int32_t cp)
{
	static _Thread_local struct folded *pages[PAGES];

	if (cp >= PAGES * 256)
		return invisible(cp) ? 0 : put_folded(out, cp);
	if (!pages[cp >> 8])
		pages[cp >> 8] = new_page(cp & ~255);
	const struct folded *one = &pages[cp >> 8][cp & 255];

	if (one->n == LONG)
		return put_folded(out, cp);
	memcpy(out, one->bytes, sizeof one->bytes);
	return one->n;
}

/* The code point at p, a byte above 127, and its length; 0: none. */
static size_t code_point(const char *p, size_t n, int32_t *cp)
{
	const uint8_t *u = (const uint8_t *)p;

	if (u[0] >= 0xc2 && u[0] < 0xe0 && n >= 2 && (u[1] & 0xc0) == 0x80) {
		*cp = (u[0] & 31) << 6 | (u[1] & 63);
		return 2;
	}
	size_t used = bt_utf8_len(p, n);

	if (used == 3)
		*cp = (u[0] & 15) << 12 | (u[1] & 63) << 6 | (u[2] & 63);
	if (used == 4)
		*cp = (u[0] & 7) << 18 | (u[1] & 63) << 12 | (u[2] & 63) << 6 | (u[3] & 63);
	return used;
}

/* What the character at p, a byte above 127, folds to; *used: its bytes. Bytes that are none: to
 * nothing. */
static size_t one(uint8_t *out, const char *p, size_t n, size_t *used)
{
	int32_t cp = 0;

	*used = code_point(p, n, &cp);
	if (*used == 0) {
		*used = 1;
		return 0;
	}
	if (!stays(cp))
		return fold(out, cp);
	memcpy(out, p, *used);
	return *used;
}

/* How many bytes in a row from i on are ASCII. */
static size_t ascii(struct bt_str s, size_t i)
{
	size_t from = i;
	uint64_t eight;

	for (; i + 8 <= s.n; i += 8) {
		memcpy(&eight, s.p + i, 8);
		if (eight & 0x8080808080808080u)
			break;
	}
	while (i < s.n && (uint8_t)s.p[i] < 0x80)
		i++;
	return i - from;
}

#define CHUNK 1024 /* bytes looked at for one reservation */

int bt_fold(struct bt_buf *out, struct bt_str in, struct bt_err *e)
{
	for (size_t i = 0; i < in.n;) {
		size_t n = ascii(in, i), used;

		if (bt_buf_add(out, in.p + i, n, e) < 0)
			return -1;
		i += n;
		if (i == in.n)
			break;
		/* Short runs of ASCII between are taken along. */
		size_t to = in.n - i < CHUNK ? in.n : i + CHUNK, len = 0;
		uint8_t *at = bt_buf_reserve(out, CHUNK + 8 * ONE_CP, e);

		for (; at && i < to && len < CHUNK; i += used) {
			used = 1;
			if ((uint8_t)in.p[i] < 0x80)
				at[len++] = (uint8_t)in.p[i];
			else
				len += one(at + len, in.p + i, in.n - i, &used);
		}
		if (!at)
			return -1;
		bt_buf_commit(out, len);
	}
	return 0;
}

#define AROUND 512 /* the longest credential that is no token, and a seed phrase, twice */

/* The next character from i on that folding changes. */
static size_t next_changed(struct bt_str in, size_t i)
{
	uint8_t bytes[4 * ONE_CP];
	size_t used;

	for (; i < in.n; i += used) {
		i += ascii(in, i);
		if (i == in.n)
			break;
		size_t n = one(bytes, in.p + i, in.n - i, &used);

		if (n != used || memcmp(bytes, in.p + i, n) != 0)
			break;
	}
	return i < in.n ? i : in.n;
}

/* Behind the character at i. */
static size_t behind(struct bt_str in, size_t i)
{
	for (i++; i < in.n && ((uint8_t)in.p[i] & 0xc0) == 0x80;)
		i++;
	return i;
}

/* The last one in [from, to), or one of its bytes; to: none. */
static size_t last_changed(struct bt_str in, size_t from, size_t to)
{
	uint8_t bytes[4 * ONE_CP];

	for (size_t i = to; i > from;) {
		uint64_t eight = 0;

		if (i - from >= 8)
			memcpy(&eight, in.p + i - 8, 8);
		if (i - from >= 8 && !(eight & 0x8080808080808080u)) {
			i -= 8;
			continue;
		}
		size_t at = --i, used;

		if ((uint8_t)in.p[i] < 0x80)
			continue;
		while (at > from && i - at < 3 && ((uint8_t)in.p[at] & 0xc0) == 0x80)
			at--;
		if ((uint8_t)in.p[at] < 0x80)
			return i;
		size_t n = one(bytes, in.p + at, in.n - at, &used);

		if (at + used <= i || n != used || memcmp(bytes, in.p + at, n) != 0)
			return i;
		i = at;
	}
	return to;
}

/* A token is decoded from its first character, base64 in lines from its first line, and a row of
 * hexadecimal pairs from its first pair. */
static bool goes_on(struct bt_str in, size_t i)
{
	uint8_t c = (uint8_t)in.p[i];

	if (bt_is_inner(c) || c >= 0x80 || c == '\n' || c == '\r')
		return true;
	if ((c != ' ' && c != ',' && c != ':') || i < 2)
		return false;
	return in.p[i - 1] == ',' ||
	       (bt_is_hex((uint8_t)in.p[i - 1]) && bt_is_hex((uint8_t)in.p[i - 2]));
}

int bt_fold_around(struct bt_buf *out, struct bt_str in, struct bt_err *e)
{
	size_t done = 0, i = next_changed(in, 0);

	while (i < in.n) {
		size_t from = i > AROUND ? i - AROUND : 0, last = i, to;

		/* One stretch, as long as one is near to another. */
		do {
			i = last;
			to = in.n - i > AROUND ? i + AROUND : in.n;
			last = last_changed(in, behind(in, i), to);
		} while (last < to);
		i = next_changed(in, to);
		while (from > done && goes_on(in, from - 1))
			from--;
		while (to < in.n && goes_on(in, to))
			to++;
		if (from > done && bt_buf_add(out, "|", 1, e) < 0)
			return -1;
		from = from > done ? from : done;
		done = to > done ? to : done;
		if (from < to && bt_fold(out, (struct bt_str){ in.p + from, to - from }, e) < 0)
			return -1;
	}
	return 0;
}
