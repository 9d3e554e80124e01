/* http1.c - heads of HTTP/1 messages: one strict reading, and llhttp's beside it. */
#include "bottle/http1.h"

#include <string.h>

#include <llhttp.h>

/* RFC 9110 §5.6.2, one bit a byte: ! # $ % & ' * + - . ^ _ ` | ~ digits letters */
static const uint64_t TCHAR[4] = { 0x03ff6cfa00000000u, 0x57ffffffc7fffffeu, 0, 0 };

bool bt_http_tchar(uint8_t c)
{
	return TCHAR[c >> 6] >> (c & 63) & 1;
}

int bt_http_head_end(const uint8_t *p, size_t n, size_t *seen, size_t *len, struct bt_err *e)
{
	const uint8_t *lf;

	while (*seen < n && (lf = memchr(p + *seen, '\n', n - *seen))) {
		size_t at = (size_t)(lf - p);

		if (at == 0 || p[at - 1] != '\r')
			return bt_fail(e, BT_PROTO, "line ended by LF alone");
		*seen = at + 1;
		if (at >= 2 && p[at - 2] == '\n') {
			*len = at + 1;
			return 1;
		}
	}
	return 0;
}

/* What stands before the next c, *rest being what comes after it; empty where there is no c. */
static struct bt_str upto(struct bt_str *rest, char c)
{
	struct bt_str head;

	return bt_str_cut(rest, c, &head) ? head : (struct bt_str){ NULL, 0 };
}

