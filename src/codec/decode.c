/* decode.c - base64, base32, hexadecimal, percent, quoted-printable. */
#include "decode.h"

#include <string.h>

static int16_t v64[256];
int16_t bt_base32_value[256];
#define v32 bt_base32_value
int16_t bt_hex_value[256];
#define v16 bt_hex_value
uint8_t bt_bytes[256];

__attribute__((constructor)) static void fill_tables(void)
{
	memset(v64, -1, sizeof v64);
	memset(v32, -1, sizeof v32);
	memset(v16, -1, sizeof v16);
	for (int i = 0; i < 26; i++) {
		v64['A' + i] = (int16_t)i;
		v64['a' + i] = (int16_t)(26 + i);
		v32['A' + i] = v32['a' + i] = (int16_t)i;
	}
	for (int i = 0; i < 10; i++) {
		v64['0' + i] = (int16_t)(52 + i);
		v16['0' + i] = (int16_t)i;
	}
	for (int i = 0; i < 6; i++) {
		v32['2' + i] = (int16_t)(26 + i);
		v16['a' + i] = v16['A' + i] = (int16_t)(10 + i);
	}
	v64['+'] = v64['-'] = 62;
	v64['/'] = v64['_'] = 63;
	for (int c = 1; c < 256; c++)
		bt_bytes[c] = (uint8_t)((v64[c] >= 0 ? BT_BYTE_TOKEN | BT_BYTE_INNER : 0) |
		                        (v16[c] >= 0 ? BT_BYTE_HEX : 0) |
		                        (strchr(".=%\\", c) ? BT_BYTE_INNER : 0));
}

static size_t unpadded(struct bt_str in, size_t most)
{
	size_t n = in.n;

	while (n > 0 && in.n - n < most && in.p[n - 1] == '=')
		n--;
	return n;
}

/* bits a character; the value table says which characters there are. */
static bool decode_bits(uint8_t *out, size_t *n, struct bt_str in, const int16_t *value,
                        unsigned bits)
{
	uint32_t acc = 0;
	unsigned have = 0;
	size_t len = 0;

	for (size_t i = 0; i < in.n; i++) {
		int v = value[(uint8_t)in.p[i]];

		if (v < 0)
			return false;
		acc = acc << bits | (uint32_t)v;
		have += bits;
		if (have >= 8) {
			have -= 8;
			out[len++] = (uint8_t)(acc >> have);
		}
	}
	*n = len;
	return len > 0;
}

bool bt_base64_decode(uint8_t *out, size_t *n, struct bt_str in)
{
	in.n = unpadded(in, 2);
	const uint8_t *p = (const uint8_t *)in.p;
	size_t i = 0, len = 0, rest = 0;

	if (in.n % 4 == 1)
		return false;
	for (; i + 4 <= in.n; i += 4, len += 3) {
		int a = v64[p[i]], b = v64[p[i + 1]], c = v64[p[i + 2]], d = v64[p[i + 3]];

		if ((a | b | c | d) < 0)
			return false;
		out[len] = (uint8_t)(a << 2 | b >> 4);
		out[len + 1] = (uint8_t)(b << 4 | c >> 2);
		out[len + 2] = (uint8_t)(c << 6 | d);
	}
	if (i < in.n &&
	    !decode_bits(out + len, &rest, (struct bt_str){ in.p + i, in.n - i }, v64, 6))
		return false;
	*n = len + rest;
	return *n > 0;
}

bool bt_base32_decode(uint8_t *out, size_t *n, struct bt_str in)
{
	in.n = unpadded(in, 6);
	return decode_bits(out, n, in, v32, 5);
}

bool bt_hex_decode(uint8_t *out, size_t *n, struct bt_str in)
{
	return in.n % 2 == 0 && decode_bits(out, n, in, v16, 4);
}

