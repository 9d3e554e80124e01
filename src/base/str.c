#include "bottle/str.h"

#include <string.h>

struct bt_str bt_str(const char *z)
{
	return (struct bt_str){ z, z ? strlen(z) : 0 };
}

char bt_ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool bt_str_eq(struct bt_str a, struct bt_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool bt_str_ieq(struct bt_str a, struct bt_str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (bt_ascii_lower(a.p[i]) != bt_ascii_lower(b.p[i]))
			return false;
	return true;
}

bool bt_str_istarts(struct bt_str s, struct bt_str prefix)
{
	return s.n >= prefix.n && bt_str_ieq((struct bt_str){ s.p, prefix.n }, prefix);
}

struct bt_str bt_str_trim(struct bt_str s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t'))
		s.p++, s.n--;
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool bt_str_cut(struct bt_str *s, char c, struct bt_str *head)
{
	const char *at = s->n ? memchr(s->p, c, s->n) : NULL;

	*head = *s;
	if (!at) {
		*s = (struct bt_str){ s->n ? s->p + s->n : s->p, 0 }; /* p may be NULL */
		return false;
	}
	head->n = (size_t)(at - s->p);
	*s = (struct bt_str){ at + 1, s->n - head->n - 1 };
	return true;
}

bool bt_str_uint(struct bt_str s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		uint64_t d = (uint64_t)(s.p[i] - '0');

		if (v > max / 10 || v * 10 > max - d)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

size_t bt_utf8_len(const char *s, size_t n)
{
	const uint8_t *p = (const uint8_t *)s;

	if (n == 0)
		return 0;
	size_t want = p[0] < 0x80                   ? 1
	              : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
	              : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
	              : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
	                                            : 0;

	if (want == 0 || want > n)
		return 0;
	for (size_t i = 1; i < want; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return want;
}
