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

/* What some byte of a string is not, that is a candidate so far; bits, where they are fast. */
struct kind {
	unsigned no_part, no_letter, no_digit, high;
};

static void see(struct kind *k, const char *p, size_t n)
{
	uint8_t all = PART | LETTER | DIGIT | LOW;

	for (size_t i = 0; i < n; i++)
		all &= kinds[(uint8_t)p[i]];
	k->no_part |= !(all & PART);
	k->no_letter |= !(all & LETTER);
	k->no_digit |= !(all & DIGIT);
	k->high |= !(all & LOW);
}

#ifdef __SSE2__
#include <emmintrin.h>

static inline __m128i between(__m128i v, char from, char to)
{
	__m128i x = _mm_sub_epi8(v, _mm_set1_epi8(from));

	return _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8((char)(to - from))), x);
}

static inline unsigned bits(__m128i v)
{
	return (unsigned)_mm_movemask_epi8(v);
}

/* The same of those of sixteen bytes that all has the bits of. */
static inline void see_sixteen(struct kind *k, __m128i v, unsigned all)
{
	__m128i letter = between(_mm_or_si128(v, _mm_set1_epi8(32)), 'a', 'z');
	__m128i digit = between(v, '0', '9');

	k->no_letter |= all & ~bits(letter);
	k->no_digit |= all & ~bits(digit);
	k->high |= all & bits(v);

	unsigned rest = all & ~bits(_mm_or_si128(v, _mm_or_si128(letter, digit)));

	if (!rest)
		return;
	__m128i sign =
	        _mm_andnot_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(',')), between(v, '+', '/'));

	sign = _mm_or_si128(sign, _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
	sign = _mm_or_si128(sign, _mm_cmpeq_epi8(v, _mm_set1_epi8('=')));
	k->no_part |= rest & ~bits(sign);
}

/* As many bytes as there are before the NUL, or before it is clear that this is no candidate. */
static inline size_t fast_bytes(struct kind *k, struct bt_str s)
{
	size_t n = 0;

	for (; s.n - n >= 16 && n <= LONGEST && !k->no_part; n += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + n));
		unsigned zero = bits(_mm_cmpeq_epi8(v, _mm_setzero_si128()));

		/* The bits below the lowest that is set; all where none is. */
		see_sixteen(k, v, (zero - 1) & ~zero & 0xffff);
		if (zero)
			return n + (unsigned)__builtin_ctz(zero);
	}
	return n;
}
#else
static size_t fast_bytes(struct kind *k, struct bt_str s)
{
	(void)k, (void)s;
	return 0;
}
#endif

/* The string in front of the NUL, cut off. Could it be a part of a credential: no words of prose,
 * no plain number. */
static inline bool next_candidate(struct bt_str *strings, struct bt_str *one, bool *low)
{
	struct kind k = { 0 };
	size_t n = fast_bytes(&k, *strings);

	if (n == strings->n || strings->p[n]) {
		const char *end = memchr(strings->p + n, 0, strings->n - n);
		size_t from = n;

		n = end ? (size_t)(end - strings->p) : strings->n;
		if (n <= LONGEST && !k.no_part)
			see(&k, strings->p + from, n - from);
	}
	*one = (struct bt_str){ strings->p, n };
	*low = !k.high;
	n += n < strings->n;
	*strings = (struct bt_str){ strings->p + n, strings->n - n };
	if (k.no_part || one->n == 0 || one->n > LONGEST)
		return false;
	return k.no_digit && (k.no_letter || one->n <= WORD || one->n > 15);
}

/* Strings that come again and again (keys, roles) take part once. */
#define SEEN 256

/* left: what is behind the string in the same text. */
static inline bool repeated(struct bt_str seen[SEEN], struct bt_str s, struct bt_str left)
{
	uint64_t h = 0;

	if (s.n >= 8 || left.n >= 8)
		memcpy(&h, s.p, 8);
	else
		memcpy(&h, s.p, s.n);
	if (s.n < 8)
		h &= ((uint64_t)1 << 8 * s.n) - 1;
	h = (h ^ s.n << 56 ^ (uint64_t)(uint8_t)s.p[s.n - 1] << 48) * 0x9e3779b97f4a7c15u;
	struct bt_str *slot = &seen[h >> 56];

	if (slot->p && slot->n == s.n && memcmp(slot->p, s.p, s.n) == 0)
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
		if (!next_candidate(&strings, &one, &is_low) || repeated(seen, one, strings))
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

/* The values one after another, without what a reader does not see. */
static int fold_values(struct bt_buf *out, struct bt_str *values, struct bt_err *e)
{
	if (!bt_has_high(*values))
		return 0;
	if (bt_fold(out, *values, e) < 0)
		return -1;
	*values = bt_buf_str(out);
	return 0;
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
	if (join_sorted(sorted, pieces, strings, e) < 0 || fold_values(joined, &values, e) < 0 ||
	    bt_scan_raw(s, k, values, BT_FORM_JOINED, f, e) < 0)
		return -1;
	return bt_scan_raw(s, k, bt_buf_str(sorted), BT_FORM_JOINED, f, e);
}
