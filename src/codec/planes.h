/* planes.h - the bytes of a text turned by 90 degrees: bit i of plane k is bit k of byte i, for a
 * row of masks. Floor: codec (private). */
#ifndef BOTTLE_CODEC_PLANES_H
#define BOTTLE_CODEC_PLANES_H
#include <string.h>

#include "classes.h"
#include "masks.h"

/* The masks of a row: as many registers as it takes. */
typedef uint64_t bt_row __attribute__((vector_size(64), aligned(8), may_alias));
typedef uint64_t bt_planes[8][BT_ROW];
/* Those of 64 bytes into place i. */
typedef void bt_planes_fn(bt_planes *p, unsigned i, const char *at);

#define BT_ROW_BYTES ((size_t)64 * BT_ROW)
/* Masks in their order: a before b. */
#define BT_DOWN(a, b, by) ((a) >> (by) | (b) << (64 - (by)))
#define BT_UP(a, b, by) ((b) << (by) | (a) >> (64 - (by)))

typedef int8_t bt_row_bytes __attribute__((vector_size(8)));

/* A bit for each mask of the row that is not 0. */
BT_HOT unsigned bt_row_any(const bt_row *r)
{
	bt_row_bytes is = __builtin_convertvector(*r != 0, bt_row_bytes);
	uint64_t bytes;

	memcpy(&bytes, &is, sizeof bytes);
	return (unsigned)((bytes & 0x0101010101010101u) * 0x0102040810204080u >> 56);
}

/* The row that begins at at; zero bytes are behind the end. */
BT_HOT void bt_planes_row(bt_row b[8], struct bt_str s, size_t at, bt_planes_fn *planes_at)
{
	size_t left = at < s.n ? s.n - at : 0;
	unsigned whole = left < BT_ROW_BYTES ? (unsigned)(left / 64) : BT_ROW, i = 0;
	bt_planes p;

	if (whole == BT_ROW) {
		for (; i < BT_ROW; i++)
			planes_at(&p, i, s.p + at + 64 * (size_t)i);
	} else {
		char part[64] = { 0 };
		size_t from = 64 * (size_t)whole;

		memset(&p, 0, sizeof p);
		for (i = 0; i < whole; i++)
			planes_at(&p, i, s.p + at + 64 * (size_t)i);
		if (left > from) {
			memcpy(part, s.p + at + from, left - from);
			planes_at(&p, i, part);
		}
	}
	for (unsigned k = 0; k < 8; k++)
		b[k] = *(bt_row *)p[k];
}

#ifdef __SSE2__
#include <emmintrin.h>

BT_HOT void bt_planes_any(bt_planes *p, unsigned i, const char *at)
{
	for (unsigned k = 0; k < 8; k++)
		(*p)[k][i] = 0;
	for (unsigned c = 0; c < 64; c += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(at + c));

		for (unsigned k = 8; k-- > 0; v = _mm_add_epi8(v, v))
			(*p)[k][i] |= (uint64_t)(unsigned)_mm_movemask_epi8(v) << c;
	}
}
#else
BT_HOT void bt_planes_any(bt_planes *p, unsigned i, const char *at)
{
	for (unsigned k = 0; k < 8; k++) {
		uint64_t plane = 0;

		for (unsigned c = 0; c < 64; c++)
			plane |= (uint64_t)((uint8_t)at[c] >> k & 1) << c;
		(*p)[k][i] = plane;
	}
}
#endif

#if defined __x86_64__ && defined __GNUC__
#include <immintrin.h>

#define BT_AVX2 __attribute__((target("avx2,popcnt,bmi,bmi2")))
#define BT_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,popcnt,bmi,bmi2")))

__attribute__((target("avx512f,avx512bw"), always_inline)) static inline void
bt_planes_avx512(bt_planes *p, unsigned i, const char *at)
{
	__m512i v = _mm512_loadu_si512(at);

#pragma GCC unroll 8
	for (unsigned k = 8; k-- > 0; v = _mm512_add_epi8(v, v))
		(*p)[k][i] = _mm512_movepi8_mask(v);
}

__attribute__((target("avx2"), always_inline)) static inline void
bt_planes_avx2(bt_planes *p, unsigned i, const char *at)
{
	__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)at);
	__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(at + 32));

#pragma GCC unroll 8
	for (unsigned k = 8; k-- > 0;) {
		(*p)[k][i] = (uint32_t)_mm256_movemask_epi8(a) |
		             (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
		a = _mm256_add_epi8(a, a);
		b = _mm256_add_epi8(b, b);
	}
}
#endif
#endif
