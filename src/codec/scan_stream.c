/* scan_stream.c - a body of any length, a window at a time. Each window begins with the end of the
 * one before, cut where the cut does not show: a space or punctuation, or, inside of a long token,
 * in step with its groups. */
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"
#include "decode.h"
#include "scanner.h"

struct bt_scan_stream {
	const struct bt_scanner *s;
	struct bt_scan_scratch *k;
	struct bt_buf window;
	uint64_t fed;
	size_t fill;   /* bytes at the window's front that are none of the body's */
	size_t looked; /* how much of the window the last look saw */
};

/* What a token that was cut begins with instead: in the groups of base64, base32 and hexadecimal
 * alike eight characters, and no credential begins behind a letter that it could not begin at. */
#define FILL 8
#define SLACK 1024 /* how far back a better place for the cut is looked for */

int bt_scan_stream_open(struct bt_scan_stream **out, const struct bt_scanner *s,
                        struct bt_scan_scratch *k, struct bt_err *e)
{
	BT_OWN(bt_scan_stream) st = bt_calloc(1, sizeof *st);

	st->s = s;
	st->k = k;
	st->window = BT_BUF(BT_LIM_SCAN_WINDOW + FILL);
	if (!bt_buf_reserve(&st->window, BT_LIM_SCAN_WINDOW + FILL, e))
		return -1;
	*out = BT_STEAL(st);
	return 0;
}

void bt_scan_stream_close(struct bt_scan_stream *st)
{
	if (!st)
		return;
	bt_buf_wipe(&st->window);
	free(st);
}

static bool digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* A space ends what is looked at across line breaks too, unless it stands in a number. */
static bool good_cut(const struct bt_buf *w, size_t i)
{
	return w->p[i] == ' ' && !digit(w->p[i - 1]) && !digit(w->p[i + 1]);
}

static bool fair_cut(const struct bt_buf *w, size_t i)
{
	return w->p[i] <= ' ' || strchr("\",;|()[]{}<>", w->p[i]) != NULL;
}

static size_t seek(const struct bt_buf *w, size_t i, bool (*ok)(const struct bt_buf *, size_t))
{
	for (size_t to = i > SLACK ? i - SLACK : 0; i > to; i--)
		if (ok(w, i))
			return i;
	return 0;
}

/* The latest place at or before i that a text may be cut at where nothing better is: in step with
 * the token that it is in (then *fill), between characters elsewhere. */
static size_t poor_cut(const struct bt_buf *w, size_t i, size_t *fill)
{
	size_t from = i;

	if (!bt_is_token(w->p[i])) {
		for (int n = 0; n < 3 && i > 0 && (w->p[i] & 0xc0) == 0x80; n++)
			i--;
		return i;
	}
	while (from > 0 && bt_is_token(w->p[from - 1]))
		from--;
	*fill = FILL;
	return from + ((i - from) & ~(size_t)(FILL - 1));
}

/* Where the next window begins, at most at i. *fill: what has to stand before it. */
static size_t front_at(const struct bt_buf *w, size_t i, size_t *fill)
{
	size_t at = seek(w, i, good_cut);

	*fill = 0;
	at = at ? at : seek(w, i, fair_cut);
	return at ? at : poor_cut(w, i, fill);
}

/* Where a look ends while more is to come, and what has to stand behind it: an end would make a
 * number whole that goes on, and no run of base64 is as long as it happens to be here. */
static size_t end_at(const struct bt_buf *w, size_t *fill)
{
	size_t at = w->len > 1 ? seek(w, w->len - 1, fair_cut) : 0;

	*fill = 0;
	return at ? at + 1 : w->len ? poor_cut(w, w->len - 1, fill) : 0;
}

static void slide(struct bt_scan_stream *st)
{
	size_t fill, at = front_at(&st->window, st->window.len - BT_LIM_SCAN_OVERLAP, &fill);

	memmove(st->window.p + fill, st->window.p + at, st->window.len - at);
	memset(st->window.p, 'a', fill);
	st->window.len = st->window.len - at + fill;
	st->looked = st->looked - at + fill;
	st->fill = fill;
}

static int look(struct bt_scan_stream *st, size_t end, size_t fill, struct bt_findings *f,
                struct bt_err *e)
{
	char *p = (char *)st->window.p, kept[FILL];

	if (end <= st->looked)
		return 0;
	memcpy(kept, p + end, fill);
	memset(p + end, 'a', fill);
	int rc = bt_scan_text(st->s, st->k, (struct bt_str){ p, end + fill }, f, e);

	memcpy(p + end, kept, fill);
	bt_wipe(kept, sizeof kept);
	st->looked = rc < 0 ? st->looked : end;
	return rc;
}

int bt_scan_stream_look(struct bt_scan_stream *st, struct bt_findings *f, struct bt_err *e)
{
	size_t fill, end = end_at(&st->window, &fill);

	return look(st, end, fill, f, e);
}

int bt_scan_stream_end(struct bt_scan_stream *st, struct bt_findings *f, struct bt_err *e)
{
	return look(st, st->window.len, 0, f, e);
}

int bt_scan_stream_feed(struct bt_scan_stream *st, struct bt_str in, struct bt_findings *f,
                        struct bt_err *e)
{
	while (in.n) {
		if (st->window.len == BT_LIM_SCAN_WINDOW) {
			if (bt_scan_stream_look(st, f, e) < 0)
				return -1;
			slide(st);
		}
		size_t room = BT_LIM_SCAN_WINDOW - st->window.len, n = in.n < room ? in.n : room;

		if (bt_buf_add(&st->window, in.p, n, e) < 0)
			return -1;
		in = (struct bt_str){ in.p + n, in.n - n };
		st->fed += n;
	}
	return 0;
}

uint64_t bt_scan_stream_passed(const struct bt_scan_stream *st)
{
	uint64_t before = st->fed - (st->window.len - st->fill);

	if (st->looked <= BT_LIM_SCAN_OVERLAP + st->fill)
		return before;
	return before + (st->looked - st->fill - BT_LIM_SCAN_OVERLAP);
}
