#include "json_scan.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <string.h>

#include "bottle/buf.h"
#include "bottle/limits.h"

/* cJSON reads a number into 63 bytes and goes on behind them as if nothing had happened. */
#define NUMBER_MAX 60

struct scan {
	struct bt_str s;
	size_t i;
	size_t line_start;
	size_t inner; /* continuation bytes since line_start: columns count characters */
	unsigned line;
	unsigned depth;
	unsigned nodes;
	struct bt_places *places;
	struct bt_buf path; /* only kept where places are wanted */
};

static unsigned column(const struct scan *c)
{
	return (unsigned)(c->i - c->line_start - c->inner + 1);
}

#define refuse(c, e, code, ...)                                                                    \
	(bt_err_set((e), (code), 0, BT_AT, __VA_ARGS__),                                           \
	 bt_wrap((e), "line %u column %u", (c)->line, column(c)))

static int peek(const struct scan *c)
{
	return c->i < c->s.n ? (unsigned char)c->s.p[c->i] : -1;
}

static void skip_space(struct scan *c)
{
	for (;; c->i++) {
		int ch = peek(c);

		if (ch != ' ' && ch != '\t' && ch != '\r' && ch != '\n')
			return;
		if (ch == '\n') {
			c->line++;
			c->line_start = c->i + 1;
			c->inner = 0;
		}
	}
}

static bool digit(int ch)
{
	return ch >= '0' && ch <= '9';
}

/* Four hexadecimal digits at i; false if they are not there. */
static bool hex4(const struct scan *c, size_t i, unsigned *out)
{
	static const char digits[] = "0123456789abcdef";
	unsigned v = 0;

	if (c->s.n - i < 4)
		return false;
	for (size_t k = i; k < i + 4; k++) {
		char low = bt_ascii_lower(c->s.p[k]);
		const char *at = low ? strchr(digits, low) : NULL;

		if (!at)
			return false;
		v = v * 16 + (unsigned)(at - digits);
	}
	*out = v;
	return true;
}

/* Behind the backslash. */
static int scan_escape(struct scan *c, struct bt_err *e)
{
	unsigned u;
	unsigned low;
	int ch = peek(c);

	if (ch != 'u') {
		if (ch <= 0 || !strchr("\"\\/bfnrt", ch))
			return refuse(c, e, BT_INVALID, "unknown escape in a string");
		c->i++;
		return 0;
	}
	if (!hex4(c, c->i + 1, &u))
		return refuse(c, e, BT_INVALID, "\\u wants four hexadecimal digits");
	if (u == 0)
		return refuse(c, e, BT_INVALID, "a string holds U+0000");
	if (u < 0xd800 || u > 0xdfff) {
		c->i += 5;
		return 0;
	}
	if (u > 0xdbff || c->s.n - c->i < 11 || c->s.p[c->i + 5] != '\\' ||
	    c->s.p[c->i + 6] != 'u' || !hex4(c, c->i + 7, &low) || low < 0xdc00 || low > 0xdfff)
		return refuse(c, e, BT_INVALID, "half of a surrogate pair");
	c->i += 11;
	return 0;
}

static int scan_string(struct scan *c, struct bt_err *e)
{
	for (c->i++;;) {
		int ch = peek(c);

		if (ch == '"') {
			c->i++;
			return 0;
		}
		if (ch < 0 || ch == '\n' || ch == '\r')
			return refuse(c, e, BT_INVALID, "a string does not end");
		if (ch < 0x20)
			return refuse(c, e, BT_INVALID, "control character in a string");
		if (ch == '\\') {
			c->i++;
			if (scan_escape(c, e) < 0)
				return -1;
			continue;
		}
		size_t n = bt_utf8_len(c->s.p + c->i, c->s.n - c->i);

		if (n == 0)
			return refuse(c, e, BT_INVALID, "not UTF-8");
		c->i += n;
		c->inner += n - 1;
	}
}

static bool skip_digits(struct scan *c)
{
	size_t from = c->i;

	while (digit(peek(c)))
		c->i++;
	return c->i > from;
}

static int scan_number(struct scan *c, struct bt_err *e)
{
	size_t from = c->i;

	if (peek(c) == '-')
		c->i++;
	bool zero = peek(c) == '0';

	if (!skip_digits(c) || (zero && c->i > from + 1 + (c->s.p[from] == '-')))
		return refuse(c, e, BT_INVALID, "not a number");
	if (peek(c) == '.') {
		c->i++;
		if (!skip_digits(c))
			return refuse(c, e, BT_INVALID, "not a number");
	}
	if (peek(c) == 'e' || peek(c) == 'E') {
		c->i++;
		if (peek(c) == '+' || peek(c) == '-')
			c->i++;
		if (!skip_digits(c))
			return refuse(c, e, BT_INVALID, "not a number");
	}
	if (c->i - from > NUMBER_MAX)
		return refuse(c, e, BT_LIMIT, "a number of more than %d digits", NUMBER_MAX);
	return 0;
}

