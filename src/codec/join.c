/* join.c - a secret in two strings of one document. */
#include <string.h>

#include "decode.h"
#include "docs.h"
#include "normal.h"
#include "scanner.h"
#include "strsort.h"

#define LONGEST 512 /* half a credential */
#define WORD 6      /* the longest head of a prefix that is all letters: "github", "sntrys" */

/* Of the bytes of a string: what each is, and what all are. */
enum { PART = 1, LETTER = 2, DIGIT = 4, LOW = 8 };
static uint8_t kinds[256];

__attribute__((constructor)) static void fill_kinds(void)
{
	for (int c = 1; c < 256; c++) {
		bool letter = (c | 32) >= 'a' && (c | 32) <= 'z', digit = c >= '0' && c <= '9';

		kinds[c] = (uint8_t)((letter && c < 128 ? LETTER : 0) | (digit ? DIGIT : 0) |
		                     (c < 128 ? LOW : 0));
		if (bt_is_token((uint8_t)c) || c >= 128 || c == '.' || c == '=')
			kinds[c] |= PART;
	}
}

/* The string in front of the NUL, cut off. Could it be a part of a credential: no words of prose,
 * no plain number. */
static bool next_candidate(struct bt_str *strings, struct bt_str *one, bool *low)
{
	uint8_t all = PART | LETTER | DIGIT | LOW;
	size_t n = 0;

	while (n < strings->n && strings->p[n] && all & PART)
		all &= kinds[(uint8_t)strings->p[n++]];
	if (n < strings->n && strings->p[n]) {
		(void)bt_str_cut(strings, 0, one);
		return false;
	}
	*one = (struct bt_str){ strings->p, n };
	*low = all & LOW;
	n += n < strings->n;
	*strings = (struct bt_str){ strings->p + n, strings->n - n };
	if (!(all & PART) || one->n == 0 || one->n > LONGEST)
		return false;
	return !(all & DIGIT) && (!(all & LETTER) || one->n <= WORD || one->n > 15);
}

/* Strings that come again and again (keys, roles) take part once. */
#define SEEN 256

static bool repeated(struct bt_str seen[SEEN], struct bt_str s)
{
	uint64_t h = s.n;

	for (size_t i = 0; i < s.n && i < 8; i++)
		h = h * 31 + (uint8_t)s.p[i];
	h = h * 31 + (uint8_t)s.p[s.n - 1];
	struct bt_str *slot = &seen[h % SEEN];

	if (bt_str_eq(*slot, s))
		return true;
	*slot = s;
	return false;
}

/* Room for as many pieces more as there can be on the way. */
#define BATCH 256

/* The candidates go to pieces. *low: none has a byte that is no ASCII. */
static int candidates(struct bt_buf *pieces, struct bt_str strings, bool *low, struct bt_err *e)
{
	struct bt_str seen[SEEN] = { 0 }, one = { 0 };
	const char *text = strings.p;
	struct bt_piece *at = NULL;
	size_t room = 0;
	bool is_low = true;

	*low = true;
	while (strings.n) {
		if (!next_candidate(&strings, &one, &is_low) || repeated(seen, one))
			continue;
		if (room == 0) {
			room = BATCH;
			at = (struct bt_piece *)(void *)bt_buf_reserve(pieces, room * sizeof *at,
			                                               e);
		}
		if (!at)
			return -1;
		*low = *low && is_low;
		*at++ = (struct bt_piece){ (uint32_t)(one.p - text), (uint32_t)one.n, 0 };
		room--;
		bt_buf_commit(pieces, sizeof *at);
	}
	return 0;
}

static int join_sorted(struct bt_buf *out, struct bt_buf *pieces, struct bt_str strings,
                       struct bt_err *e)
{
	bool low;

	if (candidates(pieces, strings, &low, e) < 0)
		return -1;
	size_t n = pieces->len / sizeof(struct bt_piece), all = 0;

	if (n < 2)
		return 0;
	if (!bt_buf_reserve(pieces, pieces->len, e))
		return -1;
	struct bt_piece *at = (struct bt_piece *)(void *)pieces->p;

