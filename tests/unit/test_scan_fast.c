/* What is done many bytes at a time for speed, against the same done a byte at a time. */
#include "unit.h"

#include <stdlib.h>

#include "../../src/codec/borders.h"
#include "../../src/codec/classes.h"
#include "../../src/codec/decode.h"
#include "../../src/codec/docs.h"
#include "../../src/codec/normal.h"
#include "../../src/codec/strsort.h"
#include "../../src/codec/textrun.h"
#include "bottle/limits.h"
#include "bottle/mem.h"

static unsigned below(unsigned n)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (unsigned)(x >> 33) % n;
}

static void from_set(char *out, size_t n, const char *set)
{
	for (size_t i = 0; i < n; i++)
		out[i] = set[below((unsigned)strlen(set))];
}

static void percent_in_one_pass_is_percent_round_by_round(void **state)
{
	char text[64], once[64], rounds[64];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = 1 + below(63), len = n;

		from_set(text, n, i & 1 ? "%25341" : "%%%2B+4x1aF");
		memcpy(once, text, n);
		memcpy(rounds, text, n);
		while (bt_percent_decode((uint8_t *)rounds, &len, (struct bt_str){ rounds, len },
		                         true))
			;
		n = bt_percent_undo((uint8_t *)once, n);
		assert_int_equal(n, len);
		assert_memory_equal(once, rounds, n);
	}
}

static const char *sorted_text;

static int by_bytes(const void *a, const void *b)
{
	const struct bt_piece *x = a, *y = b;
	int d = memcmp(sorted_text + x->at, sorted_text + y->at, x->n < y->n ? x->n : y->n);

	return d ? d : (x->n > y->n) - (x->n < y->n);
}

static void radix_sorting_is_sorting(void **state)
{
	static char text[40000];
	static struct bt_piece at[3000], spare[3000], want[3000];

	(void)state;
	for (int round = 0; round < 60; round++) {
		size_t n = 1 + below(round % 2 ? 3000 : 40);

		from_set(text, sizeof text, round % 3 ? "ab" : "abcdefgh019\xc3\xff");
		for (size_t i = 0; i < n; i++)
			want[i] = at[i] = (struct bt_piece){ below(39900), 1 + below(40), 0 };
		sorted_text = text;
		bt_strsort(text, at, spare, n);
		qsort(want, n, sizeof *want, by_bytes);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(at[i].n, want[i].n);
			assert_memory_equal(text + at[i].at, text + want[i].at, at[i].n);
		}
	}
}

static size_t text_at(struct bt_str in, size_t i)
{
	return (uint8_t)in.p[i] < 0x80 ? 1 : bt_utf8_len(in.p + i, in.n - i);
}

/* Stretches of least characters and 64 bytes around, with '|' between. */
static size_t condensed(char *out, struct bt_str in, unsigned least, bool *is)
{
	size_t done = 0, bad = 0, len = 0;

	for (size_t i = 0, n; i < in.n; i += n ? n : 1) {
		n = text_at(in, i);
		bad += n == 0;
	}
	*is = in.n >= 512 && bad >= in.n / 8;
	for (size_t i = 0; *is && i < in.n; i++) {
		size_t from = i, seen = 0, n, to;

		for (; i < in.n && (n = text_at(in, i)) > 0; i += n)
			seen += n > 1 || ((uint8_t)in.p[i] >= 0x20 && in.p[i] != 0x7f);
		if (seen < least)
			continue;
		to = in.n - i > 64 ? i + 64 : in.n;
		from = from > 64 ? from - 64 : 0;
		if (from > done)
			out[len++] = '|';
		for (from = from > done ? from : done; from < to; from++)
			out[len++] = in.p[from];
		done = to > done ? to : done;
	}
	return len;
}

