/* classes.c - by table, and by AVX-512 or AVX2 where the processor has it. */
#include "classes.h"

#include <string.h>

#include "decode.h"

enum { DIGIT = 1, ALPHA = 2, ALPHA_HIGH = 4, HEX = 8, SIGN = 16, LINE = 32, CUT2 = 64, CUT3 = 128 };

/* A byte has the classes that the rows of both of its halves name. */
static const uint8_t by_high[16] = {
	[2] = SIGN | CUT2,       [3] = DIGIT | CUT3, [4] = ALPHA | HEX,
	[5] = ALPHA_HIGH | LINE, [6] = ALPHA | HEX,  [7] = ALPHA_HIGH
};
static const uint8_t by_low[16] = {
	[0x0] = DIGIT | ALPHA_HIGH | CUT2,
	[0x1] = DIGIT | ALPHA | ALPHA_HIGH | HEX,
	[0x2] = DIGIT | ALPHA | ALPHA_HIGH | HEX | CUT2,
	[0x3] = DIGIT | ALPHA | ALPHA_HIGH | HEX,
	[0x4] = DIGIT | ALPHA | ALPHA_HIGH | HEX,
	[0x5] = DIGIT | ALPHA | ALPHA_HIGH | HEX,
	[0x6] = DIGIT | ALPHA | ALPHA_HIGH | HEX,
	[0x7] = DIGIT | ALPHA | ALPHA_HIGH | CUT2,
	[0x8] = DIGIT | ALPHA | ALPHA_HIGH,
	[0x9] = DIGIT | ALPHA | ALPHA_HIGH,
	[0xa] = ALPHA | ALPHA_HIGH | CUT3,
	[0xb] = ALPHA | SIGN | CUT3,
	[0xc] = ALPHA | CUT2,
	[0xd] = ALPHA | SIGN | CUT2,
	[0xe] = ALPHA | CUT2,
	[0xf] = ALPHA | SIGN | LINE,
};
/* Letters and digits that base 58 leaves out. */
enum { ZERO = 1, BIG_O_I = 2, SMALL_L = 4 };
static const uint8_t not58_by_high[16] = { [3] = ZERO, [4] = BIG_O_I, [6] = SMALL_L };
static const uint8_t not58_by_low[16] = {
	[0x0] = ZERO, [0x9] = BIG_O_I, [0xc] = SMALL_L, [0xf] = BIG_O_I
};
#define WORD (DIGIT | ALPHA | ALPHA_HIGH)
#define TOKEN (WORD | SIGN | LINE)

