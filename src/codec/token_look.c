/* token_look.c - one look at a token, in registers: nearly none is anything, and what is not said
 * here need not be tried. */
#include <string.h>

#include "textrun.h"

static bool all_32(struct bt_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (bt_base32_value[(uint8_t)s.p[i]] < 0)
			return false;
	return true;
}

bool bt_parts32_next_slow(struct bt_parts32 *p, struct bt_str *part)
{
	while (p->at < p->in.n) {
		const char *from = p->in.p + p->at, *end = memchr(from, '/', p->in.n - p->at);

		*part = (struct bt_str){ from, end ? (size_t)(end - from) : p->in.n - p->at };
		p->at += part->n + 1;
		if (part->n >= BT_PART32 && all_32(*part))
			return true;
	}
	return false;
}

#if defined __x86_64__ && defined __GNUC__
#include "textrun_simd.h"

/* Sixteen set bits in a row, which may begin before. */
BT_INLINE bool sixteen(uint64_t before, uint64_t now)
{
	unsigned head = ~now ? (unsigned)__builtin_ctzll(~now) : 64;
	unsigned tail = ~before ? (unsigned)__builtin_clzll(~before) : 64;
	uint64_t row = now & now >> 1;

	row &= row >> 2;
	row &= row >> 4;
	return (row & row >> 8) || head + tail >= 16;
}

enum { HEX = 1, BASE32 = 2, SLASH = 4, SIGN = 8 };
static uint8_t value32[128], kind[128];

__attribute__((constructor)) static void fill_kinds(void)
{
	for (int c = '0'; c <= 'z'; c++) {
		int low = c | 32;
		bool digit = c <= '9', letter = low >= 'a' && low <= 'z';
		bool base32 = letter || (c >= '2' && c <= '7');

		if (base32)
			value32[c] = (uint8_t)(letter ? low - 'a' : c - '2' + 26);
		kind[c] = (uint8_t)((digit || (letter && low <= 'f') ? HEX : 0) |
		                    (base32 ? BASE32 : 0));
	}
	kind['/'] = SLASH;
	kind['-'] = SIGN;
	kind['+'] = SIGN;
	kind['_'] = SIGN;
}

struct look {
	struct bt_rows rows[4];
	uint64_t hex;
	size_t at;
	unsigned phases, least;
};

static void note(struct bt_token_hints *h, unsigned i, size_t at)
{
	if (!(h->from >> i & 1))
		h->first[i] = at > BT_TEXTRUN ? at - BT_TEXTRUN : 0; /* a row may begin there */
	h->last[i] = at + BT_TEXTRUN;
	h->from |= 1u << i;
}

/* One block of a token; *l: what came before. A token of less than alone characters has no room for
 * base64 behind what is base64 itself. */
BT_WIDE void look_wide(struct bt_token_hints *h, struct look *l, struct bt_str in, unsigned phases,
                       size_t alone)
{
	const __m512i first = _mm512_maskz_loadu_epi8(bt_first_bits(in.n), in.p);
	const __m512i kinds = _mm512_permutex2var_epi8(_mm512_loadu_si512(kind), first,
	                                               _mm512_loadu_si512(kind + 64));
	uint64_t hex = _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(HEX)) & bt_first_bits(in.n);

#pragma GCC unroll 4
	for (unsigned i = 0; i < phases; i++) {
		size_t left = in.n > i ? in.n - i : 0;
		__m512i v = i ? _mm512_maskz_loadu_epi8(bt_first_bits(left), in.p + i) : first;
		struct bt_rows new;

		bt_rows_wide(&new, bt_undo_wide(v), left < 64 ? left * 3 / 4 : 48);
		if (bt_rows_add(&l->rows[i], &new, l->least))
			note(h, i, l->at);
		if (in.n < alone && h->from)
			break;
	}
	h->hex |= sixteen(l->hex, hex);
	h->base32 &=
	        !(~_mm512_test_epi8_mask(kinds, _mm512_set1_epi8(BASE32)) & bt_first_bits(in.n));
	h->slash |= _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(SLASH)) != 0;
	h->sign |= _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(SIGN)) != 0;
	l->hex = hex;
}

/* 64 characters to 40 bytes. */
BT_WIDE __m512i undo32_wide(__m512i v)
{
	static const uint8_t order[64] = { 4,  3,  2,  1,  0,  12, 11, 10, 9,  8,  20, 19, 18, 17,
		                           16, 28, 27, 26, 25, 24, 36, 35, 34, 33, 32, 44, 43, 42,
		                           41, 40, 52, 51, 50, 49, 48, 60, 59, 58, 57, 56 };
	__m512i x = _mm512_permutex2var_epi8(_mm512_loadu_si512(value32), v,
	                                     _mm512_loadu_si512(value32 + 64));

	x = _mm512_maddubs_epi16(x, _mm512_set1_epi16(0x0120));
	x = _mm512_madd_epi16(x, _mm512_set1_epi32(0x00010400));
	x = _mm512_or_si512(_mm512_slli_epi64(x, 20), _mm512_srli_epi64(x, 32));
	return _mm512_permutexvar_epi8(_mm512_loadu_si512(order), x);
}

