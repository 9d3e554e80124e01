/* redact.c - every place of the text is tried, those alone that can be the first byte of a value in
 * some spelling; the word that the text ends with is kept back, whatever it is. */
#include "bottle/redact.h"

#include <string.h>

#include "bottle/limits.h"

#define ROOM (16u * BT_KIB) /* taken in at once */

enum fit { NO, PART, WHOLE };

/* Case does not count, nor which alphabet of base64 it is. */
static uint8_t fold(char c)
{
	return c == '-' ? '+' : c == '_' ? '/' : (uint8_t)bt_ascii_lower(c);
}

static int digit(char c)
{
	char low = bt_ascii_lower(c);

	if (c >= '0' && c <= '9')
		return c - '0';
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* n hexadecimal digits that say c. */
static enum fit hex_is(struct bt_str t, size_t n, char c)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++) {
		int d = i < t.n ? digit(t.p[i]) : 0;

		if (i >= t.n)
			return PART;
		if (d < 0)
			return NO;
		v = v << 4 | (unsigned)d;
	}
	return v < 256 && fold((char)v) == fold(c) ? WHOLE : NO;
}

static enum fit starts(struct bt_str t, const char *with)
{
	size_t n = strlen(with), k = t.n < n ? t.n : n;

	return memcmp(t.p, with, k) != 0 ? NO : k < n ? PART : WHOLE;
}

/* "&amp;", "&#38;", "&#x26;": t begins with '&'. */
static enum fit html_is(struct bt_str t, char c, size_t *used)
{
	static const struct {
		char c;
		const char *text;
	} names[] = { { '&', "&amp;" },   { '<', "&lt;" },   { '>', "&gt;" },    { '"', "&quot;" },
		      { '\'', "&apos;" }, { '+', "&plus;" }, { '=', "&equals;" } };
	bool hex = t.n > 2 && bt_ascii_lower(t.p[2]) == 'x';
	unsigned v = 0;
	size_t i = hex ? 3 : 2;

	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		enum fit f = names[k].c == c ? starts(t, names[k].text) : NO;

		*used = strlen(names[k].text);
		if (f != NO)
			return f;
	}
	if (t.n > 1 && t.p[1] != '#')
		return NO;
	for (; i < t.n && i < BT_REDACT_SPELL - 1; i++) {
		int d = digit(t.p[i]);

		if (d < 0 || (!hex && d > 9))
			break;
		v = v * (hex ? 16 : 10) + (unsigned)d;
	}
	*used = i + 1;
	if (i >= t.n)
		return PART;
	return t.p[i] == ';' && v < 256 && fold((char)v) == fold(c) ? WHOLE : NO;
}

/* "\u0026", "\x26", "\/": t begins with a backslash. */
static enum fit slash_is(struct bt_str t, char c, size_t *used)
{
	struct bt_str rest = { t.p + 2, t.n > 2 ? t.n - 2 : 0 };

	if (t.n < 2)
		return PART;
	*used = t.p[1] == 'u' ? 6 : t.p[1] == 'x' ? 4 : 2;
	if (*used > 2)
		return hex_is(rest, *used - 2, c);
	return t.p[1] == c ? WHOLE : NO;
}

static enum fit escape_is(struct bt_str t, char c, size_t *used)
{
	if (t.p[0] == '%') {
		*used = 3;
		return hex_is((struct bt_str){ t.p + 1, t.n - 1 }, 2, c);
	}
	if (t.p[0] == '\\')
		return slash_is(t, c, used);
	return t.p[0] == '&' ? html_is(t, c, used) : NO;
}

/* Does the text begin with the value? *used: so many bytes of it; PART: it ends before that is
 * known, *came bytes of the value are there. An escape can also be the value's own bytes. */
static enum fit fits(struct bt_str t, struct bt_str value, bool escapes, size_t *used, size_t *came)
{
	size_t at = 0;

	for (size_t i = 0; i < value.n; i++) {
		struct bt_str rest = { t.p + at, t.n - at };
		size_t n = 1;
		enum fit f;

		*came = i;
		if (rest.n == 0)
			return PART;
		f = escapes ? escape_is(rest, value.p[i], &n) : NO;
		if (f == PART)
			return PART;
		if (f == NO && fold(rest.p[0]) != fold(value.p[i]))
			return NO;
		at += f == NO ? 1 : n;
	}
	*used = at;
	return WHOLE;
}

/* What everybody may know of a value counts for nothing: who can have its front sent back, and one
 * guess behind it, would see by what is masked whether the guess is right. */
static bool is_half(const struct bt_redact_set *s, size_t i, size_t came)
{
	size_t open = s->open ? s->open[i] : 0;

	return came > open && 2 * (came - open) >= s->at[i].n - open;
}

/* Of all values the longest that begins here, *used: its bytes, or 0. *half: the text ends, and
 * half of one or more is there. */
static void here(const struct bt_redact_set *s, struct bt_str t, size_t *used, bool *half)
{
	*used = 0;
	*half = false;
	for (size_t i = 0; i < 2 * s->n; i++) {
		struct bt_str value = s->at[i / 2];
		size_t n = 0, came = 0;
		enum fit f = fits(t, value, i % 2, &n, &came);

		*half |= f == PART && is_half(s, i / 2, came);
		*used = f == WHOLE && n > *used ? n : *used;
	}
}