static void stretches_of_text_are_found_as_byte_by_byte(void **state)
{
	static char text[3000], want[9000];
	struct bt_err e = { 0 };

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct bt_str in = { text, 500 + below(2500) };
		BT_OWN_BUF got = BT_BUF(BT_LIM_SCAN);
		bool is, want_is;
		unsigned mostly = 1 + below(30);

		for (size_t i = 0; i < in.n; i++)
			text[i] = (below(mostly) ? "ab \n\xd0\x96\xe4\xb8\xad\x7f"[i % 10]
			                         : (char)below(256));
		unsigned least = round % 2 ? BT_TELLING : BT_TELLING_ANY;
		size_t n = condensed(want, in, least, &want_is);

		assert_ok(bt_condense(&got, in, least, &is, &e), &e);
		assert_int_equal(is, want_is);
		assert_int_equal(got.len, n);
		if (n)
			assert_memory_equal(got.p, want, n);
	}
}

static bool has_text(const uint8_t *p, size_t n, unsigned least)
{
	size_t run = 0, named = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == 0 || (p[i] >= 9 && p[i] <= 13))
			continue;
		run = p[i] >= 0x20 && p[i] < 0x7f ? run + 1 : 0;
		named = run ? named + (p[i] == '=') : 0;
		if (run >= least || (run >= 8 && named))
			return true;
	}
	return false;
}

/* A piece, in which zero bytes are control characters, and what of it is UTF-16. */
static size_t kept(uint8_t *to, size_t at, const uint8_t *p, size_t n)
{
	BT_OWN_BUF wide = BT_BUF(BT_LIM_SCAN);
	struct bt_err e = { 0 };

	for (size_t i = 0; i < n; i++)
		to[at++] = p[i] ? p[i] : 1;
	to[at++] = 0;
	assert_ok(bt_from_utf16(&wide, (struct bt_str){ (const char *)p, n }, &e), &e);
	if (wide.len)
		memcpy(to + at, wide.p, wide.len);
	return at + wide.len;
}

static const char *const sets[] = {
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+_-",
	"YZabcdIJK01",
	"0123456789abcdefABCDEF",
	"234567",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
	"GEZDGNBV"
};

/* A token of each alphabet: decoded when there is text in it, and then as a byte at a time. */
static void tokens_are_decoded_as_byte_by_byte(void **state)
{
	static bool (*const undo[])(uint8_t *, size_t *, struct bt_str) = { bt_base64_decode,
		                                                            bt_base32_decode,
		                                                            bt_hex_decode };
	static const size_t least[] = { 11, 13, 16 };
	struct bt_err e = { 0 };
	char text[400];
	uint8_t one[400], want[1300];

	(void)state;
	for (int round = 0; round < 30000; round++) {
		BT_OWN_BUF got = BT_BUF(BT_LIM_SCAN);
		size_t n = 11 + below(round % 4 ? 60 : 380), len;
		unsigned tells = round % 2 ? BT_TELLING : BT_TELLING_ANY;

		from_set(text, n, sets[below(6)]);
		text[0] = 'M'; /* no rule of hyphens */
		assert_ok(bt_decode_run(&got, (struct bt_str){ text, n }, tells, &e), &e);
		for (size_t i = 0; i < 3; i++) {
			if (n < least[i] || !undo[i](one, &len, (struct bt_str){ text, n }) ||
			    !has_text(one, len, tells))
				continue;
			len = kept(want, 0, one, len);
			assert_non_null(memmem(got.p, got.len, want, len));
		}
	}
}

/* Which blocks of base64 say something, in registers and a byte at a time. */
static void text_in_base64_is_found_as_byte_by_byte(void **state)
{
	static char text[2000];
	size_t found = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct bt_str in = { text, 1 + below(round % 4 ? 200 : 1999) };
		struct bt_textrun fast = { .in = in, .least = round % 2 ? 10 : 8, .end = in.n },
		                  slow = fast;
		bool is = true;

		from_set(text, in.n, sets[round % 3 ? 0 : below(6)]);
		if (round % 3 == 1)
			for (size_t i = below((unsigned)in.n); i + 4 < in.n && below(9); i += 4)
				memcpy(text + i, below(5) ? "YWJj" : below(2) ? "AGEA" : "PQ1h", 4);
		while (is) {
			is = bt_textrun_next(&fast);
			found += is;
			assert_int_equal(bt_textrun_next_slow(&slow), is);
			assert_true(fast.at == slow.at || !is);
		}
	}
	assert_true(found > 1000);
}

