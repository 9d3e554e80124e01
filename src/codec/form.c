/* form.c - application/x-www-form-urlencoded (WHATWG URL §5.1, strict about escapes). */
#include <string.h>

#include "decode.h"
#include "docs.h"

static bool hex(char c)
{
	c = bt_ascii_lower(c);
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static int check_escapes(struct bt_str in, struct bt_err *e)
{
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] == '%' && (i + 2 >= in.n || !hex(in.p[i + 1]) || !hex(in.p[i + 2])))
			return bt_fail(e, BT_INVALID,
			               "invalid application/x-www-form-urlencoded body");
	return 0;
}

static int put(struct bt_buf *out, struct bt_str s, struct bt_err *e)
{
	uint8_t *at = bt_buf_reserve(out, s.n + 1 + BT_VALUE_ROOM, e);
	size_t n = 0, kept = 0;

	if (!at)
		return -1;
	(void)bt_percent_decode(at, &n, s, true);
	for (size_t i = 0; i < n; i++) {
		at[kept] = at[i];
		kept += at[i] != 0;
	}
	at[kept] = 0;
	bt_buf_commit(out, kept + 1);
	return 0;
}

int bt_form_strings(struct bt_buf *out, struct bt_kinds *kinds, struct bt_str in, struct bt_err *e)
{
	struct bt_str pair, key;

	if (check_escapes(in, e) < 0)
		return -1;
	while (in.n) {
		(void)bt_str_cut(&in, '&', &pair);
		(void)bt_str_cut(&pair, '=', &key);

		if (put(out, key, e) < 0 || put(out, pair, e) < 0 ||
		    (kinds && bt_kinds_add(kinds, 2, 2, e) < 0))
			return -1;
	}
	return 0;
}