static bool text(struct bt_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static int version(struct bt_http_head *h, struct bt_str s, struct bt_err *e)
{
	if (s.n != 8 || memcmp(s.p, "HTTP/1.", 7) != 0 || (s.p[7] != '0' && s.p[7] != '1'))
		return bt_fail(e, BT_PROTO, "not HTTP/1.0 or HTTP/1.1");
	h->minor = (unsigned)(s.p[7] - '0');
	return 0;
}

static bool method_ok(struct bt_str m)
{
	if (m.n == 0 || m.n > BT_LIM_HTTP_METHOD)
		return false;
	for (size_t i = 0; i < m.n; i++)
		if (!((m.p[i] >= 'A' && m.p[i] <= 'Z') || (i && m.p[i] == '-')))
			return false;
	return true;
}

static int request_line(struct bt_http_head *h, struct bt_str line, struct bt_err *e)
{
	h->method = upto(&line, ' ');
	if (!method_ok(h->method))
		return bt_fail(e, BT_PROTO, "malformed method");
	h->target = upto(&line, ' ');
	if (h->target.n == 0)
		return bt_fail(e, BT_PROTO, "malformed request line");
	for (size_t i = 0; i < h->target.n; i++) {
		uint8_t c = (uint8_t)h->target.p[i];

		if (c <= 0x20 || c >= 0x7f || c == '#' || c == '\\')
			return bt_fail(e, BT_PROTO, "malformed request target");
	}
	return version(h, line, e);
}

static int status_line(struct bt_http_head *h, struct bt_str line, struct bt_err *e)
{
	if (line.n < 12 || line.p[8] != ' ' || (line.n > 12 && line.p[12] != ' '))
		return bt_fail(e, BT_PROTO, "malformed status line");
	for (size_t i = 9; i < 12; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return bt_fail(e, BT_PROTO, "malformed status");
		h->status = h->status * 10 + (unsigned)(line.p[i] - '0');
	}
	if (h->status < 100 || h->status > 599)
		return bt_fail(e, BT_PROTO, "status out of range");
	if (line.n > 13)
		h->reason = (struct bt_str){ line.p + 13, line.n - 13 };
	if (!text(h->reason))
		return bt_fail(e, BT_PROTO, "control byte in the status line");
	return version(h, (struct bt_str){ line.p, 8 }, e);
}

static int field(struct bt_http_head *h, struct bt_str line, struct bt_err *e)
{
	struct bt_http_field *f = &h->fields[h->nfields];
	size_t n = 0;

	if (h->nfields == BT_LIM_HTTP_FIELDS)
		return bt_fail(e, BT_LIMIT, "too many header fields");
	while (n < line.n && bt_http_tchar((uint8_t)line.p[n]))
		n++;
	if (n == 0 || n == line.n || line.p[n] != ':')
		return bt_fail(e, BT_PROTO, "malformed header name");
	f->name = (struct bt_str){ line.p, n };
	f->value = bt_str_trim((struct bt_str){ line.p + n + 1, line.n - n - 1 });
	if (!text(f->value))
		return bt_fail(e, BT_PROTO, "control byte in a header value");
	h->nfields++;
	return 0;
}

/* The next line without its CR LF. A CR inside it is found by text() or the grammar. */
static int next_line(struct bt_str *rest, struct bt_str *line, struct bt_err *e)
{
	if (!bt_str_cut(rest, '\n', line) || line->n == 0 || line->p[line->n - 1] != '\r')
		return bt_fail(e, BT_PROTO, "line not ended by CR LF");
	line->n--;
	return 0;
}

static int lines(struct bt_http_head *h, struct bt_str rest, bool request, struct bt_err *e)
{
	struct bt_str line;

	if (next_line(&rest, &line, e) < 0)
		return -1;
	if ((request ? request_line(h, line, e) : status_line(h, line, e)) < 0)
		return -1;
	for (;;) {
		if (next_line(&rest, &line, e) < 0)
			return -1;
		if (line.n == 0)
			break;
		if (field(h, line, e) < 0)
			return -1;
	}
	return rest.n == 0 ? 0 : bt_fail(e, BT_PROTO, "bytes after the head");
}

const struct bt_http_field *bt_http_find(const struct bt_http_head *h, const char *name)
{
	struct bt_str want = bt_str(name);

	for (size_t i = 0; i < h->nfields; i++)
		if (bt_str_ieq(h->fields[i].name, want))
			return &h->fields[i];
	return NULL;
}

bool bt_http_list_has(struct bt_str list, const char *token)
{
	struct bt_str item, want = bt_str(token), bare;

	while (list.n) {
		(void)bt_str_cut(&list, ',', &item);
		(void)bt_str_cut(&item, ';', &bare);
		if (bt_str_ieq(bt_str_trim(bare), want))
			return true;
	}
	return false;
}

static int length_field(struct bt_http_head *h, struct bt_str v, struct bt_err *e)
{
	if (h->body == BT_BODY_LENGTH)
		return bt_fail(e, BT_PROTO, "more than one Content-Length");
	if (!bt_str_uint(v, INT64_MAX, &h->length))
		return bt_fail(e, BT_PROTO, "malformed Content-Length");
	h->body = BT_BODY_LENGTH;
	return 0;
}

/* Content-Length and Transfer-Encoding: at most one of them, once, spelled the one way. */
static int framing(struct bt_http_head *h, struct bt_err *e)
{
	bool te = false;

	for (size_t i = 0; i < h->nfields; i++) {
		const struct bt_http_field *f = &h->fields[i];

		if (bt_str_ieq(f->name, BT_STR_LIT("content-length"))) {
			if (length_field(h, f->value, e) < 0)
				return -1;
		} else if (bt_str_ieq(f->name, BT_STR_LIT("transfer-encoding"))) {
			if (te || !bt_str_ieq(f->value, BT_STR_LIT("chunked")))
				return bt_fail(e, BT_PROTO, "Transfer-Encoding is not chunked");
			te = true;
		}
	}
	if (te && h->body == BT_BODY_LENGTH)
		return bt_fail(e, BT_PROTO, "Content-Length beside Transfer-Encoding");
	if (te && h->minor == 0)
		return bt_fail(e, BT_PROTO, "Transfer-Encoding in HTTP/1.0");
	if (te)
		h->body = BT_BODY_CHUNKED;
	return 0;
}

static void persistence(struct bt_http_head *h)
{
	h->keep_alive = h->minor == 1;
	for (size_t i = 0; i < h->nfields; i++) {
		const struct bt_http_field *f = &h->fields[i];

		if (!bt_str_ieq(f->name, BT_STR_LIT("connection")))
			continue;
		if (bt_http_list_has(f->value, "close")) {
			h->keep_alive = false;
			return;
		}
		if (h->minor == 0 && bt_http_list_has(f->value, "keep-alive"))
			h->keep_alive = true;
	}
}

static int request_fields(struct bt_http_head *h, struct bt_err *e)
{
	size_t hosts = 0;

	for (size_t i = 0; i < h->nfields; i++) {
		const struct bt_http_field *f = &h->fields[i];

		if (bt_str_ieq(f->name, BT_STR_LIT("host")))
			hosts++;
		if (!bt_str_ieq(f->name, BT_STR_LIT("expect")))
			continue;
		if (!bt_str_ieq(f->value, BT_STR_LIT("100-continue")))
			return bt_fail(e, BT_PROTO, "unknown expectation");
		h->expect = h->minor == 1;
	}
	if (hosts > 1 || (hosts == 0 && h->minor == 1))
		return bt_fail(e, BT_PROTO, hosts ? "more than one Host" : "no Host");
	return 0;
}

static int on_headers_complete(llhttp_t *p)
{
	*(bool *)p->data = true;
	return HPE_PAUSED;
}

/* The second reading. It may be laxer than ours, never of another opinion. */
static int second_opinion(const struct bt_http_head *h, struct bt_str raw, bool request,
                          struct bt_err *e)
{
	llhttp_settings_t set;
	llhttp_t p;
	bool whole = false;

	llhttp_settings_init(&set);
	set.on_headers_complete = on_headers_complete;
	llhttp_init(&p, request ? HTTP_REQUEST : HTTP_RESPONSE, &set);
	p.data = &whole;
	if (llhttp_execute(&p, raw.p, raw.n) != HPE_PAUSED || !whole)
		return bt_fail(e, BT_PROTO, "malformed head: %s",
		               p.reason && *p.reason ? p.reason : "two readings differ");
	if (p.http_minor != h->minor || p.http_major != 1 ||
	    (bool)(p.flags & F_CHUNKED) != (h->body == BT_BODY_CHUNKED) ||
	    (h->body == BT_BODY_LENGTH && p.content_length != h->length))
		return bt_fail(e, BT_PROTO, "two readings of the head differ");
	return 0;
}

static int parse(struct bt_http_head *h, struct bt_str raw, bool request, struct bt_err *e)
{
	h->method = h->target = h->reason = (struct bt_str){ NULL, 0 };
	h->status = 0;
	h->length = 0;
	h->nfields = 0;
	h->expect = false;
	h->body = BT_BODY_NONE;
	if (lines(h, raw, request, e) < 0 || framing(h, e) < 0)
		return -1;
	persistence(h);
	return second_opinion(h, raw, request, e);
}

int bt_http_request(struct bt_http_head *h, const uint8_t *p, size_t n, struct bt_err *e)
{
	if (parse(h, (struct bt_str){ (const char *)p, n }, true, e) < 0)
		return -1;
	return request_fields(h, e);
}

int bt_http_response(struct bt_http_head *h, const uint8_t *p, size_t n, struct bt_str method,
                     struct bt_err *e)
{
	if (parse(h, (struct bt_str){ (const char *)p, n }, false, e) < 0)
		return -1;
	h->method = method;
	if (h->status < 200 || h->status == 204 || h->status == 304 ||
	    bt_str_eq(method, BT_STR_LIT("HEAD"))) {
		h->body = BT_BODY_NONE; /* whatever the head announces (RFC 9112 §6.3) */
	} else if (h->body == BT_BODY_NONE) {
		h->body = BT_BODY_EOF;
		h->keep_alive = false;
	}
	return 0;
}
