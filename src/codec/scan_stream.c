/* scan_stream.c - a body of any length, a window at a time, where its holder has it. Each window
 * begins with the end of the one before, cut where the cut does not show: a space or punctuation,
 * or, inside of a long token, in step with its groups. */
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"
#include "decode.h"
#include "scanner.h"

struct bt_scan_stream {
	const struct bt_scanner *s;
	struct bt_scan_scratch *k;
	uint64_t front;  /* of the body: where the next look begins */
	uint64_t looked; /* and where the last one ended */
	bool cut;        /* a token, at front */
};

struct window {
	uint8_t *p;
	size_t n;
};

/* What a token that was cut begins with instead: in the groups of base64, base32 and hexadecimal
 * alike eight characters, and no credential begins behind a letter that it could not begin at. */
#define FILL 8
#define SLACK 1024 /* how far back a better place for the cut is looked for */

void bt_scan_stream_open(struct bt_scan_stream **out, const struct bt_scanner *s,
                         struct bt_scan_scratch *k)
{
	struct bt_scan_stream *st = bt_calloc(1, sizeof *st);

	st->s = s;
	st->k = k;
	*out = st;
}

void bt_scan_stream_close(struct bt_scan_stream *st)
{
	free(st);
}

static bool digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* A space ends what is looked at across line breaks too, unless it stands in a number. */
static bool good_cut(const struct window *w, size_t i)
{
	return w->p[i] == ' ' && !digit(w->p[i - 1]) && !digit(w->p[i + 1]);
}

static bool fair_cut(const struct window *w, size_t i)
{
	return w->p[i] <= ' ' || strchr("\",;|()[]{}<>", w->p[i]) != NULL;
}

static size_t seek(const struct window *w, size_t i, bool (*ok)(const struct window *, size_t))
{
	for (size_t to = i > SLACK ? i - SLACK : 0; i > to; i--)
		if (ok(w, i))
			return i;
	return 0;
}

/* The latest place at or before i that a text may be cut at where nothing better is: in step with
 * the token that it is in (then *fill), between characters elsewhere. */
static size_t poor_cut(const struct window *w, size_t i, bool *fill)
{
	size_t from = i;

	if (!bt_is_token(w->p[i])) {
		for (int n = 0; n < 3 && i > 0 && (w->p[i] & 0xc0) == 0x80; n++)
			i--;
		return i;
	}
	while (from > 0 && bt_is_token(w->p[from - 1]))
		from--;
	*fill = true;
	return from + ((i - from) & ~(size_t)(FILL - 1));
}

/* Where the next window begins, at most at i. *fill: something has to stand before it. */
static size_t front_at(const struct window *w, size_t i, bool *fill)
{
	size_t at = seek(w, i, good_cut);

	*fill = false;
	at = at ? at : seek(w, i, fair_cut);
	return at ? at : poor_cut(w, i, fill);
}

/* Where a look ends while more is to come. *fill: something has to stand behind it, for which there
 * is room: an end would make a number whole that goes on, and no run of base64 is as long as it
 * happens to be here. */
static size_t end_at(const struct window *w, bool *fill)
{
	size_t at = w->n > FILL ? seek(w, w->n - 1, fair_cut) : 0;

	*fill = false;
	return at ? at + 1 : w->n > FILL ? poor_cut(w, w->n - FILL, fill) : 0;
}

/* For as long as a look takes, in the body itself. */
static void fill_in(uint8_t *at, uint8_t *kept, bool fill)
{
	if (!fill)
		return;
	memcpy(kept, at, FILL);
	memset(at, 'a', FILL);
}

static void put_back(uint8_t *at, uint8_t *kept, bool fill)
{
	if (!fill)
		return;
	memcpy(at, kept, FILL);
	bt_wipe(kept, FILL);
}

/* behind: something stands behind w, so far. */
static int look(struct bt_scan_stream *st, const struct window *w, bool behind,
                struct bt_findings *f, struct bt_err *e)
{
	uint8_t before[FILL], after[FILL], *end = w->p + w->n;
	size_t more = st->cut ? FILL : 0;

	fill_in(w->p - more, before, st->cut);
	fill_in(end, after, behind);
	int rc = bt_scan_text(
	        st->s, st->k,
	        (struct bt_str){ (char *)w->p - more, more + w->n + (behind ? FILL : 0) }, f, e);

	put_back(end, after, behind);
	put_back(w->p - more, before, st->cut);
	if (rc == 0)
		st->looked = st->front + w->n;
	return rc;
}

/* The body from its front on, of which held has what comes from `from` on, to at most `to`. */
static int window(const struct bt_scan_stream *st, const struct bt_buf *held, uint64_t from,
                  uint64_t to, struct window *w, struct bt_err *e)
{
	if (from > bt_scan_stream_passed(st) || to > from + held->len || to < st->front)
		return bt_fail(e, BT_INVALID, "a body that is scanned was let go of");
	*w = (struct window){ held->len ? held->p + (st->front - from) : NULL,
		              (size_t)(to - st->front) };
	return 0;
}

static int look_to(struct bt_scan_stream *st, const struct bt_buf *held, uint64_t from, uint64_t to,
                   struct bt_findings *f, struct bt_err *e)
{
	struct window w;
	bool fill;

	if (window(st, held, from, to, &w, e) < 0)
		return -1;
	if (!w.p)
		return 0;
	w.n = end_at(&w, &fill);
	if (st->front + w.n <= st->looked)
		return 0;
	if (look(st, &w, fill, f, e) < 0)
		return -1;
	size_t at = w.n > BT_LIM_SCAN_OVERLAP ? front_at(&w, w.n - BT_LIM_SCAN_OVERLAP, &fill) : 0;

	if (at > FILL) { /* else what may be sent on would go back */
		st->front += at;
		st->cut = fill;
	}
	return 0;
}

int bt_scan_stream_look(struct bt_scan_stream *st, const struct bt_buf *held, uint64_t from,
                        struct bt_findings *f, struct bt_err *e)
{
	return look_to(st, held, from, from + held->len, f, e);
}

int bt_scan_stream_end(struct bt_scan_stream *st, const struct bt_buf *held, uint64_t from,
                       struct bt_findings *f, struct bt_err *e)
{
	struct window w;

	if (window(st, held, from, from + held->len, &w, e) < 0)
		return -1;
	return !w.p || st->front + w.n <= st->looked ? 0 : look(st, &w, false, f, e);
}

int bt_scan_stream_feed(struct bt_scan_stream *st, const struct bt_buf *held, uint64_t from,
                        struct bt_findings *f, struct bt_err *e)
{
	uint64_t end = from + held->len;

	while (end - bt_scan_stream_passed(st) >= BT_LIM_SCAN_WINDOW)
		if (look_to(st, held, from, bt_scan_stream_passed(st) + BT_LIM_SCAN_WINDOW, f, e) <
		    0)
			return -1;
	return 0;
}

uint64_t bt_scan_stream_passed(const struct bt_scan_stream *st)
{
	return st->cut ? st->front - FILL : st->front;
}
