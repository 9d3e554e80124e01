#include "bottle/event.h"

#include <stdio.h>
#include <string.h>

#include "bottle/limits.h"

/* One string may not push the others off the line. */
#define FIELD_MAX 640u
#define CUT_MARK "\\u2026"
#define END "}\n"

struct line {
	char *p;
	size_t n, cap;
};

static bool put(struct line *l, const char *s, size_t n)
{
	if (n > l->cap - l->n)
		return false;
	memcpy(l->p + l->n, s, n);
	l->n += n;
	return true;
}

/* v in decimal, with zeros in front up to width. No printf here: one event a request is written,
 * and formats took a sixth of what a request costs (docs/performance.md). */
static bool put_digits(struct line *l, uint64_t v, size_t width)
{
	char tmp[20];
	size_t at = sizeof tmp;

	do
		tmp[--at] = (char)('0' + v % 10);
	while ((v /= 10) || sizeof tmp - at < width);
	return put(l, tmp + at, sizeof tmp - at);
}

/* ,"name": - whole or not at all. */
static bool put_key(struct line *l, const char *name)
{
	size_t n = strlen(name);

	return n + 4 <= l->cap - l->n && put(l, ",\"", 2) && put(l, name, n) && put(l, "\":", 2);
}

static unsigned lead_len(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c < 0xc2)
		return 0;
	return c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
}

/* Decode one character (RFC 3629: nothing overlong, no surrogate). Returns its length, 0: invalid.
 */
static unsigned utf8(const unsigned char *s, size_t n, uint32_t *out)
{
	static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned len = lead_len(s[0]);
	uint32_t c = s[0] & mask[len];

	if (len == 0 || len > n)
		return 0;
	for (unsigned i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	*out = c;
	return len;
}

/* Valid, but not shown as it is: C0, DEL, C1, line separators, invisible and bidirectional
 * controls. Whoever reads the log on a terminal sees what was sent, and nothing else happens there.
 */
static bool must_escape(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0x061c ||
	       c == 0xfeff;
}

/* Returns how many bytes of s were used, 0: no room. */
static unsigned put_char(struct line *l, const unsigned char *s, size_t n)
{
	uint32_t c = 0;
	unsigned len = utf8(s, n, &c);

	if (len == 0)
		return put(l, "\\ufffd", 6);
	if (c == '"' || c == '\\')
		return put(l, (const char[]){ '\\', (char)c }, 2);
	if (must_escape(c)) {
		static const char hex[] = "0123456789abcdef";

		return put(l,
		           (const char[]){ '\\', 'u', hex[c >> 12 & 15], hex[c >> 8 & 15],
		                           hex[c >> 4 & 15], hex[c & 15] },
		           6)
		               ? len
		               : 0;
	}
	return put(l, (const char *)s, len) ? len : 0;
}

/* How much of text stands for itself: printable ASCII without quote and backslash. */
static size_t plain(const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && text[i] >= 0x20 && text[i] < 0x7f && text[i] != '"' && text[i] != '\\')
		i++;
	return i;
}

/* As much of text as fits before stop; returns how much that is. */
static size_t put_chars(struct line *l, const char *text, size_t n, size_t stop)
{
	size_t done = 0;

	while (done < n && l->n < stop) {
		size_t room = l->cap - l->n, most = stop - l->n < room ? stop - l->n : room;
		size_t run = plain(text + done, n - done < most ? n - done : most);

		if (run)
			(void)put(l, text + done, run);
		else
			run = put_char(l, (const unsigned char *)text + done, n - done);
		if (!run)
			break;
		done += run;
	}
	return done;
}

/* ,"name":"text"; cut with an ellipsis where it is long, left out where there is no room at all. */
static void put_text(struct line *l, const char *name, const char *text)
{
	size_t mark = l->n, reserve = sizeof CUT_MARK - 1 + 1, n;

	if (!text)
		return;
	if (!put_key(l, name) || !put(l, "\"", 1) || l->cap - l->n < reserve) {
		l->n = mark;
		return;
	}
	n = strlen(text);
	l->cap -= reserve;
	n -= put_chars(l, text, n, l->n + FIELD_MAX);
	l->cap += reserve;
	if (n)
		(void)put(l, CUT_MARK, sizeof CUT_MARK - 1);
	(void)put(l, "\"", 1);
}