static void one_byte(struct bt_masks *m, uint8_t c, uint64_t bit)
{
	unsigned k = c < 128 ? by_high[c >> 4] & by_low[c & 15] : 0;
	const struct {
		uint64_t *mask;
		bool is;
	} rows[] = {
		{ &m->word, k & WORD },
		{ &m->digit, k & DIGIT },
		{ &m->hex, k & (DIGIT | HEX) },
		{ &m->token, k & TOKEN },
		{ &m->b58, k & WORD && !(not58_by_high[c >> 4] & not58_by_low[c & 15]) },
		{ &m->cut, (k & (CUT2 | CUT3)) || c < 32 || c == '|' },
		{ &m->space, c == ' ' },
		{ &m->hyphen, c == '-' },
		{ &m->under, c == '_' },
		{ &m->dot, c == '.' },
		{ &m->percent, c == '%' },
		{ &m->plus, c == '+' },
		{ &m->back, c == '\\' },
		{ &m->x, (c | 32) == 'x' },
		{ &m->nul, c == 0 },
		{ &m->control, (c > 0 && c < 32) || c == 127 },
		{ &m->high, c >= 128 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		*rows[i].mask |= rows[i].is ? bit : 0;
}

void bt_classify_slow(struct bt_masks *m, struct bt_str s, size_t at)
{
	size_t n = s.n - at < 64 ? s.n - at : 64;

	memset(m, 0, sizeof *m);
	for (size_t i = 0; i < n; i++)
		one_byte(m, (uint8_t)s.p[at + i], (uint64_t)1 << i);
}

static size_t token_end_slow(struct bt_str s, size_t at)
{
	while (at < s.n && bt_is_token((uint8_t)s.p[at]))
		at++;
	return at;
}

#if defined __x86_64__ && defined __GNUC__
#include <immintrin.h>

#define FAST __attribute__((target("avx2"), always_inline)) static inline

FAST uint64_t bits(__m256i a, __m256i b)
{
	return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b)
	                                                   << 32;
}

FAST uint64_t is(const __m256i v[2], char c)
{
	__m256i want = _mm256_set1_epi8(c);

	return bits(_mm256_cmpeq_epi8(v[0], want), _mm256_cmpeq_epi8(v[1], want));
}

FAST uint64_t any(const __m256i k[2], int of)
{
	__m256i want = _mm256_set1_epi8((char)of), zero = _mm256_setzero_si256();

	return ~bits(_mm256_cmpeq_epi8(_mm256_and_si256(k[0], want), zero),
	             _mm256_cmpeq_epi8(_mm256_and_si256(k[1], want), zero));
}

FAST __m256i table(const uint8_t rows[16])
{
	__m128i t = _mm_loadu_si128((const __m128i *)(const void *)rows);

	return _mm256_broadcastsi128_si256(t);
}

FAST __m256i kinds_of(__m256i v, const uint8_t rows_high[16], const uint8_t rows_low[16])
{
	__m256i low = _mm256_set1_epi8(15);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), low);

	/* A byte >= 0x80 has a high half whose row is empty. */
	return _mm256_and_si256(_mm256_shuffle_epi8(table(rows_high), high),
	                        _mm256_shuffle_epi8(table(rows_low), _mm256_and_si256(v, low)));
}

__attribute__((target("avx2"))) static void classify_avx2(struct bt_masks *m, const char *p)
{
	const __m256i v[2] = { _mm256_loadu_si256((const __m256i *)(const void *)p),
		               _mm256_loadu_si256((const __m256i *)(const void *)(p + 32)) };
	const __m256i k[2] = { kinds_of(v[0], by_high, by_low), kinds_of(v[1], by_high, by_low) };
	const __m256i n[2] = { kinds_of(v[0], not58_by_high, not58_by_low),
		               kinds_of(v[1], not58_by_high, not58_by_low) };
	const __m256i top = _mm256_set1_epi8(31), lower = _mm256_set1_epi8(32);
	const __m256i folded[2] = { _mm256_or_si256(v[0], lower), _mm256_or_si256(v[1], lower) };
	uint64_t c0 = bits(_mm256_cmpeq_epi8(_mm256_min_epu8(v[0], top), v[0]),
	                   _mm256_cmpeq_epi8(_mm256_min_epu8(v[1], top), v[1]));

	m->word = any(k, WORD);
	m->digit = any(k, DIGIT);
	m->hex = any(k, DIGIT | HEX);
	m->token = any(k, TOKEN);
	m->b58 = m->word & ~any(n, 255);
	m->cut = any(k, CUT2 | CUT3) | c0 | is(v, '|');
	m->space = is(v, ' ');
	m->hyphen = is(v, '-');
	m->under = is(v, '_');
	m->dot = is(v, '.');
	m->percent = is(v, '%');
	m->plus = is(v, '+');
	m->back = is(v, '\\');
	m->x = is(folded, 'x');
	m->nul = is(v, 0);
	m->control = (c0 & ~m->nul) | is(v, 127);
	m->high = bits(v[0], v[1]);
}

#define WIDE __attribute__((target("avx512bw,bmi2"), always_inline)) static inline

WIDE uint64_t is_wide(__m512i v, char c)
{
	return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c));
}

WIDE uint64_t any_wide(__m512i k, int of)
{
	return _mm512_test_epi8_mask(k, _mm512_set1_epi8((char)of));
}