/* Parts between slashes that are base32 all over. */
static void parts_of_base32_are_found_as_byte_by_byte(void **state)
{
	static const char *const of[] = { "ab27Z/", "ab27Zxyzh/", "aBcDeFgHiJkLmNoPqRsT234567/",
		                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJK/0" };
	static char text[600];
	size_t found = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct bt_str in = { text, 1 + below(round % 4 ? 150 : 599) }, a, b;
		struct bt_parts32 fast = { .in = in }, slow = { .in = in };
		bool is = true;

		from_set(text, in.n, of[round % 4]);
		for (size_t i = 0; i < below(4); i++)
			text[below((unsigned)in.n)] = "/0="[below(2)];
		while (is) {
			is = bt_parts32_next(&fast, &a);
			found += is;
			assert_int_equal(bt_parts32_next_slow(&slow, &b), is);
			assert_true(!is || (a.p == b.p && a.n == b.n));
		}
	}
	assert_true(found > 1000);
}

static void classes_are_those_of_each_byte(void **state)
{
	char text[200];

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct bt_str s = { text, 1 + below(199) };
		size_t at = below((unsigned)s.n);
		struct bt_masks fast, slow;

		for (size_t i = 0; i < sizeof text; i++)
			text[i] = (char)below(256);
		memset(&fast, 255, sizeof fast);
		memset(&slow, 255, sizeof slow);
		bt_classify(&fast, 1, 1 + 2 * BT_ROW, s, at);
		bt_classify_slow(&slow, 1, 1 + 2 * BT_ROW, s, at);
		assert_memory_equal(&fast, &slow, sizeof slow);
	}
}

/* A value without its controls; of a long one 256 bytes at both ends, with a blank between. */
static void values_are_joined_as_byte_by_byte(void **state)
{
	static char text[800 + BT_VALUE_ROOM], want[800];
	struct bt_err e = { 0 };

	(void)state;
	for (int round = 0; round < 6000; round++) {
		BT_OWN_BUF got = BT_BUF(BT_LIM_SCAN);
		size_t n = round % 2 ? below(40) : below(800), len = 0;
		bool high = false;

		for (size_t i = 0; i < sizeof text; i++)
			text[i] = below(20) ? "ab\xc3~"[below(4)] : "\n\t\x7f\0"[below(4)];
		for (size_t i = 0; i < n; i++) {
			high = high || (text[i] & 0x80);
			if (n > 512 && i == 256) {
				want[len++] = ' ';
				i = n - 256;
			}
			want[len] = text[i];
			len += (unsigned char)text[i] >= 0x20 && text[i] != 0x7f;
		}
		assert_ok(bt_join_value(&got, (struct bt_str){ text, n }, &e), &e);
		assert_int_equal(got.len, len);
		if (len)
			assert_memory_equal(got.p, want, len);
		if (n <= 512)
			assert_int_equal(bt_has_high((struct bt_str){ text, n }), high);
	}
}

/* Could it be a part of a credential: no words of prose, no plain number. */
static bool is_piece(const char *p, size_t n)
{
	size_t digits = 0, letters = 0;

	for (size_t i = 0; i < n; i++) {
		if (!bt_is_token((uint8_t)p[i]) && (uint8_t)p[i] < 0x80 && p[i] != '.' &&
		    p[i] != '=')
			return false;
		digits += p[i] >= '0' && p[i] <= '9';
		letters += (p[i] | 32) >= 'a' && (p[i] | 32) <= 'z';
	}
	return n > 0 && n <= 512 && digits < n && (letters < n || n <= 6 || n > 15);
}

