/* textrun.c - base64 is decoded in registers, and looked at there: random bytes have ten printable
 * ones in a row once in thirty thousand, so nearly nothing has to be written down. */
#include "textrun.h"

#include <string.h>

/* Text: printable bytes in a row, of which one is not before from. What is told by a name and '='
 * may be followed by anything. */
static bool tells_behind(const uint8_t *p, size_t n, unsigned least, size_t from)
{
	size_t run = 0;
	bool named = false;

	for (size_t i = 0; i < n; i++) {
		if (bt_is_idle(p[i]))
			continue;
		bool is = p[i] >= 0x20 && p[i] < 0x7f;

		run = is ? run + 1 : 0;
		named = is && (named || p[i] == '=');
		if (i >= from && (run >= least || (named && run >= BT_TELLING_ANY)))
			return true;
	}
	return false;
}

bool bt_telling(const uint8_t *p, size_t n, unsigned least)
{
	return tells_behind(p, n, least, 0);
}

/* Of so many characters of which each takes many bytes that a row does not end in sight. */
static bool is_wide(const uint8_t *p)
{
	size_t shown = 0;

	for (size_t i = 0; i < 64; i++) {
		bool is = p[i] >= 0x20 && p[i] < 0x7f;

		if (!is && !bt_is_idle(p[i]))
			return false;
		shown += is;
	}
	return shown >= BT_TELLING_WIDE;
}

/* The rule itself, for the block at t->at, and as much before as there are bits in a word. */
static bool tells(const struct bt_textrun *t)
{
	uint8_t bytes[2 * BT_TEXTRUN_BYTES];
	size_t from = t->at > BT_TEXTRUN ? t->at - BT_TEXTRUN : 0, n = 0;
	size_t to = t->in.n - t->at > BT_TEXTRUN ? t->at + BT_TEXTRUN : t->in.n;
	size_t old = (t->at - from) / 4 * 3, seen = old < 16 ? old : 16;

	to -= (to - from) % 4 == 1;
	if (!bt_base64_decode(bytes, &n, (struct bt_str){ t->in.p + from, to - from }))
		return false;
	return tells_behind(bytes + old - seen, n - (old - seen), t->least, seen) ||
	       (n == 2 * BT_TEXTRUN_BYTES && is_wide(bytes + n - 64));
}

bool bt_textrun_next_slow(struct bt_textrun *t)
{
	bool is = false;

	for (; !is && t->at < t->end; t->at += BT_TEXTRUN)
		is = tells(t);
	return is;
}

#if defined __x86_64__ && defined __GNUC__
#include "textrun_simd.h"

uint8_t bt_value64[128];

__attribute__((constructor)) static void fill_values(void)
{
	static const char rows[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (uint8_t i = 0; i < 64; i++)
		bt_value64[(uint8_t)rows[i]] = i;
	bt_value64['-'] = 62;
	bt_value64['_'] = 63;
}

BT_WIDE_TARGET static bool next_wide(struct bt_textrun *t)
{
	bool is = false;

	for (; !is && t->at < t->end; t->at += BT_TEXTRUN) {
		size_t left = t->in.n - t->at;
		__m512i v = _mm512_maskz_loadu_epi8(bt_first_bits(left), t->in.p + t->at);
		struct bt_rows new;

		bt_rows_wide(&new, bt_undo_wide(v), left < 64 ? left * 3 / 4 : 48);
		is = bt_rows_add(&t->rows, &new, t->least);
	}
	return is;
}

__attribute__((target("avx2"))) static bool next_fast(struct bt_textrun *t)
{
	bool is = false;

	for (; !is && t->at < t->end; t->at += BT_TEXTRUN) {
		struct bt_rows new;

		bt_rows_fast(&new, (struct bt_str){ t->in.p + t->at, t->in.n - t->at });
		is = bt_rows_add(&t->rows, &new, t->least);
	}
	return is;
}

int bt_textrun_fast(void)
{
	static int have = -1;

	if (have < 0)
		have = __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw") &&
		                       __builtin_cpu_supports("bmi2")
		               ? 2
		               : __builtin_cpu_supports("avx2") != 0;
	return have;
}

bool bt_textrun_next(struct bt_textrun *t)
{
	int have = bt_textrun_fast();

	if (have == 2)
		return next_wide(t);
	return have ? next_fast(t) : bt_textrun_next_slow(t);
}
#else
bool bt_textrun_next(struct bt_textrun *t)
{
	return bt_textrun_next_slow(t);
}
#endif