WIDE __m512i kinds_wide(__m512i v, const uint8_t rows_high[16], const uint8_t rows_low[16])
{
	const __m512i low = _mm512_set1_epi8(15);
	const __m128i *h = (const __m128i *)(const void *)rows_high;
	const __m128i *l = (const __m128i *)(const void *)rows_low;
	__m512i high = _mm512_and_si512(_mm512_srli_epi16(v, 4), low);

	return _mm512_and_si512(
	        _mm512_shuffle_epi8(_mm512_broadcast_i32x4(_mm_loadu_si128(h)), high),
	        _mm512_shuffle_epi8(_mm512_broadcast_i32x4(_mm_loadu_si128(l)),
	                            _mm512_and_si512(v, low)));
}

/* Only the first n bytes are read, and the masks of what is behind them are 0. */
__attribute__((target("avx512bw,bmi2"))) static void classify_avx512(struct bt_masks *m,
                                                                     const char *p, size_t n)
{
	const uint64_t all = n >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1;
	const __m512i v = _mm512_maskz_loadu_epi8(all, p);
	const __m512i k = kinds_wide(v, by_high, by_low);
	const uint64_t c0 = _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(32)) & all;

	m->word = any_wide(k, WORD);
	m->digit = any_wide(k, DIGIT);
	m->hex = any_wide(k, DIGIT | HEX);
	m->token = any_wide(k, TOKEN);
	m->b58 = m->word & ~any_wide(kinds_wide(v, not58_by_high, not58_by_low), 255);
	m->cut = any_wide(k, CUT2 | CUT3) | c0 | is_wide(v, '|');
	m->space = is_wide(v, ' ');
	m->hyphen = is_wide(v, '-');
	m->under = is_wide(v, '_');
	m->dot = is_wide(v, '.');
	m->percent = is_wide(v, '%');
	m->plus = is_wide(v, '+');
	m->back = is_wide(v, '\\');
	m->x = is_wide(_mm512_or_si512(v, _mm512_set1_epi8(32)), 'x');
	m->nul = is_wide(v, 0) & all;
	m->control = (c0 & ~m->nul) | is_wide(v, 127);
	m->high = (uint64_t)_mm512_movepi8_mask(v);
}

static void keep_first(struct bt_masks *m, size_t n)
{
	uint64_t all[sizeof *m / sizeof(uint64_t)];

	memcpy(all, m, sizeof *m);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		all[i] &= ((uint64_t)1 << n) - 1;
	memcpy(m, all, sizeof *m);
}

/* 64 bytes at a time, 32, or none. */
static int fast(void)
{
	static int have = -1;

	if (have < 0)
		have = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi2") ? 64
		       : __builtin_cpu_supports("avx2")                                     ? 32
		                                                                            : 0;
	return have;
}

void bt_classify(struct bt_masks *m, struct bt_str s, size_t at)
{
	int by = fast();

	if (by == 64) {
		classify_avx512(m, s.p + at, s.n - at);
	} else if (by == 0) {
		bt_classify_slow(m, s, at);
	} else if (s.n - at >= 64) {
		classify_avx2(m, s.p + at);
	} else {
		char padded[64] = { 0 };

		memcpy(padded, s.p + at, s.n - at);
		classify_avx2(m, padded);
		keep_first(m, s.n - at);
	}
}

__attribute__((target("avx2"))) static size_t token_end_avx2(struct bt_str s, size_t at)
{
	for (; at + 32 <= s.n; at += 32) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(s.p + at));
		__m256i k = _mm256_and_si256(kinds_of(v, by_high, by_low), _mm256_set1_epi8(TOKEN));
		unsigned out = (unsigned)_mm256_movemask_epi8(
		        _mm256_cmpeq_epi8(k, _mm256_setzero_si256()));

		if (out)
			return at + (unsigned)__builtin_ctz(out);
	}
	return token_end_slow(s, at);
}

size_t bt_token_end(struct bt_str s, size_t at)
{
	return fast() ? token_end_avx2(s, at) : token_end_slow(s, at);
}
#else
void bt_classify(struct bt_masks *m, struct bt_str s, size_t at)
{
	bt_classify_slow(m, s, at);
}

size_t bt_token_end(struct bt_str s, size_t at)
{
	return token_end_slow(s, at);
}
#endif