/* Words of a text, with a NUL behind each. */
static size_t to_words(char *out, const char *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == ' ' && len && out[len - 1])
			out[len++] = 0;
		else if (p[i] != ' ' && (uint8_t)p[i] >= 0x20 && p[i] != 0x7f)
			out[len++] = p[i];
	}
	if (len && out[len - 1])
		out[len++] = 0;
	return len;
}

/* Each value up to its first space and from its last one on. */
static size_t to_borders(char *out, struct bt_str s, const struct bt_kinds *kinds)
{
	size_t len = 0, at = 0;

	for (size_t i = 0; at < s.n; i++) {
		size_t n = strlen(s.p + at), head = strcspn(s.p + at, " "), tail = n;

		while (tail > 0 && s.p[at + tail - 1] != ' ')
			tail--;
		if (bt_kinds_value(kinds, i)) {
			memcpy(out + len, s.p + at, head);
			len += head;
		}
		if (bt_kinds_value(kinds, i) && head < n) {
			out[len++] = ' ';
			memcpy(out + len, s.p + at + tail, n - tail);
			len += n - tail;
		}
		at += n + 1;
	}
	return len;
}

/* All of want's words are in got, in their order. */
static bool are_among(const char *want, size_t n, const char *got, size_t m)
{
	for (size_t i = 0, k = 0; i < n; i += strlen(want + i) + 1, k += strlen(got + k) + 1) {
		while (k < m && strcmp(want + i, got + k) != 0)
			k += strlen(got + k) + 1;
		if (k >= m)
			return false;
	}
	return true;
}

static void borders_of_values_and_pieces_are_those_of_each_string(void **state)
{
	static char text[3200], edges[6400], want[6400], got[6400];
	struct bt_err e = { 0 };

	(void)state;
	for (int round = 0; round < 6000; round++) {
		BT_OWN_BUF bits = BT_BUF(BT_LIM_SCAN);
		BT_OWN_BUF pieces = BT_BUF(BT_LIM_SCAN);
		BT_OWN_BUF joined = BT_BUF(BT_LIM_SCAN);
		struct bt_kinds kinds = { &bits, 0 };
		struct bt_str s = { text, 1 + below(round % 3 ? 400 : 3000) };
		struct bt_borders b = { s, &kinds, &pieces, &joined, false, false };
		unsigned rare = 2 + below(60), nul = 2 + below(100);
		size_t n = 0;

		from_set(text, s.n, round % 2 ? "ab1_ ," : "\xc3z9=.-/+d\n");
		for (size_t i = 0; i < s.n; i++)
			text[i] = below(nul) == 0 ? 0 : below(rare) == 0 ? ' ' : text[i];
		text[s.n - 1] = 0;
		for (size_t i = 0; i < s.n; i++)
			if (text[i] == 0)
				assert_ok(bt_kinds_add(&kinds, below(3) > 0, 1, &e), &e);
		assert_ok(bt_borders_run(&b, &e), &e);
		n = to_words(want, edges, to_borders(edges, s, &kinds));
		assert_true(are_among(want, n, got, to_words(got, (char *)joined.p, joined.len)));
		const struct bt_piece *at = (struct bt_piece *)(void *)pieces.p;

		for (size_t i = 0; i < pieces.len / sizeof *at; i++)
			assert_true(is_piece(text + at[i].at, at[i].n) &&
			            text[at[i].at + at[i].n] == 0);
		for (size_t i = 0; i < s.n; i += strlen(text + i) + 1) {
			size_t k = 0, m = strlen(text + i);

			if (!is_piece(text + i, m))
				continue;
			while (k < pieces.len / sizeof *at &&
			       (at[k].n != m || memcmp(text + at[k].at, text + i, m) != 0))
				k++;
			assert_true(k < pieces.len / sizeof *at);
		}
	}
}

