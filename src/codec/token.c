/* token.c - what a token, or a row of pairs, says when it is decoded. Nearly none says anything:
 * base64 and hexadecimal are decoded 32 characters at a time, with a look at whether there is text
 * in it on the way. */
#include <string.h>

#include "decode.h"

#define TELLING 8 /* no pattern is shorter */
#define SLACK 32  /* what the fast decoders may write behind the end */

/* Text, or text in UTF-16: eight printable bytes in a row, zero bytes not counted. */
static bool telling(const uint8_t *p, size_t n)
{
	size_t run = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == 0)
			continue;
		run = p[i] >= 0x20 && p[i] < 0x7f ? run + 1 : 0;
		if (run == TELLING)
			return true;
	}
	return false;
}

static int keep(struct bt_buf *out, size_t n, struct bt_err *e)
{
	uint8_t *end = out->p + out->len;

	if (!telling(end, n))
		return 0;
	bt_buf_commit(out, n);
	return bt_buf_add(out, "", 1, e);
}

static bool slow64(uint8_t *out, size_t *n, struct bt_str in)
{
	return bt_base64_decode(out, n, in) && telling(out, *n);
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

		if (byte == 0 || (byte >= 0x20 && byte < 0x7f))
			return true;
	}
	return false;
}

static bool undo_32(uint8_t *out, size_t *n, struct bt_str in)
{
	return may_be_32(in) && bt_base32_decode(out, n, in) && telling(out, *n);
}

static bool slow16(uint8_t *out, size_t *n, struct bt_str in)
{
	return bt_hex_decode(out, n, in) && telling(out, *n);
}

#if defined __x86_64__ && defined __GNUC__
#include <immintrin.h>

#define FAST __attribute__((target("avx2"), always_inline)) static inline

/* The bytes that do not end a row of text: printable ones and zero. */
FAST uint32_t in_text(__m256i v)
{
	__m256i printable = _mm256_andnot_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(127)),
	                                        _mm256_cmpgt_epi8(v, _mm256_set1_epi8(31)));

	return (uint32_t)_mm256_movemask_epi8(
	        _mm256_or_si256(printable, _mm256_cmpeq_epi8(v, _mm256_setzero_si256())));
}

/* 32 characters of either alphabet to 24 bytes. */
FAST __m256i undo64(__m256i v)
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

