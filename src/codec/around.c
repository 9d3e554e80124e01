/* around.c - the places of a text that a decoding can change. What it leaves as it is was looked at
 * already, so a stray escape in a megabyte is no reason to look at the megabyte again. */
#include <string.h>

#include "decode.h"

#define AROUND 256 /* the longest credential that is no token, and a seed phrase */

/* %XX, \u00…, \xXX, &#103;, \n inside of what is wrapped. */
static bool mark_at(struct bt_str s, size_t i)
{
	if (s.p[i] == '&')
		return bt_is_reference(s, i);
	if (s.p[i] == '\\' && bt_is_wrapped(s, i))
		return true;
	size_t skip = s.p[i] == '\\' ? 2 : 1;

	if (i + skip + 1 >= s.n || !bt_is_hex((uint8_t)s.p[i + skip]) ||
	    !bt_is_hex((uint8_t)s.p[i + skip + 1]))
		return false;
	return skip == 1 || s.p[i + 1] == 'u' || s.p[i + 1] == 'x';
}

/* The next mark from i on; in.n: none. Where there are many they are near. */
static size_t next_mark(struct bt_str in, size_t i, char mark)
{
	for (;; i++) {
		size_t near = in.n - i < 16 ? in.n : i + 16;

		while (i < near && in.p[i] != mark)
			i++;
		if (i == near && i < in.n) {
			const char *at = memchr(in.p + i, mark, in.n - i);

			i = at ? (size_t)(at - in.p) : in.n;
		}
		if (i == in.n || mark_at(in, i))
			return i;
	}
}

static int put(struct bt_buf *out, struct bt_str in, size_t from, size_t to, size_t *done,
               struct bt_err *e)
{
	while (from > *done && bt_is_inner((uint8_t)in.p[from - 1]))
		from--;
	while (to < in.n && bt_is_inner((uint8_t)in.p[to]))
		to++;
	if (from > *done && bt_buf_add(out, "|", 1, e) < 0)
		return -1;
	from = from > *done ? from : *done;
	if (from >= to)
		return 0;
	*done = to;
	return bt_buf_add(out, in.p + from, to - from, e);
}

int bt_around(struct bt_buf *out, struct bt_str in, char mark, struct bt_err *e)
{
	size_t done = 0, i = next_mark(in, 0, mark);

	while (i < in.n) {
		size_t from = i > AROUND ? i - AROUND : 0, to;

		/* One stretch, as long as marks are near to one another. */
		do {
			to = in.n - i > AROUND ? i + AROUND : in.n;
			i = next_mark(in, i + 1, mark);
		} while (i < to);
		if (put(out, in, from, to, &done, e) < 0)
			return -1;
	}
	return 0;
}
