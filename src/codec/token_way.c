/* token_way.c - a token decoded in one way, and whether that says something: 32 characters at a
 * time, with a look at whether there is text in it. */
#include "token_way.h"

#include <string.h>

#include "textrun.h"

#define TELLING BT_TELLING_ANY

static bool slow64(uint8_t *out, size_t *n, struct bt_str in, unsigned least)
{
	return bt_base64_decode(out, n, in) && bt_telling(out, *n, least);
}

/* Eight in a row hold one whose number is 7, 15, 23…: when none of these is text, nothing is. A
 * token with another character in it is no base32 at all. */
static bool may_be_32(struct bt_str in)
{
	for (size_t bit = 7 * 8; bit + 8 <= in.n * 5; bit += 8 * 8) {
		size_t i = bit / 5;
		int a = bt_base32_value[(uint8_t)in.p[i]];
		int b = bt_base32_value[(uint8_t)in.p[i + 1]];
		int c = i + 2 < in.n ? bt_base32_value[(uint8_t)in.p[i + 2]] : 0;

		if ((a | b) < 0)
			return in.p[i + 1] == '=';
		int byte = ((a << 10 | b << 5 | (c > 0 ? c : 0)) >> (7 - bit % 5)) & 255;

		if (bt_is_idle((uint8_t)byte) || (byte >= 0x20 && byte < 0x7f))
			return true;
	}
	return false;
}

static bool slow32(uint8_t *out, size_t *n, struct bt_str in, unsigned least)
{
	return may_be_32(in) && bt_base32_decode(out, n, in) && bt_telling(out, *n, least);
}

static bool slow16(uint8_t *out, size_t *n, struct bt_str in, unsigned least)
{
	return bt_hex_decode(out, n, in) && bt_telling(out, *n, least);
}

#if defined __x86_64__ && defined __GNUC__
#include "textrun_simd.h"

#define FAST BT_AVX2

/* 32 hexadecimal digits to 16 bytes, zeros behind them. */
FAST __m256i undo16(__m256i v)
{
	__m256i letter = _mm256_and_si256(_mm256_srli_epi16(v, 6), _mm256_set1_epi8(1));
	__m256i x = _mm256_add_epi8(_mm256_and_si256(v, _mm256_set1_epi8(15)),
	                            _mm256_add_epi8(_mm256_slli_epi16(letter, 3), letter));

	x = _mm256_maddubs_epi16(x, _mm256_set1_epi16(0x0110));
	x = _mm256_packus_epi16(x, _mm256_setzero_si256());
	return _mm256_permute4x64_epi64(x, 0xd8);
}

/* Digits from low to high and letters up to last, of either case, alone. */
FAST bool all_of(__m256i v, char low, char high, char last)
{
	__m256i digit = _mm256_sub_epi8(v, _mm256_set1_epi8(low));
	__m256i letter =
	        _mm256_sub_epi8(_mm256_or_si256(v, _mm256_set1_epi8(32)), _mm256_set1_epi8('a'));
	__m256i digits = _mm256_set1_epi8((char)(high - low));
	__m256i letters = _mm256_set1_epi8((char)(last - 'a'));
	__m256i is_digit = _mm256_cmpeq_epi8(_mm256_min_epu8(digit, digits), digit);
	__m256i is_letter = _mm256_cmpeq_epi8(_mm256_min_epu8(letter, letters), letter);

	return _mm256_movemask_epi8(_mm256_or_si256(is_digit, is_letter)) == -1;
}

/* Rows of eight that end in the newest by bits of w. */
FAST bool row_in(uint64_t w, unsigned by)
{
	w &= w >> 1;
	w &= w >> 2;
	w &= w >> 4;
	return w >> (64 - by - TELLING + 1);
}

/* 32 characters from i on; behind the end fill. in has eleven or more. Put together in registers:
 * what was just stored in parts cannot be loaded as a whole before all of it is written. */
