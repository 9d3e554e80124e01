/* scan_lines.c - on which lines of a text a credential stands. */
#include "scan_run.h"

#include <string.h>

static bool has(const struct bt_findings *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].name, name) == 0)
			return true;
	return false;
}

/* A text is looked at again in pieces of whole lines, each with the end of the one before it:
 * three passes at most, whatever is in it. */
#define WINDOW 65536u
#define OVERLAP 4096u /* of a key broken over lines, before the line that ends it */

struct walk {
	const struct scan_text *text;
	const struct bt_findings *all; /* in the whole */
	struct bt_findings seen;       /* each kind that was reported */
	size_t line;                   /* of the last line that was looked at, from 1 */
};

static void saw(struct walk *f, const struct bt_finding *one)
{
	if (!has(&f->seen, one->name) && f->seen.n < BT_LIM_FINDINGS)
		f->seen.at[f->seen.n++] = *one;
}

/* The line of the file that this line of the text is. */
static size_t real_line(const struct scan_text *t, size_t line)
{
	size_t i = t->nsteps;

	while (i > 0 && t->steps[i - 1].at > line)
		i--;
	return i ? (size_t)t->steps[i - 1].line + (line - t->steps[i - 1].at) : line;
}

static void say(struct scan_run *r, const struct walk *w, size_t line, const struct bt_finding *one)
{
	struct scan_place at = w->text->at;

	at.line = real_line(w->text, line);
	scan_report(r, &at, one);
}

/* The first n lines of a text. */
static struct bt_str lines(struct bt_str text, size_t n)
{
	struct bt_str rest = text, one;

	while (n-- > 0 && rest.n)
		(void)bt_str_cut(&rest, '\n', &one);
	return (struct bt_str){ text.p, text.n - rest.n };
}

static size_t count_lines(struct bt_str text)
{
	struct bt_str one;
	size_t n = 0;

	for (; text.n; n++)
		(void)bt_str_cut(&text, '\n', &one);
	return n;
}

/* A kind that no line holds by itself (a key broken over lines): the line of the text at which it
 * is complete, from 1. */
static int locate(struct scan_run *r, struct bt_str text, const char *name, size_t *line,
                  struct bt_err *e)
{
	size_t low = 1, high = count_lines(text);

	while (low < high) {
		struct bt_findings f = { .n = 0 };
		size_t mid = low + (high - low) / 2;

		if (bt_scan_text(r->s, r->k, lines(text, mid), &f, e) < 0)
			return -1;
		if (has(&f, name))
			high = mid;
		else
			low = mid + 1;
	}
	*line = low;
	return 0;
}

/* Each name once a line. */
static bool repeated(const struct bt_findings *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(f->at[k].name, f->at[i].name) == 0)
			return true;
	return false;
}

static int by_line(struct scan_run *r, struct walk *w, struct bt_str window, struct bt_err *e)
{
	struct bt_str one;

	while (window.n) {
		struct bt_findings f = { .n = 0 };

		(void)bt_str_cut(&window, '\n', &one);
		w->line++;
		if (bt_scan_text(r->s, r->k, one, &f, e) < 0)
			return -1;
		for (size_t i = 0; i < f.n; i++) {
			if (repeated(&f, i))
				continue;
			say(r, w, w->line, &f.at[i]);
			saw(w, &f.at[i]);
		}
	}
	return 0;
}

/* What is in the window, with what comes before it, and in none of its lines. */
static int broken(struct scan_run *r, struct walk *w, struct bt_str text,
                  const struct bt_findings *f, struct bt_err *e)
{
	size_t first = w->line - count_lines(text), at = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (has(&w->seen, f->at[i].name) || !has(w->all, f->at[i].name))
			continue;
		if (locate(r, text, f->at[i].name, &at, e) < 0)
			return -1;
		say(r, w, first + at, &f->at[i]);
		saw(w, &f->at[i]);
	}
	return 0;
}

/* Whole lines, of WINDOW bytes or just over. */
static struct bt_str window_at(struct bt_str rest)
{
	const char *nl = rest.n > WINDOW ? memchr(rest.p + WINDOW, '\n', rest.n - WINDOW) : NULL;

	return nl ? (struct bt_str){ rest.p, (size_t)(nl + 1 - rest.p) } : rest;
}

static int by_window(struct scan_run *r, struct walk *w, struct bt_err *e)
{
	struct bt_str text = w->text->text;

	for (size_t at = 0; at < text.n;) {
		struct bt_findings f = { .n = 0 };
		struct bt_str win = window_at((struct bt_str){ text.p + at, text.n - at });
		size_t before = at < OVERLAP ? at : OVERLAP;
		struct bt_str wide = { win.p - before, win.n + before };

		at += win.n;
		if (bt_scan_text(r->s, r->k, wide, &f, e) < 0)
			return -1;
		if (f.n == 0)
			w->line += count_lines(win);
		else if (by_line(r, w, win, e) < 0 || broken(r, w, wide, &f, e) < 0)
			return -1;
	}
	/* What only the whole holds is complete at its end at the latest. */
	for (size_t i = 0; i < w->all->n; i++) {
		if (has(&w->seen, w->all->at[i].name))
			continue;
		say(r, w, w->line, &w->all->at[i]);
		saw(w, &w->all->at[i]);
	}
	return 0;
}

int scan_by_line(struct scan_run *r, const struct scan_text *t, struct bt_err *e)
{
	struct bt_findings all = { .n = 0 };

	if (t->text.n == 0)
		return 0;
	if (bt_scan_text(r->s, r->k, t->text, &all, e) < 0)
		return -1;
	/* Nothing in the whole, nothing in a line: the usual case is one pass. */
	if (all.n == 0)
		return 0;
	struct walk w = { .text = t, .all = &all };

	return by_window(r, &w, e);
}