bool bt_percent_decode(uint8_t *out, size_t *n, struct bt_str in, bool plus)
{
	size_t len = 0;
	bool changed = false;

	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = (uint8_t)in.p[i];

		if (c == '%' && i + 2 < in.n && v16[(uint8_t)in.p[i + 1]] >= 0 &&
		    v16[(uint8_t)in.p[i + 2]] >= 0) {
			c = (uint8_t)(v16[(uint8_t)in.p[i + 1]] << 4 | v16[(uint8_t)in.p[i + 2]]);
			i += 2;
			changed = true;
		} else if (c == '+' && plus) {
			c = ' ';
			changed = true;
		}
		out[len++] = c;
	}
	*n = len;
	return changed;
}

size_t bt_percent_undo(uint8_t *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		p[len++] = p[i];
		/* What was decoded can be the end of another one: %%34%31. */
		while (len >= 3 && p[len - 3] == '%' && v16[p[len - 2]] >= 0 &&
		       v16[p[len - 1]] >= 0) {
			len -= 2;
			p[len - 1] = (uint8_t)(v16[p[len]] << 4 | v16[p[len + 1]]);
		}
		if (p[len - 1] == '+')
			p[len - 1] = ' ';
	}
	return len;
}

void bt_qp_decode(uint8_t *out, size_t *n, struct bt_str in)
{
	size_t len = 0;

	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] != '=') {
			out[len++] = (uint8_t)in.p[i];
		} else if (i + 2 < in.n && v16[(uint8_t)in.p[i + 1]] >= 0 &&
		           v16[(uint8_t)in.p[i + 2]] >= 0) {
			out[len++] = (uint8_t)(v16[(uint8_t)in.p[i + 1]] << 4 |
			                       v16[(uint8_t)in.p[i + 2]]);
			i += 2;
		} else { /* a soft line break */
			i += i + 1 < in.n && in.p[i + 1] == '\r';
			i += i + 1 < in.n && in.p[i + 1] == '\n';
		}
	}
	*n = len;
}

/* The code point of up to max hexadecimal digits at i; *len: how many there were. */
static uint32_t hex_at(struct bt_str in, size_t i, size_t max, size_t *len)
{
	uint32_t v = 0;

	for (*len = 0; *len < max && i + *len < in.n && v16[(uint8_t)in.p[i + *len]] >= 0; ++*len)
		v = v << 4 | (uint32_t)v16[(uint8_t)in.p[i + *len]];
	return v;
}

/* The character that the letter behind a backslash stands for; others for themselves. */
static char named_escape(char c)
{
	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return c;
	}
}

#define LINE_LEAST 4 /* one group of base64 */

bool bt_is_wrapped(struct bt_str s, size_t i)
{
	size_t end = i, from, to = i + 2;

	if (to >= s.n || (s.p[i + 1] != 'n' && s.p[i + 1] != 'r'))
		return false;
	for (int pass = 0; pass < 2; pass++) { /* of "\r\n" the second */
		while (end > 0 && s.p[end - 1] == '\\')
			end--;
		if (pass == 0 && end > 1 && s.p[end - 1] == 'r' && s.p[end - 2] == '\\')
			end--;
	}
	from = end;
	while (from > 0 && end - from < LINE_LEAST && bt_is_token((uint8_t)s.p[from - 1]))
		from--;
	if (end - from < LINE_LEAST)
		return false;
	while (to < s.n && bt_is_token((uint8_t)s.p[to]))
		to++;
	return to - i - 2 >= LINE_LEAST && (to == s.n || s.p[to] == 0 || strchr("\\=\"'", s.p[to]));
}

void bt_unescape(uint8_t *out, size_t *n, struct bt_str in)
{
	size_t len = 0, used;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i], next = i + 1 < in.n ? in.p[i + 1] : 0;

		if (c != '\\' || next == 0) {
			out[len++] = (uint8_t)c;
			continue;
		}
		i++;
		if (next != 'u' && next != 'x') {
			out[len++] = (uint8_t)named_escape(next);
			continue;
		}
		size_t want = next == 'u' ? 4 : 2;
		uint32_t cp = hex_at(in, i + 1, want, &used);

		if (used == want) {
			i += used;
			/* Only what patterns are made of matters; the rest keeps its place. NUL
			 * is no end here. */
			out[len++] = cp == 0 ? 1 : cp < 0x80 ? (uint8_t)cp : '?';
		} else {
			out[len++] = (uint8_t)next;
		}
	}
	*n = len;
}
