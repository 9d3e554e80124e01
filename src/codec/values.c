/* values.c - the values of a document: which of its strings are, and one after another both ends of
 * each, without what a reader does not see. */
#include <string.h>

#include "docs.h"

#define EDGE 256 /* of a value: more of a credential is not in one half */
#define SLACK BT_VALUE_ROOM

#ifdef __SSE2__
#include <emmintrin.h>

static unsigned controls(__m128i v)
{
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(31)), v);

	return (unsigned)_mm_movemask_epi8(
	        _mm_or_si128(low, _mm_cmpeq_epi8(v, _mm_set1_epi8(127))));
}

/* Copies what stays of s, and up to SLACK bytes more that do not count. */
static size_t copy(uint8_t *to, struct bt_str s)
{
	size_t kept = 0, i = 0;

	/* The branch that mostly is taken costs less than to wait for where the next bytes are. */
	while (i < s.n) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
		unsigned gone = controls(v);

		_mm_storeu_si128((__m128i *)(void *)(to + kept), v);
		if (__builtin_expect(!gone && s.n - i >= 16, 1)) {
			kept += 16;
			i += 16;
			continue;
		}
		size_t n = gone ? (unsigned)__builtin_ctz(gone) : 16;

		n = n < s.n - i ? n : s.n - i;
		kept += n;
		i += n + 1;
	}
	return kept;
}

bool bt_has_high(struct bt_str s)
{
	__m128i all = _mm_setzero_si128();
	unsigned rest = 0;
	size_t i = 0;

	for (; s.n - i >= 16; i += 16)
		all = _mm_or_si128(all, _mm_loadu_si128((const __m128i *)(const void *)(s.p + i)));
	for (; i < s.n; i++)
		rest |= (uint8_t)s.p[i];
	return _mm_movemask_epi8(all) || rest & 0x80;
}
#else
static size_t copy(uint8_t *to, struct bt_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		to[n] = (uint8_t)s.p[i];
		n += to[n] >= 0x20 && to[n] != 0x7f;
	}
	return n;
}

bool bt_has_high(struct bt_str s)
{
	unsigned all = 0;

	for (size_t i = 0; i < s.n; i++)
		all |= (uint8_t)s.p[i];
	return all & 0x80;
}
#endif

static int add(struct bt_buf *out, struct bt_str s, struct bt_err *e)
{
	uint8_t *to = bt_buf_reserve(out, s.n + SLACK, e);

	if (!to)
		return -1;
	bt_buf_commit(out, copy(to, s));
	return 0;
}

int bt_join_value(struct bt_buf *values, struct bt_str one, struct bt_err *e)
{
	if (one.n <= 2 * EDGE)
		return add(values, one, e);
	if (add(values, (struct bt_str){ one.p, EDGE }, e) < 0 || bt_buf_add(values, " ", 1, e) < 0)
		return -1;
	return add(values, (struct bt_str){ one.p + one.n - EDGE, EDGE }, e);
}

int bt_kinds_add(struct bt_kinds *k, uint64_t bits, unsigned n, struct bt_err *e)
{
	unsigned at = k->n % 64;

	if (n == 0)
		return 0;
	bits &= ~(uint64_t)0 >> (64 - n);
	if (at) {
		uint64_t *last = (uint64_t *)(void *)(k->bits->p + k->bits->len - 8);

		*last |= bits << at;
		bits = bits >> 1 >> (63 - at);
	}
	k->n += n;
	return at && at + n <= 64 ? 0 : bt_buf_add(k->bits, &bits, sizeof bits, e);
}