	bt_strsort(strings.p, at, at + n, n);
	for (size_t i = 0; i < n; i++)
		all += at[i].n;
	uint8_t *to = low ? bt_buf_reserve(out, all, e) : out->p;

	if (low && !to)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct bt_str one = { strings.p + at[i].at, at[i].n };

		if (!low && bt_fold(out, one, e) < 0)
			return -1;
		if (low)
			memcpy(to + out->len, one.p, one.n);
		out->len += low ? one.n : 0;
	}
	return 0;
}

#ifdef __SSE2__
#include <emmintrin.h>

/* Copies sixteen bytes of which none goes. */
static bool all_stay(uint8_t *to, const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(31)), v);

	if (_mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(v, _mm_set1_epi8(127)))))
		return false;
	_mm_storeu_si128((__m128i *)(void *)to, v);
	return true;
}
#else
static bool all_stay(uint8_t *to, const char *p)
{
	(void)to, (void)p;
	return false;
}
#endif

/* What is neither C0 nor DEL, to a place that may be its own; how many bytes are left. */
static size_t without_controls(uint8_t *to, struct bt_str s)
{
	size_t kept = 0, i = 0;

	while (i < s.n) {
		if (s.n - i >= 16 && all_stay(to + kept, s.p + i)) {
			kept += 16;
			i += 16;
			continue;
		}
		for (size_t end = s.n - i < 16 ? s.n : i + 16; i < end; i++) {
			uint8_t c = (uint8_t)s.p[i];

			to[kept] = c;
			kept += c >= 0x20 && c != 0x7f;
		}
	}
	return kept;
}

static bool has_high(struct bt_str s)
{
	uint64_t all = 0, eight;
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8) {
		memcpy(&eight, s.p + i, 8);
		all |= eight;
	}
	for (; i < s.n; i++)
		all |= (uint64_t)(uint8_t)s.p[i];
	return all & 0x8080808080808080u;
}

/* The values one after another, without what a reader does not see. */
static int join_neighbours(struct bt_buf *out, struct bt_str values, struct bt_err *e)
{
	if (values.n == 0)
		return 0;
	if (has_high(values)) {
		if (bt_fold(out, values, e) < 0)
			return -1;
		out->len = without_controls(out->p, bt_buf_str(out));
		return 0;
	}
	uint8_t *to = bt_buf_reserve(out, values.n, e);

	if (!to)
		return -1;
	out->len = without_controls(to, values);
	return 0;
}

#define EDGE 256 /* of a value: more of a credential is not in one half */

int bt_join_value(struct bt_buf *values, struct bt_str one, struct bt_err *e)
{
	if (one.n <= 2 * EDGE)
		return bt_buf_add(values, one.p, one.n, e);
	if (bt_buf_add(values, one.p, EDGE, e) < 0 || bt_buf_add(values, " ", 1, e) < 0)
		return -1;
	return bt_buf_add(values, one.p + one.n - EDGE, EDGE, e);
}

int bt_scan_strings(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str strings,
                    struct bt_str values, struct bt_findings *f, struct bt_err *e)
{
	BT_TAKEN sorted = bt_scan_take(&k->sorted);
	BT_TAKEN joined = bt_scan_take(&k->joined);
	BT_TAKEN pieces = bt_scan_take(&k->pieces);
	const char *first = strings.n ? memchr(strings.p, 0, strings.n) : NULL;

	if (bt_scan_document(s, k, strings, f, e) < 0)
		return -1;
	if (!first || first == strings.p + strings.n - 1)
		return 0;
	if (join_sorted(sorted, pieces, strings, e) < 0 || join_neighbours(joined, values, e) < 0 ||
	    bt_scan_raw(s, k, bt_buf_str(joined), BT_FORM_JOINED, f, e) < 0)
		return -1;
	return bt_scan_raw(s, k, bt_buf_str(sorted), BT_FORM_JOINED, f, e);
}
