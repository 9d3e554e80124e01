/* multipart.c - the parts of a multipart body. What stands before the first and after the last
 * delimiter is handed on as a part too: it leaves with the rest. */
#include <string.h>

#include "bottle/limits.h"
#include "docs.h"

static int put_string(struct bt_buf *out, struct bt_str s, struct bt_err *e)
{
	if (bt_buf_add(out, s.p, s.n, e) < 0)
		return -1;
	return bt_buf_add(out, "", 1, e);
}

/* Quoted-string with its escapes undone, or a token (RFC 9110 §5.6.4, §5.6.6). */
static size_t param_value(struct bt_buf *out, struct bt_str s, bool *ok, struct bt_err *e)
{
	size_t i = 0;
	bool quoted = s.n && s.p[0] == '"';

	*ok = true;
	for (i = quoted; i < s.n; i++) {
		char c = s.p[i];

		if (quoted ? c == '"' : c == ';' || c == ' ' || c == '\t')
			break;
		if (quoted && c == '\\' && i + 1 < s.n)
			c = s.p[++i];
		if (bt_buf_add(out, &c, 1, e) < 0)
			*ok = false;
	}
	return i + (quoted && i < s.n);
}

bool bt_header_param(struct bt_str value, const char *name, struct bt_buf *out, struct bt_err *e)
{
	struct bt_str want = bt_str(name), rest = value, key;
	bool ok = true;

	if (!bt_str_cut(&rest, ';', &key))
		return false;
	while (rest.n && ok) {
		BT_OWN_BUF v = BT_BUF(out->max);

		rest = bt_str_trim(rest);
		size_t eq = 0;

		while (eq < rest.n && rest.p[eq] != '=' && rest.p[eq] != ';')
			eq++;
		key = bt_str_trim((struct bt_str){ rest.p, eq });
		rest = (struct bt_str){ rest.p + eq, rest.n - eq };
		if (rest.n && rest.p[0] == '=') {
			rest = bt_str_trim((struct bt_str){ rest.p + 1, rest.n - 1 });
			size_t used = param_value(&v, rest, &ok, e);

			rest = (struct bt_str){ rest.p + used, rest.n - used };
		}
		if (ok && bt_str_ieq(key, want))
			return bt_buf_add(out, v.p, v.len, e) == 0;
		while (rest.n && rest.p[0] != ';')
			rest = (struct bt_str){ rest.p + 1, rest.n - 1 };
		if (rest.n)
			rest = (struct bt_str){ rest.p + 1, rest.n - 1 };
	}
	return false;
}

/* Cut one line; its CRLF or LF is gone. */
static bool line(struct bt_str *s, struct bt_str *one)
{
	if (s->n == 0)
		return false;
	(void)bt_str_cut(s, '\n', one);
	if (one->n && one->p[one->n - 1] == '\r')
		one->n--;
	return true;
}

static int header(struct bt_buf *out, struct bt_str field, struct bt_part *part, struct bt_err *e)
{
	struct bt_str name, value = field;

	if (put_string(out, field, e) < 0)
		return -1;
	if (!bt_str_cut(&value, ':', &name))
		return bt_fail(e, BT_INVALID, "invalid multipart body: a part header has no colon");
	name = bt_str_trim(name);
	value = bt_str_trim(value);
	if (bt_str_ieq(name, BT_STR_LIT("Content-Type")))
		part->type = value;
	if (bt_str_ieq(name, BT_STR_LIT("Content-Transfer-Encoding")))
		part->encoding = value;
	if (!bt_str_ieq(name, BT_STR_LIT("Content-Disposition")))
		return 0;
	if (bt_header_param(value, "name", out, e) && bt_buf_add(out, "", 1, e) < 0)
		return -1;
	size_t before = out->len;

	if (!bt_header_param(value, "filename", out, e))
		return 0;
	if (out->len - before > BT_LIM_FILENAME)
		return bt_fail(e, BT_LIMIT, "multipart filename is over %d bytes", BT_LIM_FILENAME);
	return bt_buf_add(out, "", 1, e);
}

static int one_part(struct bt_multipart *m, struct bt_str text, struct bt_err *e)
{
	struct bt_part part = { 0 };
	struct bt_str field;

	while (line(&text, &field)) {
		if (field.n == 0)
			break;
		if (header(m->out, field, &part, e) < 0)
			return -1;
	}
	part.body = text;
	return m->part(m->ctx, &part, e);
}

/* The next delimiter line: where its line starts, and what follows it. last: it closes. */
static bool delimiter(struct bt_str in, struct bt_str mark, size_t *start, size_t *next, bool *last)
{
	size_t at = 0;

	while (at < in.n) {
		const char *hit = memmem(in.p + at, in.n - at, mark.p, mark.n);

		if (!hit)
			return false;
		size_t i = (size_t)(hit - in.p), k = i + mark.n;

		*last = in.n - k >= 2 && in.p[k] == '-' && in.p[k + 1] == '-';
		k += *last ? 2 : 0;
		while (k < in.n && (in.p[k] == ' ' || in.p[k] == '\t'))
			k++;
		bool eol = k == in.n || in.p[k] == '\n' ||
		           (in.p[k] == '\r' && k + 1 < in.n && in.p[k + 1] == '\n');

		if (eol && (i == 0 || in.p[i - 1] == '\n')) {
			k += k < in.n && in.p[k] == '\r';
			*next = k + (k < in.n);
			*start = i;
			return true;
		}
		at = i + 1;
	}
	return false;
}

static int plain_part(struct bt_multipart *m, struct bt_str body, struct bt_err *e)
{
	return body.n ? m->part(m->ctx, &(struct bt_part){ .body = body }, e) : 0;
}

static int walk(struct bt_multipart *m, struct bt_str in, struct bt_str mark, struct bt_err *e)
{
	size_t start, next;
	bool last = false;

	if (!delimiter(in, mark, &start, &next, &last))
		return bt_fail(e, BT_INVALID, "invalid multipart body: no part");
	if (plain_part(m, (struct bt_str){ in.p, start }, e) < 0)
		return -1;
	while (!last) {
		in = (struct bt_str){ in.p + next, in.n - next };
		if (!delimiter(in, mark, &start, &next, &last))
			return bt_fail(e, BT_INVALID, "invalid multipart body: it ends in a part");
		if (--m->left < 0)
			return bt_fail(e, BT_LIMIT, "multipart body has more than %d parts",
			               BT_LIM_PARTS);
		size_t end = start;

		end -= end && in.p[end - 1] == '\n';
		end -= end && end < start && in.p[end - 1] == '\r';
		if (one_part(m, (struct bt_str){ in.p, end }, e) < 0)
			return -1;
	}
	return plain_part(m, (struct bt_str){ in.p + next, in.n - next }, e);
}

int bt_multipart_walk(struct bt_multipart *m, struct bt_str in, struct bt_str content_type,
                      struct bt_err *e)
{
	BT_OWN_BUF mark = BT_BUF(128);

	if (bt_buf_add(&mark, "--", 2, e) < 0)
		return -1;
	/* RFC 2046 §5.1.1: 1 to 70 characters. */
	if (!bt_header_param(content_type, "boundary", &mark, e) || mark.len < 3 || mark.len > 72)
		return bt_fail(e, BT_INVALID, "invalid multipart body: no boundary");
	return walk(m, in, bt_buf_str(&mark), e);
}
