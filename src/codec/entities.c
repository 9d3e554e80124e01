/* entities.c - character references of HTML and XML (HTML §13.2.5.72, XML 1.0 §4.1). Letters and
 * digits have none but numbers; of the named ones those count that a credential has, and what leads
 * to another reference. */
#include <string.h>

#include "decode.h"
#include "normal.h"

static const struct {
	const char *name;
	char c;
} named[] = {
	{ "amp", '&' },    { "AMP", '&' },      { "num", '#' },    { "semi", ';' },
	{ "lowbar", '_' }, { "UnderBar", '_' }, { "period", '.' }, { "equals", '=' },
	{ "plus", '+' },   { "sol", '/' },      { "percnt", '%' }, { "colon", ':' },
};

/* The value of the digits at i, and behind them; i: there are none. */
static size_t number(struct bt_str in, size_t i, uint32_t *cp)
{
	bool hex = i < in.n && (in.p[i] | 32) == 'x';
	size_t from = i + hex, k = from;

	for (*cp = 0; k < in.n && *cp <= 0x10ffff; k++) {
		uint8_t c = (uint8_t)in.p[k];

		if (!(hex ? bt_is_hex(c) : c >= '0' && c <= '9'))
			break;
		*cp = *cp * (hex ? 16 : 10) + (uint32_t)bt_hex_value[c];
	}
	return k == from ? i : k;
}

static size_t reference(struct bt_str in, size_t i, uint32_t *cp)
{
	size_t left = in.n - i - 1, end;

	if (in.p[i] != '&' || left < 2)
		return 0;
	if (in.p[i + 1] == '#') {
		end = number(in, i + 2, cp);
		if (end == i + 2 || *cp > 0x10ffff)
			return 0;
		return end - i + (end < in.n && in.p[end] == ';');
	}
	for (size_t k = 0; k < sizeof named / sizeof *named; k++) {
		size_t n = strlen(named[k].name);

		if (in.p[i + 1] != *named[k].name || left <= n || in.p[i + 1 + n] != ';' ||
		    memcmp(in.p + i + 1, named[k].name, n) != 0)
			continue;
		*cp = (uint8_t)named[k].c;
		return n + 2;
	}
	return 0;
}

bool bt_is_reference(struct bt_str in, size_t i)
{
	uint32_t cp;

	return reference(in, i, &cp) != 0;
}

/* What may follow in one that counts. */
static bool may_begin(uint8_t next)
{
	return next == '#' || (bt_bytes[next] & BT_BYTE_TOKEN && next >= 'A' && next != '_');
}

#ifdef __SSE2__
#include <emmintrin.h>

/* The places of '&' in 16 bytes. */
static unsigned marks(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
}
#else
static unsigned marks(const char *p)
{
	unsigned all = 0;

	for (unsigned i = 0; i < 16; i++)
		all |= (unsigned)(p[i] == '&') << i;
	return all;
}
#endif

bool bt_has_reference(struct bt_str in)
{
	size_t i = 0;

	for (; in.n - i > 16; i += 16)
		for (unsigned all = marks(in.p + i); all; all &= all - 1) {
			size_t at = i + (unsigned)__builtin_ctz(all);

			if (may_begin((uint8_t)in.p[at + 1]) && bt_is_reference(in, at))
				return true;
		}
	for (; i < in.n; i++)
		if (in.p[i] == '&' && bt_is_reference(in, i))
			return true;
	return false;
}

void bt_unreference(uint8_t *out, size_t *n, struct bt_str in)
{
	size_t len = 0;

	for (size_t i = 0; i < in.n;) {
		uint32_t cp = 0;
		size_t used = reference(in, i, &cp);

		if (used)
			len += bt_utf8_put(out + len, cp ? cp : 1); /* NUL is no end here */
		else
			out[len++] = (uint8_t)in.p[i];
		i += used ? used : 1;
	}
	*n = len;
}