/* Of a long value both ends count, with a space between. */
static void a_long_value_is_joined_by_its_ends(void **state)
{
	static char text[5000];
	struct bt_err e = { 0 };

	(void)state;
	for (size_t n = 1; n < 4000; n += 7) {
		BT_OWN_BUF bits = BT_BUF(BT_LIM_SCAN);
		BT_OWN_BUF pieces = BT_BUF(BT_LIM_SCAN);
		BT_OWN_BUF joined = BT_BUF(BT_LIM_SCAN);
		struct bt_kinds kinds = { &bits, 0 };
		struct bt_borders b = { { text, n + 6 }, &kinds, &pieces, &joined, false, false };
		size_t some = n < 256 ? n : 256;

		memcpy(text, "<<", 3);
		memset(text + 3, 'x', n);
		memcpy(text + 3 + n, "\0>>", 4);
		text[3] = 'a';
		text[2 + n] = 'z';
		b.strings.n = n + 7;
		assert_ok(bt_kinds_add(&kinds, 7, 3, &e), &e);
		assert_ok(bt_borders_run(&b, &e), &e);
		assert_true(joined.len <= 1024);
		assert_memory_equal(joined.p, text, 2);
		assert_memory_equal(joined.p + 2, text + 3, some);
		assert_memory_equal(joined.p + joined.len - 2, ">>", 2);
		assert_memory_equal(joined.p + joined.len - 2 - some, text + 3 + n - some, some);
	}
}

static void a_pattern_with_spaces_is_told_by_how_it_begins(void **state)
{
	static const char *const heads[] = { "sEcret", "-----B", "\"Type" };
	char text[700];

	(void)state;
	for (size_t i = 0; i < 3 * 600; i++) {
		struct bt_str s = { text, sizeof text };

		from_set(text, sizeof text, "secr-\"bp");
		for (size_t k = 0; k + 6 < sizeof text; k += 4)
			text[k] = '.';
		assert_false(bt_borders_spaced(s));
		memcpy(text + i / 3, heads[i % 3], strlen(heads[i % 3]));
		assert_true(bt_borders_spaced(s));
	}
}

/* JSON, byte by byte: its strings and numbers with a NUL behind each, and a kind for each. */
struct plain {
	const char *p, *end;
	char *out;
	char kinds[4000];
	size_t n, strings;
	int depth;
};

static bool plain_value(struct plain *j);

static void blanks(struct plain *j)
{
	while (j->p < j->end && strchr(" \t\n\r", *j->p) && *j->p)
		j->p++;
}

static bool is(struct plain *j, char c)
{
	if (j->p == j->end || *j->p != c)
		return false;
	j->p++;
	return true;
}

static void ended(struct plain *j, char kind)
{
	j->out[j->n++] = 0;
	j->kinds[j->strings++] = kind;
}

static bool plain_string(struct plain *j, char kind)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

	if (!is(j, '"'))
		return false;
	while (j->p < j->end && *j->p != '"') {
		if ((uint8_t)*j->p < 0x20)
			return false;
		if (!is(j, '\\')) {
			j->out[j->n++] = *j->p++;
			continue;
		}
		const char *at = j->p < j->end && *j->p ? strchr(from, *j->p) : NULL;

		if (!at && j->end - j->p >= 5 && memcmp(j->p, "u00e9", 5) == 0) {
			j->out[j->n++] = (char)0xc3;
			j->out[j->n++] = (char)0xa9;
			j->p += 5;
			continue;
		}
		if (!at)
			return false;
		j->out[j->n++] = to[at - from];
		j->p++;
	}
	ended(j, kind);
	return is(j, '"');
}

static bool plain_members(struct plain *j, bool object)
{
	char close = object ? '}' : ']';

	if (++j->depth > BT_LIM_DOC_DEPTH)
		return false;
	blanks(j);
	if (is(j, close))
		return j->depth--;
	do {
		blanks(j);
		if (object && !plain_string(j, 0))
			return false;
		blanks(j);
		if (object && !is(j, ':'))
			return false;
		if (!plain_value(j))
			return false;
		blanks(j);
	} while (is(j, ','));
	j->depth--;
	return is(j, close);
}

