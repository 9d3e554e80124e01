#include "bottle/urlpath.h"

#include <string.h>

#include "bottle/own.h"
#include "decode.h"

static bool separates(char c)
{
	return c == '/' || c == '\\';
}

/* A segment of two dots in what is decoded already. */
static bool has_climb(struct bt_str s)
{
	const char *end, *at = s.p;

	if (s.n < 2) /* and perhaps no memory at all */
		return false;
	end = s.p + s.n;
	while (end - at >= 2 && (at = memchr(at, '.', (size_t)(end - at) - 1)) != NULL) {
		const char *behind = at + 2;

		if (at[1] == '.' && (at == s.p || separates(at[-1])) &&
		    (behind == end || separates(*behind) || *behind == ';' || *behind == '\0'))
			return true;
		at++;
	}
	return false;
}

bool bt_path_climbs(struct bt_str path)
{
	BT_OWN_BUF plain = BT_BUF(path.n + 1);
	struct bt_err e = { 0 };

	if (!path.n || !memchr(path.p, '%', path.n))
		return has_climb(path);
	if (bt_buf_add(&plain, path.p, path.n, &e) < 0)
		return true; /* what cannot be looked at is not let through */
	plain.len = bt_percent_undo(plain.p, plain.len);
	return has_climb(bt_buf_str(&plain));
}

static int digit(char c)
{
	char low = bt_ascii_lower(c);

	if (c >= '0' && c <= '9')
		return c - '0';
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* One character, escaped or not, of a path; i moves past it. -1: some read it otherwise. */
static int next(struct bt_str path, size_t *i, struct bt_err *e)
{
	unsigned char c = (unsigned char)path.p[(*i)++];

	if (c == '\\' || c == ';')
		return bt_fail(e, BT_PROTO, "'%c' in it", c);
	if (c < 0x20 || c == 0x7f)
		return bt_fail(e, BT_PROTO, "a control character");
	if (c != '%')
		return c;
	int high = *i + 1 < path.n ? digit(path.p[*i]) : -1;
	int low = high < 0 ? -1 : digit(path.p[*i + 1]);

	if (low < 0)
		return bt_fail(e, BT_PROTO, "an escape that is none");
	*i += 2;
	c = (unsigned char)(high << 4 | low);
	if (c < 0x20 || c == 0x7f)
		return bt_fail(e, BT_PROTO, "an escaped control character");
	if (strchr("/\\%?#;", c))
		return bt_fail(e, BT_PROTO, "an escaped '%c'", c);
	return c;
}

/* Segments that servers take out, each in its own way. */
static int check_segments(struct bt_str s, struct bt_err *e)
{
	struct bt_str segment;

	if (s.n && s.p[0] == '/') {
		s.p++;
		s.n--;
	}
	for (bool more = s.n > 0; more;) {
		more = bt_str_cut(&s, '/', &segment);
		if (more && !segment.n)
			return bt_fail(e, BT_PROTO, "an empty segment");
		if (bt_str_eq(segment, BT_STR_LIT(".")) || bt_str_eq(segment, BT_STR_LIT("..")))
			return bt_fail(e, BT_PROTO, "a segment of dots");
	}
	return 0;
}

int bt_path_read(struct bt_buf *out, struct bt_str path, struct bt_err *e)
{
	size_t was = out->len, i = 0;

	if (!path.n)
		return 0; /* and out may be no memory yet */
	while (i < path.n) {
		int got = next(path, &i, e);
		char c = (char)got;

		if (got < 0 || bt_buf_add(out, &c, 1, e) < 0) {
			out->len = was;
			return -1;
		}
	}
	struct bt_str read = bt_buf_str(out);

	if (check_segments((struct bt_str){ read.p + was, read.n - was }, e) == 0)
		return 0;
	out->len = was;
	return -1;
}
