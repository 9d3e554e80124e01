/* textrun_simd.h - base64 by 32 characters with AVX2 and by 64 with AVX-512, and where text is in
 * it. Floor: codec (private). */
#ifndef BOTTLE_CODEC_TEXTRUN_SIMD_H
#define BOTTLE_CODEC_TEXTRUN_SIMD_H
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "textrun.h"

#define BT_INLINE __attribute__((always_inline)) static inline
#define BT_AVX2 __attribute__((target("avx2"), always_inline)) static inline
#define BT_WIDE_TARGET __attribute__((target("avx512bw,avx512vbmi,bmi2")))
#define BT_WIDE __attribute__((target("avx512bw,avx512vbmi,bmi2"), always_inline)) static inline

extern uint8_t bt_value64[128]; /* of characters of either alphabet */
/* 2: AVX-512, 1: AVX2, 0: neither. */
int bt_textrun_fast(void);

_Static_assert(BT_TELLING_ANY == 8, "the rows below");

/* A row that tells, the last byte of which that is printable is new. */
__attribute__((target("popcnt,lzcnt"))) static bool bt_row_tells(const struct bt_rows *r,
                                                                 unsigned least)
{
	for (uint64_t left = r->text; left;) {
		unsigned top = 63 - (unsigned)__builtin_clzll(left);
		uint64_t low = left << (63 - top);
		unsigned n = ~low ? (unsigned)__builtin_clzll(~low) : 64;
		uint64_t row = (n < 64 ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0) << (top + 1 - n);
		unsigned shown = (unsigned)__builtin_popcountll(row & r->shown);

		if (!(row & r->shown) >> (64 - BT_TEXTRUN_BYTES) && top < 64 - BT_TEXTRUN_BYTES)
			return false;
		if ((row & r->shown) >> (64 - BT_TEXTRUN_BYTES) &&
		    (shown >= least || (n == 64 && shown >= BT_TELLING_WIDE) ||
		     (shown >= BT_TELLING_ANY && row & r->equals)))
			return true;
		left &= ~row;
	}
	return false;
}

BT_INLINE void bt_shift_in(uint64_t *word, uint64_t bits)
{
	*word = *word >> BT_TEXTRUN_BYTES | bits << (64 - BT_TEXTRUN_BYTES);
}

/* new: of a block. Eight bytes of text in a row come first, and seldom. */
BT_INLINE bool bt_rows_add(struct bt_rows *r, const struct bt_rows *new, unsigned least)
{
	bt_shift_in(&r->text, new->text);
	bt_shift_in(&r->shown, new->shown);
	bt_shift_in(&r->equals, new->equals);

	uint64_t row = r->text & r->text >> 1;

	row &= row >> 2;
	row &= row >> 4;
	return __builtin_expect(row >> (64 - BT_TEXTRUN_BYTES - 7) != 0, 0) &&
	       bt_row_tells(r, least);
}

/* The first n bits. */
BT_INLINE uint64_t bt_first_bits(size_t n)
{
	return n < 64 ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0;
}

/* The bytes that do not end a row of text: printable ones and idle ones. */
BT_AVX2 uint32_t bt_text_fast(__m256i v)
{
	__m256i printable = _mm256_andnot_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(127)),
	                                        _mm256_cmpgt_epi8(v, _mm256_set1_epi8(31)));

	__m256i ends = _mm256_sub_epi8(v, _mm256_set1_epi8('\t'));
	__m256i line = _mm256_cmpeq_epi8(_mm256_min_epu8(ends, _mm256_set1_epi8(4)), ends);
	__m256i zero = _mm256_cmpeq_epi8(v, _mm256_setzero_si256());

	return (uint32_t)_mm256_movemask_epi8(
	        _mm256_or_si256(printable, _mm256_or_si256(zero, line)));
}