BT_WIDE bool says_32(struct bt_str in)
{
	uint64_t text = 0;

	for (size_t at = 0; at < in.n; at += BT_TEXTRUN) {
		size_t left = in.n - at;
		__m512i v = _mm512_maskz_loadu_epi8(bt_first_bits(left), in.p + at);
		struct bt_rows new;

		bt_rows_wide(&new, undo32_wide(v), left < 64 ? left * 5 / 8 : 40);
		text = text >> 40 | new.text << 24;

		uint64_t row = text & text >> 1;

		row &= row >> 2;
		if (row & row >> 4) /* eight */
			return true;
	}
	return false;
}

BT_WIDE_TARGET static void all_wide(struct bt_token_hints *h, struct bt_str in,
                                    const struct look *start)
{
	struct bt_token_hints all = *h;
	struct look l = *start;

	if (in.n < BT_TEXTRUN)
		look_wide(&all, &l, in, l.phases, BT_TOKEN_ALONE);
	else /* known phases are kept in registers */
		for (; l.at < in.n; l.at += BT_TEXTRUN)
			look_wide(&all, &l, (struct bt_str){ in.p + l.at, in.n - l.at }, 4, 0);
	all.base32 = all.base32 && says_32(in);
	*h = all;
}

/* Where parts end in the next block that are base32 from slash to slash, thirteen characters at
 * least as far as the block shows that: an addition carries from where one begins to its end. */
BT_WIDE_TARGET static void parts_wide(struct bt_parts32 *p)
{
	size_t left = p->in.n - p->at;
	__m512i v = _mm512_maskz_loadu_epi8(bt_first_bits(left), p->in.p + p->at);
	__m512i kinds = _mm512_permutex2var_epi8(_mm512_loadu_si512(kind), v,
	                                         _mm512_loadu_si512(kind + 64));
	uint64_t is = _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(BASE32)) & bt_first_bits(left);
	uint64_t slash = _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(SLASH));
	uint64_t row = is & is << 1;
	unsigned long long sum, begin = (slash << 1 | !p->begun) & is;
	bool over = __builtin_uaddll_overflow(is, begin, &sum);

	over |= __builtin_uaddll_overflow(sum, p->open, &sum);
	row &= row << 2;
	row &= row << 4;
	row &= row << (BT_PART32 - 8);
	slash |= left < 64 ? (uint64_t)1 << left : 0; /* the end ends a part, too */
	p->hits = sum & ~is & slash & (row << 1 | ((1u << BT_PART32) - 1));
	p->open = over || slash >> 63;
	p->begun = true;
	p->at += BT_TEXTRUN;
}

/* The part that ends there, if it is long enough. */
static bool part_to(struct bt_parts32 *p, size_t end, struct bt_str *part)
{
	const char *slash = memrchr(p->in.p, '/', end);
	size_t from = slash ? (size_t)(slash - p->in.p) + 1 : 0;

	*part = (struct bt_str){ p->in.p + from, end - from };
	return part->n >= BT_PART32;
}

static bool next_part(struct bt_parts32 *p, struct bt_str *part)
{
	for (;;) {
		while (p->hits) {
			size_t end = p->at - BT_TEXTRUN + (unsigned)__builtin_ctzll(p->hits);

			p->hits &= p->hits - 1;
			if (part_to(p, end, part))
				return true;
		}
		if (p->at >= p->in.n)
			break;
		parts_wide(p);
	}
	bool last = p->open && p->at == p->in.n;

	p->open = false;
	return last && part_to(p, p->in.n, part);
}

__attribute__((target("avx2"))) static void all_fast(struct bt_token_hints *h, struct bt_str in,
                                                     struct look *l)
{
	for (unsigned i = 0; i < l->phases; i++) {
		for (size_t at = i; at < in.n; at += BT_TEXTRUN) {
			struct bt_rows new;

			bt_rows_fast(&new, (struct bt_str){ in.p + at, in.n - at });
			if (bt_rows_add(&l->rows[i], &new, l->least))
				note(h, i, at - i);
		}
	}
	h->hex = h->slash = h->sign = true;
}
#endif

bool bt_parts32_next(struct bt_parts32 *p, struct bt_str *part)
{
	while (p->in.n && p->in.p[p->in.n - 1] == '=')
		p->in.n--;
#ifdef BOTTLE_CODEC_TEXTRUN_SIMD_H
	if (bt_textrun_fast() == 2)
		return next_part(p, part);
#endif
	return bt_parts32_next_slow(p, part);
}

static void all_slow(struct bt_token_hints *h, struct bt_str in)
{
	h->hex = h->slash = h->sign = true;
	for (unsigned i = 0; i < 4; i++) {
		h->from |= in.n > i ? 1u << i : 0;
		h->last[i] = in.n;
	}
}

void bt_token_look(struct bt_token_hints *h, struct bt_str in, unsigned least)
{
	*h = (struct bt_token_hints){ .base32 = true };
#ifdef BOTTLE_CODEC_TEXTRUN_SIMD_H
	const size_t inside = in.n > BT_TEXTRUN_INSIDE ? in.n - BT_TEXTRUN_INSIDE : 0;
	struct look l = { .phases = inside < 3 ? (unsigned)inside + 1 : 4, .least = least };
	int have = bt_textrun_fast();

	if (have == 2)
		all_wide(h, in, &l);
	else if (have)
		all_fast(h, in, &l);
	if (have)
		return;
#endif
	(void)least;
	all_slow(h, in);
}