static int scan_word(struct scan *c, struct bt_err *e)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
		size_t n = strlen(words[k]);

		if (c->s.n - c->i >= n && memcmp(c->s.p + c->i, words[k], n) == 0) {
			c->i += n;
			return 0;
		}
	}
	return refuse(c, e, BT_INVALID,
	              peek(c) < 0 ? "the document ends too early" : "want a value");
}

/* cJSON decodes the key, so that the path names what the tree will hold. */
static int step_key(struct scan *c, size_t from, struct bt_err *e)
{
	if (!c->places)
		return 0;
	cJSON *key = cJSON_ParseWithLength(c->s.p + from, c->i - from);
	int rc = key ? bt_path_step(&c->path, key->valuestring, 0, e)
	             : refuse(c, e, BT_INVALID, "not a key");

	cJSON_Delete(key);
	return rc;
}

static int scan_value(struct scan *c, struct bt_err *e);

static int scan_member(struct scan *c, bool object, size_t index, struct bt_err *e)
{
	size_t path = c->path.len;

	if (object) {
		size_t from = c->i;

		if (peek(c) != '"')
			return refuse(c, e, BT_INVALID, "want a key in double quotes");
		if (scan_string(c, e) < 0 || step_key(c, from, e) < 0)
			return -1;
		skip_space(c);
		if (peek(c) != ':')
			return refuse(c, e, BT_INVALID, "want ':' after a key");
		c->i++;
		skip_space(c);
	} else if (c->places && bt_path_step(&c->path, NULL, index, e) < 0) {
		return -1;
	}
	if (scan_value(c, e) < 0)
		return -1;
	c->path.len = path;
	skip_space(c);
	return 0;
}

/* At the opening bracket of an array or object. */
static int scan_members(struct scan *c, struct bt_err *e)
{
	bool object = peek(c) == '{';
	int end = object ? '}' : ']';

	if (++c->depth > BT_LIM_DOC_DEPTH)
		return refuse(c, e, BT_LIMIT, "nested deeper than %d", BT_LIM_DOC_DEPTH);
	c->i++;
	skip_space(c);
	for (size_t index = 1; peek(c) != end; index++) {
		if (scan_member(c, object, index, e) < 0)
			return -1;
		if (peek(c) == end)
			break;
		if (peek(c) != ',')
			return refuse(c, e, BT_INVALID, "want ',' or '%c'", end);
		c->i++;
		skip_space(c);
		if (peek(c) == end)
			return refuse(c, e, BT_INVALID, "a comma before '%c'", end);
	}
	c->i++;
	c->depth--;
	return 0;
}

static int scan_value(struct scan *c, struct bt_err *e)
{
	int ch = peek(c);

	if (++c->nodes > BT_LIM_DOC_NODES)
		return refuse(c, e, BT_LIMIT, "more than %d values", BT_LIM_DOC_NODES);
	if (c->places) {
		if (bt_buf_add(&c->path, "", 1, e) < 0) /* terminated, but not counted */
			return -1;
		c->path.len--;
		bt_places_add(c->places, (const char *)c->path.p, c->line, column(c));
	}
	if (ch == '{' || ch == '[')
		return scan_members(c, e);
	if (ch == '"')
		return scan_string(c, e);
	if (ch == '-' || digit(ch))
		return scan_number(c, e);
	return scan_word(c, e);
}

static int scan_document(struct scan *c, struct bt_err *e)
{
	if (c->s.n > BT_LIM_DOC_BYTES)
		return bt_fail(e, BT_LIMIT, "more than %u bytes", BT_LIM_DOC_BYTES);
	skip_space(c);
	if (scan_value(c, e) < 0)
		return -1;
	skip_space(c);
	if (c->i < c->s.n)
		return refuse(c, e, BT_INVALID, "something follows the document");
	return 0;
}

int bt_json_scan(struct bt_str text, struct bt_places *places, struct bt_err *e)
{
	struct scan c = { .s = text, .line = 1, .places = places };

	c.path = BT_BUF(BT_LIM_DOC_BYTES);
	int rc = scan_document(&c, e);

	bt_buf_free(&c.path);
	return rc;
}
