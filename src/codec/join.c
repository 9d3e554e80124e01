/* join.c - a secret in two strings of one document. */
#include <string.h>

#include "borders.h"
#include "docs.h"
#include "normal.h"
#include "scanner.h"
#include "strsort.h"

static int join_sorted(struct bt_buf *out, struct bt_buf *pieces, struct bt_str strings, bool low,
                       struct bt_err *e)
{
	size_t n = pieces->len / sizeof(struct bt_piece), all = 0;

	if (n < 2)
		return 0;
	if (!bt_buf_reserve(pieces, pieces->len, e))
		return -1;
	struct bt_piece *at = (struct bt_piece *)(void *)pieces->p;

	bt_strsort(strings.p, at, at + n, n);
	for (size_t i = 0; i < n; i++)
		all += at[i].n;
	uint8_t *to = low ? bt_buf_reserve(out, all, e) : out->p;

	if (low && !to)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct bt_str one = { strings.p + at[i].at, at[i].n };

		if (!low && bt_fold(out, one, e) < 0)
			return -1;
		if (low)
			memcpy(to + out->len, one.p, one.n);
		out->len += low ? one.n : 0;
	}
	return 0;
}

/* Each value, but of long ones only both ends. */
static int join_values(struct bt_buf *out, const struct bt_borders *b, struct bt_err *e)
{
	struct bt_str one, rest = b->strings;

	for (size_t i = 0; rest.n && bt_str_cut(&rest, 0, &one); i++) {
		if (!bt_kinds_value(b->kinds, i))
			continue;
		if (bt_join_value(out, one, e) < 0)
			return -1;
	}
	return 0;
}

/* Patterns over what was joined, as what its characters look like. *spaced: one of those that may
 * have spaces in them may begin there. */
static int joined(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str text,
                  bool *spaced, struct bt_findings *f, struct bt_err *e)
{
	BT_TAKEN folded = bt_scan_take(&k->folded);

	if (bt_has_high(text)) {
		if (bt_fold(folded, text, e) < 0)
			return -1;
		text = bt_buf_str(folded);
	}
	*spaced = bt_borders_spaced(text);
	return bt_scan_raw(s, k, text, BT_FORM_JOINED, f, e);
}

/* The same in the strings themselves, where they look like something else. */
static int disguised(struct bt_scan_scratch *k, struct bt_str strings, bool *spaced,
                     struct bt_err *e)
{
	BT_TAKEN folded = bt_scan_take(&k->folded);

	if (*spaced || !bt_has_high(strings))
		return 0;
	if (bt_fold_around(folded, strings, e) < 0)
		return -1;
	*spaced = bt_borders_spaced(bt_buf_str(folded));
	return 0;
}

/* What is beside the borders between values; all of them where a pattern may have spaces in it. */
static int values(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_borders *b,
                  struct bt_findings *f, struct bt_err *e)
{
	bool all = s->extra || s->known;

	if (!all && disguised(k, b->strings, &b->spaced, e) < 0)
		return -1;
	if (!all && !b->spaced) {
		if (joined(s, k, bt_buf_str(b->joined), &all, f, e) < 0)
			return -1;
		if (!all)
			return 0;
	}
	bt_buf_clear(b->joined);
	if (join_values(b->joined, b, e) < 0)
		return -1;
	return joined(s, k, bt_buf_str(b->joined), &all, f, e);
}

int bt_scan_strings(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str strings,
                    const struct bt_kinds *kinds, struct bt_findings *f, struct bt_err *e)
{
	BT_TAKEN sorted = bt_scan_take(&k->sorted);
	BT_TAKEN edges = bt_scan_take(&k->joined);
	BT_TAKEN pieces = bt_scan_take(&k->pieces);
	struct bt_borders b = { strings, kinds, pieces, edges, false, false };
	const char *first = strings.n ? memchr(strings.p, 0, strings.n) : NULL;

	if (bt_scan_document(s, k, strings, f, e) < 0)
		return -1;
	if (!first || first == strings.p + strings.n - 1)
		return 0;
	if (bt_borders_run(&b, e) < 0 || (kinds->n && values(s, k, &b, f, e) < 0) ||
	    join_sorted(sorted, pieces, strings, b.low, e) < 0)
		return -1;
	return bt_scan_raw(s, k, bt_buf_str(sorted), BT_FORM_JOINED, f, e);
}
