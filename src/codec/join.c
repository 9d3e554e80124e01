/* join.c - a secret in two strings of one document. */
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"
#include "decode.h"
#include "docs.h"
#include "normal.h"
#include "scanner.h"

struct piece {
	uint64_t head; /* first eight bytes, big-endian */
	struct bt_str s;
};

static int by_text(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	size_t n = x->s.n < y->s.n ? x->s.n : y->s.n;

	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	int d = memcmp(x->s.p, y->s.p, n);

	return d ? d : (x->s.n > y->s.n) - (x->s.n < y->s.n);
}

#define LONGEST 512 /* half a credential */
#define WORD 6      /* the longest head of a prefix that is all letters: "github", "sntrys" */

/* Could it be a part of a credential: no words of prose, no plain number. */
static bool candidate(struct bt_str s)
{
	size_t letters = 0, digits = 0;

	if (s.n == 0 || s.n > LONGEST)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];
		bool letter = (c | 32) >= 'a' && (c | 32) <= 'z' && c < 128;

		if (!bt_is_token(c) && c < 128 && c != '.' && c != '=')
			return false;
		letters += letter;
		digits += c >= '0' && c <= '9';
	}
	return digits < s.n && (letters < s.n || s.n <= WORD || s.n > 15);
}

/* Strings that come again and again (keys, roles) take part once. */
#define SEEN 256

static bool repeated(struct bt_str seen[SEEN], struct bt_str s)
{
	uint32_t h = (uint32_t)s.n;

	for (size_t i = 0; i < s.n && i < 8; i++)
		h = h * 31 + (uint8_t)s.p[i];
	h = h * 31 + (uint8_t)s.p[s.n - 1];
	struct bt_str *slot = &seen[h % SEEN];

	if (bt_str_eq(*slot, s))
		return true;
	*slot = s;
	return false;
}

static size_t candidates(struct piece **out, struct bt_str strings)
{
	struct bt_str seen[SEEN] = { 0 }, one;
	size_t n = 0, room = 0;
	struct piece *at = NULL;

	while (bt_str_cut(&strings, 0, &one)) {
		if (!candidate(one) || repeated(seen, one))
			continue;
		if (n == room) {
			size_t more = room ? room * 2 : 32;
			struct piece *fresh = bt_calloc(more, sizeof *fresh);

			if (n)
				memcpy(fresh, at, n * sizeof *at);
			free(at);
			at = fresh;
			room = more;
		}
		at[n].s = one;
		for (size_t i = 0; i < 8; i++)
			at[n].head = at[n].head << 8 | (i < one.n ? (uint8_t)one.p[i] : 0);
		n++;
	}
	*out = at;
	return n;
}

static int join_sorted(struct bt_buf *out, struct bt_str strings, struct bt_err *e)
{
	BT_OWN_MEM struct piece *at = NULL;
	size_t n = candidates(&at, strings);

	if (n < 2)
		return 0;
	qsort(at, n, sizeof *at, by_text);
	for (size_t i = 0; i < n; i++)
		if (bt_fold(out, at[i].s, e) < 0)
			return -1;
	return 0;
}

/* The values one after another, without what a reader does not see. */
static int join_neighbours(struct bt_buf *out, struct bt_str values, struct bt_err *e)
{
	size_t n = 0;

	if (bt_fold(out, values, e) < 0)
		return -1;
	for (size_t i = 0; i < out->len; i++) {
		out->p[n] = out->p[i];
		n += out->p[i] >= 0x20 && out->p[i] != 0x7f;
	}
	out->len = n;
	return 0;
}

#define EDGE 256 /* of a value: more of a credential is not in one half */

int bt_join_value(struct bt_buf *values, struct bt_str one, struct bt_err *e)
{
	if (one.n <= 2 * EDGE)
		return bt_buf_add(values, one.p, one.n, e);
	if (bt_buf_add(values, one.p, EDGE, e) < 0 || bt_buf_add(values, " ", 1, e) < 0)
		return -1;
	return bt_buf_add(values, one.p + one.n - EDGE, EDGE, e);
}

int bt_scan_strings(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str strings,
                    struct bt_str values, struct bt_findings *f, struct bt_err *e)
{
	BT_TAKEN sorted = bt_scan_take(&k->sorted);
	BT_TAKEN joined = bt_scan_take(&k->joined);
	const char *first = strings.n ? memchr(strings.p, 0, strings.n) : NULL;

	if (bt_scan_document(s, k, strings, f, e) < 0)
		return -1;
	if (!first || first == strings.p + strings.n - 1)
		return 0;
	if (join_sorted(sorted, strings, e) < 0 || join_neighbours(joined, values, e) < 0 ||
	    bt_scan_raw(s, k, bt_buf_str(joined), BT_FORM_JOINED, f, e) < 0)
		return -1;
	return bt_scan_raw(s, k, bt_buf_str(sorted), BT_FORM_JOINED, f, e);
}
