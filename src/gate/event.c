#include "bottle/event.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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

static bool BT_PRINTF(2, 3) putf(struct line *l, const char *fmt, ...)
{
	char tmp[96];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(tmp, sizeof tmp, fmt, ap);

	va_end(ap);
	return n > 0 && (size_t)n < sizeof tmp && put(l, tmp, (size_t)n);
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
		return putf(l, "\\%c", (int)c);
	if (must_escape(c))
		return putf(l, "\\u%04x", (unsigned)c) ? len : 0;
	return put(l, (const char *)s, len) ? len : 0;
}

/* ,"name":"text"; cut with an ellipsis where it is long, left out where there is no room at all. */
static void put_text(struct line *l, const char *name, const char *text)
{
	size_t mark = l->n, reserve = sizeof CUT_MARK - 1 + 1, n, stop;

	if (!text)
		return;
	if (!putf(l, ",\"%s\":\"", name) || l->cap - l->n < reserve) {
		l->n = mark;
		return;
	}
	n = strlen(text);
	stop = l->n + FIELD_MAX;
	l->cap -= reserve;
	while (n) {
		unsigned used = l->n < stop ? put_char(l, (const unsigned char *)text, n) : 0;

		if (!used)
			break;
		text += used;
		n -= used;
	}
	l->cap += reserve;
	if (n)
		(void)put(l, CUT_MARK, sizeof CUT_MARK - 1);
	(void)put(l, "\"", 1);
}

static void put_int(struct line *l, const char *name, int64_t v, int64_t absent)
{
	if (v != absent)
		(void)putf(l, ",\"%s\":%lld", name, (long long)v);
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

static void put_time(struct line *l, int64_t ts_ms)
{
	time_t s = (time_t)(ts_ms / 1000);
	struct tm tm;
	char text[32] = "";

	if (gmtime_r(&s, &tm))
		(void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)putf(l, "{\"ts\":\"%s.%03dZ\"", text, (int)(ts_ms % 1000));
}

size_t bt_event_format(char *out, size_t cap, const struct bt_event *ev, const char *slug,
                       int64_t ts_ms)
{
	static const char *const verdicts[] = { NULL, "allow", "warn", "block" };
	struct line l = { out, 0, cap - sizeof END };

	put_time(&l, ts_ms < 0 ? 0 : ts_ms);
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
	put_int(&l, "status", ev->status, 0);
	put_text(&l, "pattern", ev->pattern);
	put_int(&l, "bytes_out", ev->bytes_out, -1);
	put_int(&l, "bytes_in", ev->bytes_in, -1);
	if (ev->ms >= 0 && ev->ms < 1e12)
		(void)putf(&l, ",\"ms\":%.3f", ev->ms);
	put_text(&l, "reason", ev->reason);
	l.cap += sizeof END - 1; /* kept back until here, so that a line always ends */
	(void)put(&l, END, sizeof END - 1);
	out[l.n] = '\0';
	return l.n;
}
