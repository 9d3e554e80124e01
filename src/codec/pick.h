/* pick.h - the bits and the bytes that a mask picks, close together. Floor: codec (private). */
#ifndef BOTTLE_CODEC_PICK_H
#define BOTTLE_CODEC_PICK_H
#include "planes.h"

/* Bit i of x to where mask has its bit number i; and from there. */
typedef uint64_t bt_bits_fn(uint64_t x, uint64_t mask);
/* The bytes of keep from from on, of which those of zero are nul; left are text. Behind the end of
 * what it returns it may write BT_PICK_ROOM. */
typedef uint8_t *bt_bytes_fn(uint8_t *to, const char *from, uint64_t keep, uint64_t zero,
                             size_t left);
#define BT_PICK_ROOM 64

static inline uint64_t bt_deposit_any(uint64_t x, uint64_t mask)
{
	uint64_t out = 0;

	for (; mask; mask &= mask - 1, x >>= 1)
		out |= x & 1 ? mask & -mask : 0;
	return out;
}

static inline uint64_t bt_extract_any(uint64_t x, uint64_t mask)
{
	uint64_t out = 0;

	for (unsigned i = 0; mask; mask &= mask - 1, i++)
		out |= x & mask & -mask ? (uint64_t)1 << i : 0;
	return out;
}

/* Run by run; far from the end more is copied than counts. */
static inline uint8_t *bt_bytes_any(uint8_t *to, const char *from, uint64_t keep, uint64_t zero,
                                    size_t left)
{
	while (keep) {
		unsigned at = (unsigned)__builtin_ctzll(keep), n = 1;
		uint64_t rest = ~((keep & ~zero) >> at);

		if (zero >> at & 1) {
			*to = 0;
		} else {
			n = rest ? (unsigned)__builtin_ctzll(rest) : 64;
			memcpy(to, from + at, left >= 128 ? 64 : n);
		}
		to += n;
		keep &= at + n < 64 ? ~(uint64_t)0 << (at + n) : 0;
	}
	return to;
}

#if defined __x86_64__ && defined __GNUC__
#define BT_BMI2 __attribute__((target("bmi2"), always_inline)) static inline

BT_BMI2 uint64_t bt_deposit_bmi2(uint64_t x, uint64_t mask)
{
	return _pdep_u64(x, mask);
}

BT_BMI2 uint64_t bt_extract_bmi2(uint64_t x, uint64_t mask)
{
	return _pext_u64(x, mask);
}

#define BT_VBMI2                                                                                   \
	__attribute__((target(                                                                     \
	        "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,popcnt,bmi,bmi2")))

__attribute__((target("avx512vbmi2,avx512bw,popcnt"), always_inline)) static inline uint8_t *
bt_bytes_vbmi2(uint8_t *to, const char *from, uint64_t keep, uint64_t zero, size_t left)
{
	uint64_t text = left < 64 ? ((uint64_t)1 << left) - 1 : ~(uint64_t)0;
	__m512i v = _mm512_maskz_loadu_epi8(keep & ~zero & text, from);

	_mm512_storeu_si512(to, _mm512_maskz_compress_epi8(keep, v));
	return to + __builtin_popcountll(keep);
}

static inline bool bt_has_vbmi2(void)
{
	return bt_registers() == 64 && __builtin_cpu_supports("avx512vbmi") &&
	       __builtin_cpu_supports("avx512vbmi2");
}
#endif

/* What is left of the bits of runs when one is added where some begin, and behind those. */
BT_HOT uint64_t bt_ripple(uint64_t runs, uint64_t begin, uint64_t *carry)
{
	uint64_t sum, all;
	bool over = __builtin_add_overflow(runs, begin, &sum);

	over |= __builtin_add_overflow(sum, *carry, &all);
	*carry = over;
	return all;
}
#endif