void bt_redact_set(struct bt_redact_set *s, const struct bt_str *at, size_t n)
{
	*s = (struct bt_redact_set){ .at = at, .n = n };
	for (size_t i = 0; i < n; i++) {
		s->most = at[i].n > s->most ? at[i].n : s->most;
		for (int c = 0; c < 256; c++)
			s->first[c] |= fold((char)c) == fold(at[i].p[0]);
	}
	s->first['%'] = s->first['\\'] = s->first['&'] = n > 0;
	for (int c = 0; c < 256; c++) {
		char low = bt_ascii_lower((char)c);

		s->word[c] = (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
		             (c && strchr("-_+/=.~%\\&#;", c));
	}
	for (size_t i = 0; i < n; i++) /* and what else one holds: all that is the same to fold */
		for (size_t k = 0; k < at[i].n; k++)
			s->word[(uint8_t)at[i].p[k]] = true;
}

size_t bt_redact_text(const struct bt_redact_set *s, char *p, size_t n)
{
	size_t masked = 0, found = 0; /* up to where */

	for (size_t i = 0; i < n; i++) {
		size_t used;
		bool half;

		if (s->first[(uint8_t)p[i]] &&
		    (here(s, (struct bt_str){ p + i, n - i }, &used, &half), used)) {
			found++;
			masked = i + used > masked ? i + used : masked;
		}
		if (i <
		    masked) /* what is behind it was not looked at yet, what is before it no more */
			p[i] = '*';
	}
	return found;
}

size_t bt_redact_holds(const struct bt_redact *r)
{
	return r->held.len - r->gone;
}

void bt_redact_free(struct bt_redact *r)
{
	bt_buf_wipe(&r->held);
	*r = (struct bt_redact){ .found = r->found };
}

/* Let go of the first n of what is held. */
static int release(struct bt_redact *r, size_t n, struct bt_buf *out, struct bt_err *e)
{
	size_t hidden = r->masked < n ? r->masked : n;
	size_t from = r->gone < n ? r->gone : n, stars = hidden > from ? hidden - from : 0;
	uint8_t *to = n > from ? bt_buf_reserve(out, n - from, e) : NULL;

	if (n > from && !to)
		return -1;
	if (stars)
		memset(to, '*', stars);
	if (n > from + stars)
		memcpy(to + stars, r->held.p + from + stars, n - from - stars);
	bt_buf_commit(out, n - from);
	bt_buf_eat(&r->held, n);
	r->gone -= from;
	r->masked -= hidden;
	return 0;
}

/* How much of what is held is behind the last place that a value could begin in and not end. */
static size_t tail(const struct bt_redact_set *s, const struct bt_redact *r)
{
	size_t n = 0, most = BT_REDACT_SPELL * s->most;

	while (n < r->held.len && n < most && s->word[r->held.p[r->held.len - 1 - n]])
		n++;
	return n;
}

/* One of n bytes is at *i of what is held. What is masked is a front of that, so all before it is
 * let go of. */
static int mask(struct bt_redact *r, size_t *i, size_t n, struct bt_buf *out, struct bt_err *e)
{
	if (*i > r->masked) {
		if (release(r, *i, out, e) < 0)
			return -1;
		*i = 0;
	}
	r->found += *i + n > r->gone;
	r->masked = *i + n > r->masked ? *i + n : r->masked;
	return 0;
}

/* Decide all but the last kept bytes. */
static int look(const struct bt_redact_set *s, struct bt_redact *r, size_t kept, bool halves,
                struct bt_buf *out, struct bt_err *e)
{
	size_t i = 0;

	for (; i + kept < r->held.len; i++) {
		struct bt_str t = { (char *)r->held.p + i, r->held.len - i };
		size_t used = 0;
		bool half = false;

		if (!s->first[(uint8_t)t.p[0]])
			continue;
		here(s, t, &used, &half);
		used = halves && half ? t.n : used;
		if (used && mask(r, &i, used, out, e) < 0)
			return -1;
	}
	return halves ? 0 : release(r, i, out, e);
}

int bt_redact_feed(const struct bt_redact_set *s, struct bt_redact *r, struct bt_str piece,
                   struct bt_buf *out, struct bt_err *e)
{
	r->held.max = ROOM + BT_REDACT_SPELL * (s->most + 1);
	while (piece.n) {
		size_t n = piece.n < ROOM ? piece.n : ROOM;

		if (bt_buf_add(&r->held, piece.p, n, e) < 0 ||
		    look(s, r, tail(s, r), false, out, e) < 0)
			return -1;
		piece.p += n;
		piece.n -= n;
	}
	return 0;
}

int bt_redact_end(const struct bt_redact_set *s, struct bt_redact *r, struct bt_buf *out,
                  struct bt_err *e)
{
	return look(s, r, 0, false, out, e);
}

int bt_redact_pause(const struct bt_redact_set *s, struct bt_redact *r, struct bt_buf *out,
                    struct bt_err *e)
{
	size_t stars, n;
	uint8_t *to;

	if (look(s, r, 0, true, out, e) < 0)
		return -1;
	/* They come out, and stay to be looked at with what follows. */
	n = r->held.len - r->gone;
	stars = r->masked > r->gone ? r->masked - r->gone : 0;
	to = n ? bt_buf_reserve(out, n, e) : NULL;
	if (n && !to)
		return -1;
	if (n) {
		memcpy(to, r->held.p + r->gone, n);
		memset(to, '*', stars);
	}
	bt_buf_commit(out, n);
	r->gone = r->held.len;
	return 0;
}