FAST __m256i load(struct bt_str in, size_t i, char fill)
{
	const char *p = in.p + i;
	size_t n = in.n - i;
	uint32_t last;

	if (n >= 32)
		return _mm256_loadu_si256((const __m256i *)(const void *)p);
	memcpy(&last, in.p + in.n - 4, 4);
	/* The characters behind the last whole four, and fill. */
	uint64_t rest = ((uint64_t)last | (uint64_t)(uint32_t)_mm_cvtsi128_si32(_mm_set1_epi8(fill))
	                                          << 32) >>
	                8 * (4 - n % 4);
	__m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
	        whole = _mm256_set1_epi32((int)(n / 4));
	__m256i full = _mm256_cmpgt_epi32(whole, lane);
	__m256i v = _mm256_maskload_epi32((const int *)(const void *)p, full);

	v = _mm256_blendv_epi8(_mm256_set1_epi8(fill), v, full);
	return _mm256_blendv_epi8(v, _mm256_set1_epi32((int)(uint32_t)rest),
	                          _mm256_cmpeq_epi32(whole, lane));
}

/* Whether the rows that end behind at are telling, as far as n. Characters with more idle bytes
 * between than fit into 64 are none of a text. */
static bool telling_at(const uint8_t *p, size_t n, size_t at, unsigned least)
{
	size_t from = at;

	while (from > 0 && at - from < 64 &&
	       (bt_is_idle(p[from - 1]) || (p[from - 1] >= 0x20 && p[from - 1] < 0x7f)))
		from--;
	return bt_telling(p + from, n - from, least);
}

FAST bool decode(uint8_t *out, size_t n, struct bt_str in, bool hex, unsigned least)
{
	const unsigned by = hex ? 16 : 24;
	uint64_t w = 0;
	bool tells = false;

	for (size_t i = 0, k = 0; k < n; i += 32, k += by) {
		__m256i v = load(in, i, 'A');

		if (hex && !all_of(v, '0', '9', 'f'))
			return false;
		v = hex ? undo16(v) : bt_undo_fast(v);
		_mm256_storeu_si256((__m256i *)(void *)(out + k), v);
		uint64_t row = bt_text_fast(v);

		size_t end = n - k < by ? n - k : by;

		row &= ((uint64_t)1 << end) - 1;
		w = w >> by | row << (64 - by);
		if (!tells && row_in(w, by))
			tells = telling_at(out, k + end, k, least);
	}
	return tells;
}

__attribute__((target("avx2"))) static bool fast64(uint8_t *out, size_t *n, struct bt_str in,
                                                   unsigned least)
{
	for (int i = 0; i < 2 && in.n && in.p[in.n - 1] == '='; i++)
		in.n--;
	*n = in.n / 4 * 3 + (in.n % 4 ? in.n % 4 - 1 : 0);
	return in.n % 4 != 1 && in.n && in.p[in.n - 1] != '=' && decode(out, *n, in, false, least);
}

__attribute__((target("avx2"))) static bool fast16(uint8_t *out, size_t *n, struct bt_str in,
                                                   unsigned least)
{
	*n = in.n / 2;
	return in.n % 2 == 0 && decode(out, *n, in, true, least);
}

/* Of a longer token the first 32 characters say nearly always that it is none. */
__attribute__((target("avx2"))) static bool fast32(uint8_t *out, size_t *n, struct bt_str in,
                                                   unsigned least)
{
	return (in.n < 32 || all_of(load(in, 0, 'A'), '2', '7', 'z') || in.p[in.n - 1] == '=') &&
	       slow32(out, n, in, least);
}

static bool fast(void)
{
	static int have = -1;

	if (have < 0)
		have = __builtin_cpu_supports("avx2") != 0;
	return have;
}
#else
#define fast64 slow64
#define fast32 slow32
#define fast16 slow16
static bool fast(void)
{
	return false;
}
#endif

bool bt_undo_64(uint8_t *out, size_t *n, struct bt_str in, unsigned least)
{
	return fast() ? fast64(out, n, in, least) : slow64(out, n, in, least);
}

bool bt_undo_32(uint8_t *out, size_t *n, struct bt_str in, unsigned least)
{
	return fast() ? fast32(out, n, in, least) : slow32(out, n, in, least);
}

bool bt_undo_16(uint8_t *out, size_t *n, struct bt_str in, unsigned least)
{
	if (!bt_is_hex((uint8_t)in.p[0]) || !bt_is_hex((uint8_t)in.p[in.n / 2]))
		return false;
	return fast() ? fast16(out, n, in, least) : slow16(out, n, in, least);
}