/* 32 characters of either alphabet to 24 bytes. */
BT_AVX2 __m256i bt_undo_fast(__m256i v)
{
	const __m256i by_high =
	        _mm256_setr_epi8(0, 0, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 19,
	                         4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m256i order =
	        _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6,
	                         5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15));
	__m256i x = _mm256_add_epi8(v, _mm256_shuffle_epi8(by_high, high));

	x = _mm256_add_epi8(x, _mm256_and_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('-')),
	                                        _mm256_set1_epi8(-2)));
	x = _mm256_add_epi8(x, _mm256_and_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('/')),
	                                        _mm256_set1_epi8(-3)));
	x = _mm256_add_epi8(x, _mm256_and_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('_')),
	                                        _mm256_set1_epi8(33)));
	x = _mm256_maddubs_epi16(x, _mm256_set1_epi32(0x01400140));
	x = _mm256_madd_epi16(x, _mm256_set1_epi32(0x00011000));
	x = _mm256_shuffle_epi8(x, order);
	return _mm256_permutevar8x32_epi32(x, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

/* 64 characters to 48 bytes. */
BT_WIDE __m512i bt_undo_wide(__m512i v)
{
	static const uint8_t order[64] = { 2,  1,  0,  6,  5,  4,  10, 9,  8,  14, 13, 12,
		                           18, 17, 16, 22, 21, 20, 26, 25, 24, 30, 29, 28,
		                           34, 33, 32, 38, 37, 36, 42, 41, 40, 46, 45, 44,
		                           50, 49, 48, 54, 53, 52, 58, 57, 56, 62, 61, 60 };
	__m512i x = _mm512_permutex2var_epi8(_mm512_loadu_si512(bt_value64), v,
	                                     _mm512_loadu_si512(bt_value64 + 64));

	x = _mm512_maddubs_epi16(x, _mm512_set1_epi32(0x01400140));
	x = _mm512_madd_epi16(x, _mm512_set1_epi32(0x00011000));
	return _mm512_permutexvar_epi8(_mm512_loadu_si512(order), x);
}

/* What the first n bytes are. */
BT_WIDE void bt_rows_wide(struct bt_rows *r, __m512i v, size_t n)
{
	const __m512i idle = _mm512_broadcast_i32x4(
	        _mm_setr_epi8(1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0));
	__m512i low = _mm512_shuffle_epi8(idle, _mm512_min_epu8(v, _mm512_set1_epi8(15)));
	__m512i shown = _mm512_sub_epi8(v, _mm512_set1_epi8(32));
	uint64_t real = bt_first_bits(n);

	r->shown = _mm512_cmple_epu8_mask(shown, _mm512_set1_epi8(126 - 32)) & real;
	r->text = r->shown | (_mm512_test_epi8_mask(low, low) & real);
	r->equals = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('=')) & real;
}

/* Up to 32 characters as 24 bytes, which are by up in the masks. */
BT_AVX2 void bt_half(struct bt_rows *r, struct bt_str in, unsigned by)
{
	char part[32] = { 0 };
	bool all = in.n >= 32;
	uint32_t real = ((uint32_t)1 << (all ? 24 : in.n * 3 / 4)) - 1;

	if (!all && in.n)
		memcpy(part, in.p, in.n);
	__m256i v = bt_undo_fast(
	        _mm256_loadu_si256((const __m256i *)(const void *)(all ? in.p : part)));
	__m256i shown = _mm256_sub_epi8(v, _mm256_set1_epi8(32));
	__m256i is = _mm256_cmpeq_epi8(_mm256_min_epu8(shown, _mm256_set1_epi8(126 - 32)), shown);
	__m256i equals = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('='));

	r->shown |= (uint64_t)((uint32_t)_mm256_movemask_epi8(is) & real) << by;
	r->text |= (uint64_t)(bt_text_fast(v) & real) << by;
	r->equals |= (uint64_t)((uint32_t)_mm256_movemask_epi8(equals) & real) << by;
}

/* A block. */
BT_AVX2 void bt_rows_fast(struct bt_rows *r, struct bt_str in)
{
	*r = (struct bt_rows){ 0 };
	bt_half(r, in, 0);
	if (in.n > 32)
		bt_half(r, (struct bt_str){ in.p + 32, in.n - 32 }, 24);
}
#endif
