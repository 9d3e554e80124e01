/* pairs.c - a token with dots in it, and rows of pairs of hexadecimal digits, decoded. */
#include <string.h>

#include "decode.h"

#define TELLING BT_TELLING_ANY

static int keep(struct bt_buf *out, size_t n, struct bt_err *e)
{
	return bt_telling(out->p + out->len, n, TELLING) ? bt_decode_keep(out, n, e) : 0;
}

/* A token with its dots taken out: sk-ant.api03.… */
int bt_decode_dotted(struct bt_buf *out, struct bt_str tok, struct bt_err *e)
{
	uint8_t *at = bt_buf_reserve(out, tok.n, e);
	size_t n = 0;

	if (!at)
		return -1;
	for (size_t i = 0; i < tok.n; i++) {
		at[n] = (uint8_t)tok.p[i];
		n += tok.p[i] != '.';
	}
	return keep(out, n, e);
}

static bool pair_at(struct bt_str in, size_t i)
{
	return i + 1 < in.n && bt_is_hex((uint8_t)in.p[i]) && bt_is_hex((uint8_t)in.p[i + 1]);
}

/* What stands between the pair at i and the next one: 67:68, \x67\x68, 0x67, 0x68. */
static struct bt_str pair_separator(struct bt_str in, size_t i)
{
	static const struct {
		char p[5];
		uint8_t n;
	} known[] = { { ":", 1 },  { "-", 1 },   { " ", 1 },    { ",", 1 },   { ".", 1 },
		      { ", ", 2 }, { "\\x", 2 }, { ", 0x", 4 }, { ",0x", 3 }, { " 0x", 3 } };

	for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
		struct bt_str sep = { known[k].p, known[k].n };

		if (i + 2 + sep.n < in.n && in.p[i + 2] == sep.p[0] &&
		    memcmp(in.p + i + 2, sep.p, sep.n) == 0 && pair_at(in, i + 2 + sep.n))
			return sep;
	}
	return (struct bt_str){ 0 };
}

static bool stands_at(struct bt_str in, size_t i, struct bt_str sep)
{
	for (size_t k = 0; k < sep.n; k++)
		if (i + k >= in.n || in.p[i + k] != sep.p[k])
			return false;
	return true;
}

/* Returns where to look on: at the last pair where that one may begin another row. */
static size_t pair_run(uint8_t *out, size_t *n, struct bt_str in, size_t at)
{
	struct bt_str sep = pair_separator(in, at);
	size_t i = at;

	*n = 0;
	while (sep.n && pair_at(in, i)) {
		out[(*n)++] = (uint8_t)(bt_hex_value[(uint8_t)in.p[i]] << 4 |
		                        bt_hex_value[(uint8_t)in.p[i + 1]]);
		if (!stands_at(in, i + 2, sep))
			return i;
		i += 2 + sep.n;
	}
	return i;
}

int bt_decode_pairs(struct bt_buf *out, struct bt_str in, size_t at, size_t *to, struct bt_err *e)
{
	for (size_t i = at; i < *to && i + 2 * TELLING < in.n; i++) {
		size_t n = 0;

		if (!pair_at(in, i) || bt_is_hex((uint8_t)in.p[i + 2]) ||
		    (i > 0 && bt_is_hex((uint8_t)in.p[i - 1])))
			continue;
		/* A pair takes three bytes at least. */
		uint8_t *room = bt_buf_reserve(out, (in.n - i) / 3 + 2, e);

		if (!room)
			return -1;
		size_t end = pair_run(room, &n, in, i);

		if (n >= TELLING && keep(out, n, e) < 0)
			return -1;
		i = end > i ? end - 1 : i;
		*to = *to > i ? *to : i;
	}
	return 0;
}
