/* around.c - the places of a text that a decoding can change. What it leaves as it is was looked at
 * already, so a stray escape in a megabyte is no reason to look at the megabyte again. */
#include <string.h>

#include "decode.h"

#define AROUND 256 /* the longest credential that is no token, and a seed phrase */

/* %XX, \u00…, \xXX. */
static bool mark_at(struct bt_str s, size_t i)
{
	size_t skip = s.p[i] == '\\' ? 2 : 1;

	if (i + skip + 1 >= s.n || !bt_is_hex((uint8_t)s.p[i + skip]) ||
	    !bt_is_hex((uint8_t)s.p[i + skip + 1]))
		return false;
	return skip == 1 || s.p[i + 1] == 'u' || s.p[i + 1] == 'x';
}

/* A token is decoded from its first character: none is cut. */
static bool goes_on(struct bt_str s, size_t i)
{
	char c = s.p[i];

	return bt_is_token((uint8_t)c) || c == '.' || c == '=' || c == '%' || c == '\\';
}

int bt_around(struct bt_buf *out, struct bt_str in, char mark, struct bt_err *e)
{
	size_t done = 0;

	for (size_t i = 0; i < in.n; i++) {
		const char *at = memchr(in.p + i, mark, in.n - i);

		i = at ? (size_t)(at - in.p) : in.n;
		if (!at || !mark_at(in, i))
			continue;
		size_t from = i > AROUND ? i - AROUND : 0;
		size_t to = in.n - i > AROUND ? i + AROUND : in.n;

		while (from > done && goes_on(in, from - 1))
			from--;
		if (from > done && bt_buf_add(out, "|", 1, e) < 0)
			return -1;
		from = from > done ? from : done;
		to = to > done ? to : done;
		while (to < in.n && goes_on(in, to))
			to++;
		if (bt_buf_add(out, in.p + from, to - from, e) < 0)
			return -1;
		done = to;
	}
	return 0;
}
