/* classes.c - the bytes of a text turned by 90 degrees: eight planes of bits, of which each class
 * is a few operations for 512 bytes at a time. By AVX-512 or AVX2 where the processor has it. */
#include "classes.h"

#include <string.h>

#include "decode.h"
#include "planes.h"

#define AT(x) (*(bt_row *)&m->x[w])

/* The classes of a row. valid: what is text. */
BT_HOT void letters(struct bt_masks *m, unsigned w, const bt_row b[8])
{
	const bt_row is3 = b[5] & b[4] & ~(b[7] | b[6]), is46 = b[6] & ~(b[7] | b[4]);
	const bt_row is57 = b[6] & b[4] & ~b[7], low123 = b[2] | b[1] | b[0];
	const bt_row digit = is3 & ~(b[3] & (b[2] | b[1]));
	const bt_row ten = ~(b[3] & (b[2] | (b[1] & b[0]))); /* up to ten, of the low half */
	const bt_row word = digit | (is46 & (b[3] | low123)) | (is57 & ten);
	const bt_row sign = b[5] & b[3] & b[0] & (b[2] | b[1]) & ~(b[7] | b[6] | b[4]);
	const bt_row under = is57 & ~b[5] & b[3] & b[2] & b[1] & b[0];
	const bt_row left_out =
	        (is3 & ~(b[3] | low123)) |
	        (is46 & b[3] & ((b[5] & b[2] & ~(b[1] | b[0])) | (~b[5] & b[0] & ~(b[2] ^ b[1]))));

	AT(digit) = digit;
	AT(word) = word;
	AT(hex) = digit | (is46 & ~b[3] & low123 & ~(b[2] & b[1] & b[0]));
	AT(under) = under;
	AT(token) = word | sign | under;
	AT(b58) = word & ~left_out;
	AT(x) = is57 & b[3] & ~low123;
	AT(tail) = (is46 & ((b[0] & (b[3] | ~b[2] | ~b[1])) | (b[1] & ~b[2]))) | (is57 & ten) |
	           (is3 & b[0] & ~(b[3] | b[2] | b[1]));
	AT(tail_dot) = (is3 & b[3] & b[0] & ~(b[2] | b[1])) | (is46 & ~b[3] & b[2] & b[1] & b[0]);
}

BT_HOT void signs(struct bt_masks *m, unsigned w, const bt_row b[8], const bt_row *valid)
{
	const bt_row is2 = b[5] & ~(b[7] | b[6] | b[4]), is3 = b[5] & b[4] & ~(b[7] | b[6]);
	const bt_row is57 = b[6] & b[4] & ~b[7], low = b[3] | b[2] | b[1] | b[0];
	const bt_row c0 = ~(b[7] | b[6] | b[5]), nul = c0 & ~(low | b[4]);
	const bt_row bar = b[3] & b[2] & ~(b[1] | b[0]), two = b[1] & ~(b[3] | b[2] | b[0]);
	const bt_row dot = is2 & b[3] & b[2] & b[1] & ~b[0];
	const bt_row percent = is2 & b[2] & b[0] & ~(b[3] | b[1]);
	const bt_row back = is57 & ~b[5] & bar;

	AT(space) = is2 & ~low;
	AT(hyphen) = is2 & b[3] & b[2] & b[0] & ~b[1];
	AT(dot) = dot;
	AT(percent) = percent;
	AT(plus) = is2 & b[3] & b[1] & b[0] & ~b[2];
	AT(back) = back;
	AT(nul) = nul & *valid;
	AT(control) = (c0 & ~nul) | (is57 & b[5] & b[3] & b[2] & b[1] & b[0]);
	AT(high) = b[7];
	/* ' ' '"' '\'' ',' '-' '.'; ':' ';'; '|'. */
	AT(cut) = c0 | (is3 & b[3] & ~b[2] & b[1]) | (is57 & b[5] & bar) |
	          (is2 &
	           (~low | two | (~b[3] & b[2] & b[1] & b[0]) | (b[3] & b[2] & ~(b[1] & b[0]))));
	/* '"' '&'; '=' '?'. */
	AT(joins) = AT(token) | dot | b[7] | percent | back | (is2 & b[1] & ~(b[3] | b[0])) |
	            (is3 & b[3] & b[2] & b[0]);
}

/* Which bytes of a row are text, when left are. */
BT_HOT void valid_of(uint64_t valid[BT_ROW], size_t left)
{
	unsigned i = 0;

	for (; i < BT_ROW && left >= 64; i++, left -= 64)
		valid[i] = ~(uint64_t)0;
	if (i < BT_ROW)
		valid[i] = ((uint64_t)1 << left) - 1;
}

BT_HOT void classify(struct bt_masks *m, unsigned w, unsigned to, struct bt_str s, size_t at,
                     bt_planes_fn *planes_at)
{
	for (; w < to; w += BT_ROW, at += BT_ROW_BYTES) {
		uint64_t valid[BT_ROW] = { 0 };
		bt_row b[8];

		valid_of(valid, at < s.n ? s.n - at : 0);
		bt_planes_row(b, s, at, planes_at);
		letters(m, w, b);
		signs(m, w, b, (const bt_row *)valid);
	}
}

void bt_classify_none(struct bt_masks *m, unsigned w)
{
	bt_masks_of *of = (bt_masks_of *)(void *)m;

	for (size_t k = 0; k < sizeof *m / sizeof *of; k++)
		of[k][w] = 0;
	m->cut[w] = ~(uint64_t)0;
}

static bool is_one_of(uint8_t c, const char *set)
{
	return c && strchr(set, c);
}