static void put_int(struct line *l, const char *name, int64_t v, int64_t absent)
{
	size_t mark = l->n;

	if (v == absent)
		return;
	if (!put_key(l, name) || (v < 0 && !put(l, "-", 1)) ||
	    !put_digits(l, v < 0 ? -(uint64_t)v : (uint64_t)v, 1))
		l->n = mark;
}

static void put_ms(struct line *l, double ms)
{
	uint64_t us;
	size_t mark = l->n;

	if (!(ms >= 0 && ms < 1e12))
		return;
	us = (uint64_t)(ms * 1000 + 0.5);
	if (!put_key(l, "ms") || !put_digits(l, us / 1000, 1) || !put(l, ".", 1) ||
	    !put_digits(l, us % 1000, 3))
		l->n = mark;
}

static void put_path(struct line *l, const struct bt_event *ev)
{
	char url[BT_LIM_HOST + 64];

	if (!ev->redact_path) {
		put_text(l, "path", ev->path);
		return;
	}
	(void)snprintf(url, sizeof url, "%s://%s/[redacted]", ev->scheme ? ev->scheme : "https",
	               ev->host ? ev->host : "");
	put_text(l, "path", url);
}

/* The proleptic Gregorian calendar, counted in years that begin with March: its leap day is the
 * last of a year then, and months have a period of five (153 days). */
static void put_date(struct line *l, uint64_t days)
{
	uint64_t z = days + 719468, era = z / 146097, day = z % 146097;
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t in_year = day - (365 * year + year / 4 - year / 100);
	uint64_t m = (5 * in_year + 2) / 153, month = m < 10 ? m + 3 : m - 9;

	(void)(put_digits(l, year + era * 400 + (month <= 2), 4) && put(l, "-", 1) &&
	       put_digits(l, month, 2) && put(l, "-", 1) &&
	       put_digits(l, in_year - (153 * m + 2) / 5 + 1, 2));
}

static void put_time(struct line *l, uint64_t ts_ms)
{
	uint64_t s = ts_ms / 1000;

	(void)put(l, "{\"ts\":\"", 7);
	put_date(l, s / 86400);
	(void)(put(l, "T", 1) && put_digits(l, s / 3600 % 24, 2) && put(l, ":", 1) &&
	       put_digits(l, s / 60 % 60, 2) && put(l, ":", 1) && put_digits(l, s % 60, 2) &&
	       put(l, ".", 1) && put_digits(l, ts_ms % 1000, 3) && put(l, "Z\"", 2));
}

size_t bt_event_format(char *out, size_t cap, const struct bt_event *ev, const char *slug,
                       int64_t ts_ms)
{
	static const char *const verdicts[] = { NULL, "allow", "warn", "block" };
	struct line l = { out, 0, cap - sizeof END };

	put_time(&l, ts_ms < 0 ? 0 : (uint64_t)ts_ms);
	put_text(&l, "slug", slug);
	put_int(&l, "id", (int64_t)ev->id, 0);
	put_text(&l, "event", ev->event);
	put_text(&l, "verdict", verdicts[ev->verdict & 3]);
	put_text(&l, "scanner", ev->scanner);
	put_text(&l, "rule", ev->rule);
	put_text(&l, "host", ev->host);
	put_int(&l, "port", ev->port, 0);
	put_text(&l, "method", ev->method);
	put_path(&l, ev);
	put_int(&l, "route", ev->route, 0);
	put_int(&l, "status", ev->status, 0);
	put_text(&l, "pattern", ev->pattern);
	put_int(&l, "bytes_out", ev->bytes_out, -1);
	put_int(&l, "bytes_in", ev->bytes_in, -1);
	put_ms(&l, ev->ms);
	put_text(&l, "reason", ev->reason);
	l.cap += sizeof END - 1; /* kept back until here, so that a line always ends */
	(void)put(&l, END, sizeof END - 1);
	out[l.n] = '\0';
	return l.n;
}