FAST bool all_hex(__m256i v)
{
	__m256i digit = _mm256_sub_epi8(v, _mm256_set1_epi8('0'));
	__m256i letter =
	        _mm256_sub_epi8(_mm256_or_si256(v, _mm256_set1_epi8(32)), _mm256_set1_epi8('a'));
	__m256i is_digit = _mm256_cmpeq_epi8(_mm256_min_epu8(digit, _mm256_set1_epi8(9)), digit);
	__m256i is_letter = _mm256_cmpeq_epi8(_mm256_min_epu8(letter, _mm256_set1_epi8(5)), letter);

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

/* 32 characters from i on; behind the end fill. Copies of one size are moves, of any size a call.
 */
FAST __m256i load(struct bt_str in, size_t i, char fill)
{
	char part[64];
	size_t n = in.n - i;

	if (n >= 32)
		return _mm256_loadu_si256((const __m256i *)(const void *)(in.p + i));
	if (in.n >= 32) {
		memset(part + 32, fill, 32);
		memcpy(part, in.p + in.n - 32, 32);
		return _mm256_loadu_si256((const __m256i *)(const void *)(part + 32 - n));
	}
	memset(part, fill, 32);
	if (n >= 16) {
		memcpy(part, in.p + i, 16);
		memcpy(part + n - 16, in.p + in.n - 16, 16);
	} else if (n >= 8) {
		memcpy(part, in.p + i, 8);
		memcpy(part + n - 8, in.p + in.n - 8, 8);
	} else {
		memcpy(part, in.p + i, n);
	}
	return _mm256_loadu_si256((const __m256i *)(const void *)part);
}

/* Whether it is telling, by the rows that begin at or before at. */
static bool telling_from(const uint8_t *p, size_t n, size_t at)
{
	while (at > 0 && (p[at - 1] == 0 || (p[at - 1] >= 0x20 && p[at - 1] < 0x7f)))
		at--;
	return telling(p + at, n - at);
}

FAST bool decode(uint8_t *out, size_t n, struct bt_str in, bool hex)
{
	const unsigned by = hex ? 16 : 24;
	uint64_t w = 0;
	size_t first = n;

	for (size_t i = 0, k = 0; k < n; i += 32, k += by) {
		__m256i v = load(in, i, 'A');

		if (hex && !all_hex(v))
			return false;
		v = hex ? undo16(v) : undo64(v);
		_mm256_storeu_si256((__m256i *)(void *)(out + k), v);
		uint64_t row = in_text(v);

		row &= ((uint64_t)1 << (n - k < by ? n - k : by)) - 1;
		w = w >> by | row << (64 - by);
		if (first == n && row_in(w, by))
			first = k;
	}
	return first < n && telling_from(out, n, first);
}

__attribute__((target("avx2"))) static bool fast64(uint8_t *out, size_t *n, struct bt_str in)
{
	for (int i = 0; i < 2 && in.n && in.p[in.n - 1] == '='; i++)
		in.n--;
	*n = in.n / 4 * 3 + (in.n % 4 ? in.n % 4 - 1 : 0);
	return in.n % 4 != 1 && in.n && in.p[in.n - 1] != '=' && decode(out, *n, in, false);
}

__attribute__((target("avx2"))) static bool fast16(uint8_t *out, size_t *n, struct bt_str in)
{
	*n = in.n / 2;
	return in.n % 2 == 0 && decode(out, *n, in, true);
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
#define fast16 slow16
static bool fast(void)
{
	return false;
}
#endif

static bool undo_64(uint8_t *out, size_t *n, struct bt_str in)
{
	return fast() ? fast64(out, n, in) : slow64(out, n, in);
}

static bool undo_16(uint8_t *out, size_t *n, struct bt_str in)
{
	if (!bt_is_hex((uint8_t)in.p[0]) || !bt_is_hex((uint8_t)in.p[in.n / 2]))
		return false;
	return fast() ? fast16(out, n, in) : slow16(out, n, in);
}

/* The shortest tokens of each kind that hold eight bytes. */
static const struct {
	bool (*undo)(uint8_t *, size_t *, struct bt_str);
	size_t least;
} how[] = {
	{ undo_64, 11 },
	{ undo_32, 13 },
	{ undo_16, 16 },
};

/* Most tokens are short, and nearly none is any of these: they are tried beside the buffer. */
static int try_token(struct bt_buf *out, struct bt_str tok, struct bt_err *e)
{
	uint8_t small[96 + SLACK], *at = small;
	size_t n = 0;

	for (size_t i = 0; i < sizeof how / sizeof *how && tok.n >= how[i].least; i++) {
		if (tok.n > sizeof small - SLACK)
			at = bt_buf_reserve(out, tok.n + SLACK, e);
		if (!at)
			return -1;
		if (!how[i].undo(at, &n, tok))
			continue;
		if (at != small)
			bt_buf_commit(out, n);
		else if (bt_buf_add(out, small, n, e) < 0)
			return -1;
		if (bt_buf_add(out, "", 1, e) < 0)
			return -1;
	}
	return 0;
}

/* Hyphens before base64 are a rule of a text, as in PEM. */
static struct bt_str past_rule(struct bt_str run)
{
	if (run.n < 2 || run.p[0] != '-' || run.p[1] != '-')
		return run;
	while (run.n && run.p[0] == '-')
		run = (struct bt_str){ run.p + 1, run.n - 1 };
	return run;
}

/* A run with '/' or '+' in it may be one base64 text or a path of several. */
int bt_decode_run(struct bt_buf *out, struct bt_str run, struct bt_err *e)
{
	struct bt_str part, rest = run, bare = past_rule(run);

	if (try_token(out, run, e) < 0 || (bare.n < run.n && try_token(out, bare, e) < 0))
		return -1;
	if (!memchr(run.p, '/', run.n))
		return 0;
	while (bt_str_cut(&rest, '/', &part))
		if (try_token(out, part, e) < 0)
			return -1;
	return part.n == run.n ? 0 : try_token(out, part, e);
}

/* A token with its dots taken out: sk-ant.api03.… */
int bt_decode_dotted(struct bt_buf *out, struct bt_str tok, struct bt_err *e)
{
	uint8_t *at = bt_buf_reserve(out, tok.n, e);
	size_t n = 0;

	if (!at)
		return -1;
	for (size_t i = 0; i < tok.n; i++) {
		at[n] = (uint8_t)tok.p[i];
		n += tok.p[i] != '.';
	}
	return keep(out, n, e);
}

static bool pair_at(struct bt_str in, size_t i)
{
	return i + 1 < in.n && bt_is_hex((uint8_t)in.p[i]) && bt_is_hex((uint8_t)in.p[i + 1]);
}

/* What stands between the pair at i and the next one: 67:68, \x67\x68, 0x67, 0x68. */
static struct bt_str pair_separator(struct bt_str in, size_t i)
{
	static const struct {
		char p[5];
		uint8_t n;
	} known[] = { { ":", 1 },  { "-", 1 },   { " ", 1 },    { ",", 1 },   { ".", 1 },
		      { ", ", 2 }, { "\\x", 2 }, { ", 0x", 4 }, { ",0x", 3 }, { " 0x", 3 } };

	for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
		struct bt_str sep = { known[k].p, known[k].n };

		if (i + 2 + sep.n < in.n && in.p[i + 2] == sep.p[0] &&
		    memcmp(in.p + i + 2, sep.p, sep.n) == 0 && pair_at(in, i + 2 + sep.n))
			return sep;
	}
	return (struct bt_str){ 0 };
}

static bool stands_at(struct bt_str in, size_t i, struct bt_str sep)
{
	for (size_t k = 0; k < sep.n; k++)
		if (i + k >= in.n || in.p[i + k] != sep.p[k])
			return false;
	return true;
}

/* Returns where to look on: at the last pair where that one may begin another row. */
static size_t pair_run(uint8_t *out, size_t *n, struct bt_str in, size_t at)
{
	struct bt_str sep = pair_separator(in, at);
	size_t i = at;

	*n = 0;
	while (sep.n && pair_at(in, i)) {
		out[(*n)++] = (uint8_t)(bt_hex_value[(uint8_t)in.p[i]] << 4 |
		                        bt_hex_value[(uint8_t)in.p[i + 1]]);
		if (!stands_at(in, i + 2, sep))
			return i;
		i += 2 + sep.n;
	}
	return i;
}

int bt_decode_pairs(struct bt_buf *out, struct bt_str in, size_t at, size_t *to, struct bt_err *e)
{
	for (size_t i = at; i < *to && i + 2 * TELLING < in.n; i++) {
		size_t n = 0;

		if (!pair_at(in, i) || bt_is_hex((uint8_t)in.p[i + 2]) ||
		    (i > 0 && bt_is_hex((uint8_t)in.p[i - 1])))
			continue;
		/* A pair takes three bytes at least. */
		uint8_t *room = bt_buf_reserve(out, (in.n - i) / 3 + 2, e);

		if (!room)
			return -1;
		size_t end = pair_run(room, &n, in, i);

		if (n >= TELLING && keep(out, n, e) < 0)
			return -1;
		i = end > i ? end - 1 : i;
		*to = *to > i ? *to : i;
	}
	return 0;
}