static void one_byte(struct bt_masks *m, unsigned w, uint8_t c, uint64_t bit)
{
	bool digit = c >= '0' && c <= '9', letter = (c | 32) >= 'a' && (c | 32) <= 'z';
	bool word = digit || letter;
	const struct {
		uint64_t *masks;
		bool is;
	} rows[] = {
		{ m->word, word },
		{ m->digit, digit },
		{ m->hex, digit || is_one_of(c | 32, "abcdef") },
		{ m->token, bt_is_token(c) },
		{ m->b58, word && !is_one_of(c, "0OIl") },
		{ m->cut, c < 32 || is_one_of(c, " ,|;:-\"'.") },
		{ m->joins, word || c >= 128 || is_one_of(c, "+/_-=.?&\"%\\") },
		{ m->tail, c == '1' || (letter && !is_one_of(c | 32, "dfghln")) },
		{ m->tail_dot, is_one_of(c, "9gG") },
		{ m->space, c == ' ' },
		{ m->hyphen, c == '-' },
		{ m->under, c == '_' },
		{ m->dot, c == '.' },
		{ m->percent, c == '%' },
		{ m->plus, c == '+' },
		{ m->back, c == '\\' },
		{ m->x, (c | 32) == 'x' },
		{ m->nul, c == 0 },
		{ m->control, (c > 0 && c < 32) || c == 127 },
		{ m->high, c >= 128 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		rows[i].masks[w] = (rows[i].masks[w] & ~bit) | (rows[i].is ? bit : 0);
}

void bt_classify_slow(struct bt_masks *m, unsigned w, unsigned to, struct bt_str s, size_t at)
{
	for (; w < to; w++)
		for (unsigned i = 0; i < 64; i++, at++) {
			one_byte(m, w, at < s.n ? (uint8_t)s.p[at] : 1, (uint64_t)1 << i);
			if (at >= s.n)
				m->control[w] &= ~((uint64_t)1 << i);
		}
}

static size_t token_end_slow(struct bt_str s, size_t at)
{
	while (at < s.n && bt_is_token((uint8_t)s.p[at]))
		at++;
	return at;
}

#if defined __x86_64__ && defined __GNUC__
BT_AVX512 static void classify_avx512(struct bt_masks *m, unsigned w, unsigned to, struct bt_str s,
                                      size_t at)
{
	classify(m, w, to, s, at, bt_planes_avx512);
}

BT_AVX2 static void classify_avx2(struct bt_masks *m, unsigned w, unsigned to, struct bt_str s,
                                  size_t at)
{
	classify(m, w, to, s, at, bt_planes_avx2);
}

int bt_registers(void)
{
	static int have = -1;

	if (have < 0)
		have = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
		                       __builtin_cpu_supports("avx512vl") &&
		                       __builtin_cpu_supports("bmi2")
		               ? 64
		       : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
		                       __builtin_cpu_supports("popcnt")
		               ? 32
		               : 16;
	return have;
}

void bt_classify(struct bt_masks *m, unsigned w, unsigned to, struct bt_str s, size_t at)
{
	int by = bt_registers();

	if (by == 64)
		classify_avx512(m, w, to, s, at);
	else if (by == 32)
		classify_avx2(m, w, to, s, at);
	else
		classify(m, w, to, s, at, bt_planes_any);
}

/* A byte is none of a token when both of its halves say so: by_high has no row for 0x80 and up. */
enum { DIGITS = 1, LOW = 2, HIGH = 4, SIGN = 8, LINE = 16 };
static const uint8_t by_high[16] = {
	[2] = SIGN, [3] = DIGITS, [4] = LOW, [5] = HIGH | LINE, [6] = LOW, [7] = HIGH
};
static const uint8_t by_low[16] = {
	DIGITS | HIGH,
	DIGITS | LOW | HIGH,
	DIGITS | LOW | HIGH,
	DIGITS | LOW | HIGH,
	DIGITS | LOW | HIGH,
	DIGITS | LOW | HIGH,
	DIGITS | LOW | HIGH,
	DIGITS | LOW | HIGH,
	DIGITS | LOW | HIGH,
	DIGITS | LOW | HIGH,
	LOW | HIGH,
	LOW | SIGN,
	LOW,
	LOW | SIGN,
	LOW,
	LOW | SIGN | LINE,
};

__attribute__((target("avx2"))) static size_t token_end_avx2(struct bt_str s, size_t at)
{
	const __m256i high_rows = _mm256_broadcastsi128_si256(
	        _mm_loadu_si128((const __m128i *)(const void *)by_high));
	const __m256i low_rows =
	        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)by_low));
	const __m256i half = _mm256_set1_epi8(15);

	for (; at + 32 <= s.n; at += 32) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(s.p + at));
		__m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), half);
		__m256i k =
		        _mm256_and_si256(_mm256_shuffle_epi8(high_rows, high),
		                         _mm256_shuffle_epi8(low_rows, _mm256_and_si256(v, half)));
		unsigned out = (unsigned)_mm256_movemask_epi8(
		        _mm256_cmpeq_epi8(k, _mm256_setzero_si256()));

		if (out)
			return at + (unsigned)__builtin_ctz(out);
	}
	return token_end_slow(s, at);
}

size_t bt_token_end(struct bt_str s, size_t at)
{
	return bt_registers() >= 32 ? token_end_avx2(s, at) : token_end_slow(s, at);
}
#else
int bt_registers(void)
{
	return 16;
}

void bt_classify(struct bt_masks *m, unsigned w, unsigned to, struct bt_str s, size_t at)
{
	classify(m, w, to, s, at, bt_planes_any);
}

size_t bt_token_end(struct bt_str s, size_t at)
{
	return token_end_slow(s, at);
}
#endif
