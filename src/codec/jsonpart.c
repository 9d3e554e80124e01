/* jsonpart.c - the parts of JSON that are read byte by byte. */
#include "jsonpart.h"

#include <string.h>

static bool hex4(struct bt_str in, size_t at, uint32_t *v)
{
	*v = 0;
	if (in.n - at < 4)
		return false;
	for (size_t i = at; i < at + 4; i++) {
		char c = bt_ascii_lower(in.p[i]);
		bool digit = c >= '0' && c <= '9';

		if (!digit && (c < 'a' || c > 'f'))
			return false;
		*v = *v << 4 | (uint32_t)(digit ? c - '0' : c - 'a' + 10);
	}
	return true;
}

static size_t utf8(uint8_t *out, uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return cp != 0; /* NUL is the separator: left out */
	}
	size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; cp >>= 6)
		out[i] = (uint8_t)(0x80 | (cp & 0x3f));
	out[0] = (uint8_t)((0xf00u >> n) | cp);
	return n;
}

size_t bt_json_unicode(uint8_t *out, struct bt_str in, size_t at, size_t *end)
{
	uint32_t cp = 0, low = 0;

	if (!hex4(in, at, &cp))
		return BT_JSON_NONE;
	*end = at + 4;
	if (cp >= 0xd800 && cp < 0xdc00 && in.n - *end >= 6 && in.p[*end] == '\\' &&
	    in.p[*end + 1] == 'u') {
		if (!hex4(in, *end + 2, &low))
			return BT_JSON_NONE;
		/* No pair: the second stands for itself. */
		if (low >= 0xdc00 && low < 0xe000) {
			cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
			*end += 6;
		}
	}
	return utf8(out, cp >= 0xd800 && cp < 0xe000 ? 0xfffd : cp);
}

static size_t digits(struct bt_str s, size_t i)
{
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i;
}

size_t bt_json_number(struct bt_str s, size_t i)
{
	size_t from = i, at;

	i += s.p[i] == '-';
	at = i;
	i = i < s.n && s.p[i] == '0' ? i + 1 : digits(s, i);
	if (i == at)
		return from;
	if (i < s.n && s.p[i] == '.') {
		at = i + 1;
		i = digits(s, at);
		if (i == at)
			return from;
	}
	if (i < s.n && (s.p[i] | 32) == 'e') {
		i += 1 + (i + 1 < s.n && (s.p[i + 1] == '+' || s.p[i + 1] == '-'));
		at = i;
		i = digits(s, at);
		if (i == at)
			return from;
	}
	return i;
}

size_t bt_json_word(struct bt_str s, size_t i)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t k = 0; k < 3; k++) {
		size_t n = strlen(words[k]);

		if (s.n - i >= n && memcmp(s.p + i, words[k], n) == 0)
			return i + n;
	}
	return i;
}