static bool plain_value(struct plain *j)
{
	const char *from;

	blanks(j);
	if (j->p < j->end && *j->p == '"')
		return plain_string(j, 1);
	if (is(j, '{'))
		return plain_members(j, true);
	if (is(j, '['))
		return plain_members(j, false);
	if (j->end - j->p >= 4 && memcmp(j->p, "null", 4) == 0) {
		j->p += 4;
		return true;
	}
	for (from = j->p; j->p < j->end && *j->p >= '1' && *j->p <= '9';)
		j->out[j->n++] = *j->p++;
	ended(j, 1);
	return j->p > from;
}

static void json_is_read_as_byte_by_byte(void **state)
{
	static const char *const parts[] = {
		"\"",
		"\"",
		"\"",
		"\\\"",
		"\\",
		"\\n",
		"\\u00e9",
		"{\"a\":",
		"{",
		"}",
		"}",
		"[",
		"]",
		":",
		",",
		",",
		"12",
		"null",
		" ",
		"\n",
		"xyz",
		"\"key\":",
		"\"a longer string in it\"",
		"\"\"",
	};
	static char text[4000], out[8000];
	struct bt_err e = { 0 };
	int good = 0;

	(void)state;
	for (int round = 0; round < 60000; round++) {
		BT_OWN_BUF got = BT_BUF(BT_LIM_SCAN);
		BT_OWN_BUF bits = BT_BUF(BT_LIM_SCAN);
		struct bt_kinds kinds = { &bits, 0 };
		struct plain j = { .p = text, .out = out };
		size_t n = 0, open = round % 5 == 4 ? 60 + below(8) : below(3);

		for (size_t i = 0; i < open; i++)
			text[n++] = '[';
		for (unsigned i = below(round % 2 ? 4 : 40); i > 0; i--)
			n += (size_t)sprintf(text + n, "%s%s",
			                     parts[round % 3 ? 15 + below(9) : below(24)],
			                     round % 3 && i > 1 ? "," : "");
		for (size_t i = 0; i < open; i++)
			text[n++] = ']';
		j.end = text + n;
		bool want = plain_value(&j);

		blanks(&j);
		want = want && j.p == j.end;
		assert_int_equal(bt_json_strings(&got, &kinds, (struct bt_str){ text, n }, &e) == 0,
		                 want);
		if (!want)
			continue;
		good++;
		assert_int_equal(got.len, j.n);
		if (j.n)
			assert_memory_equal(got.p, out, j.n);
		assert_int_equal(kinds.n, j.strings);
		for (size_t i = 0; i < j.strings; i++)
			assert_int_equal(bt_kinds_value(&kinds, i), j.kinds[i]);
	}
	assert_true(good > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percent_in_one_pass_is_percent_round_by_round),
		cmocka_unit_test(radix_sorting_is_sorting),
		cmocka_unit_test(stretches_of_text_are_found_as_byte_by_byte),
		cmocka_unit_test(tokens_are_decoded_as_byte_by_byte),
		cmocka_unit_test(text_in_base64_is_found_as_byte_by_byte),
		cmocka_unit_test(parts_of_base32_are_found_as_byte_by_byte),
		cmocka_unit_test(classes_are_those_of_each_byte),
		cmocka_unit_test(values_are_joined_as_byte_by_byte),
		cmocka_unit_test(borders_of_values_and_pieces_are_those_of_each_string),
		cmocka_unit_test(a_long_value_is_joined_by_its_ends),
		cmocka_unit_test(a_pattern_with_spaces_is_told_by_how_it_begins),
		cmocka_unit_test(json_is_read_as_byte_by_byte),
	};
	return cmocka_run_group_tests_name("scan_fast", tests, NULL, NULL);
}
