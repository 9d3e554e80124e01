/* host.c - hosts and authorities as they come from the wire. */
#include "bottle/host.h"

#include <arpa/inet.h>
#include <string.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool hexdigit(char c)
{
	c = bt_ascii_lower(c);
	return digit(c) || (c >= 'a' && c <= 'f');
}

static const char *bad_byte(unsigned char c)
{
	switch (c) {
	case '\0':
		return "has a NUL byte";
	case '%':
		return "has a percent sign: hosts are not percent-decoded";
	case '@':
		return "has user information";
	case ' ':
	case '\t':
		return "has a space";
	case '[':
	case ']':
		return "has brackets around something that is not an IPv6 address";
	case '*':
		return "has a wildcard";
	case '/':
	case '\\':
		return "has a slash: want a host, not a URL";
	case ':':
		return "has a colon";
	default:
		break;
	}
	if (c >= 0x80)
		return "has a byte outside ASCII: write the A-label (xn--)";
	return c < 0x20 || c == 0x7f ? "has a control character" : "has a character no host has";
}

/* The lower-case form of each byte that a name may have, the dot included; 0: no such byte. */
static const char lower[256] = {
	['-'] = '-', ['.'] = '.', ['_'] = '_', ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3',
	['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9', ['a'] = 'a',
	['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h',
	['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o',
	['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v',
	['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = 'z', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c',
	['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j',
	['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q',
	['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x',
	['Y'] = 'y', ['Z'] = 'z',
};

/* Nearly every host, in one walk: letters first in its last label (so it is no number), no dot at
 * its end, nothing to complain about. false: the whole judgement, with its reasons, is needed. */
static bool plain_name(struct bt_host *out, struct bt_str in)
{
	char s[BT_LIM_HOST + 1], prev = '.';
	size_t from = 0;

	if (in.n == 0 || in.n > BT_LIM_HOST)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		char c = lower[(uint8_t)in.p[i]];

		if (c == 0 || ((c == '.' || c == '-') && prev == '.') || (c == '.' && prev == '-'))
			return false;
		if (c == '.') {
			if (i - from > BT_LIM_LABEL)
				return false;
			from = i + 1;
		}
		s[i] = prev = c;
	}
	if (prev == '.' || prev == '-' || in.n - from > BT_LIM_LABEL || s[from] < 'a')
		return false;
	out->kind = BT_HOST_NAME;
	out->n = (uint16_t)in.n;
	memcpy(out->s, s, in.n);
	out->s[in.n] = 0;
	return true;
}

static bool name_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || digit((char)c) || c == '-' || c == '_';
}

/* Whether resolvers of the inet_aton kind would take the name for a number: its last label is all
 * digits, or 0x and hexadecimal digits (WHATWG URL "ends in a number"). */
static bool ends_in_number(const char *s, size_t n)
{
	size_t from = n;

	while (from > 0 && s[from - 1] != '.')
		from--;
	bool hex = n - from >= 2 && s[from] == '0' && bt_ascii_lower(s[from + 1]) == 'x';

	for (size_t i = from + (hex ? 2 : 0); i < n; i++)
		if (hex ? !hexdigit(s[i]) : !digit(s[i]))
			return false;
	return true;
}

static int check_labels(const char *s, size_t n, struct bt_err *e)
{
	size_t from = 0;

	for (size_t i = 0; i <= n; i++) {
		if (i < n && s[i] != '.')
			continue;
		if (i == from)
			return bt_fail(e, BT_INVALID, "host has an empty label");
		if (i - from > BT_LIM_LABEL)
			return bt_fail(e, BT_INVALID, "host has a label over %d bytes",
			               BT_LIM_LABEL);
		if (s[from] == '-' || s[i - 1] == '-')
			return bt_fail(e, BT_INVALID, "host has a label that %s with '-'",
			               s[from] == '-' ? "starts" : "ends");
		from = i + 1;
	}
	return 0;
}

static int parse_v6(struct bt_host *out, const char *p, size_t n, struct bt_err *e)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr a;

	if (n >= sizeof text)
		return bt_fail(e, BT_INVALID, "host is not an IPv6 address");
	memcpy(text, p, n);
	text[n] = 0;
	if (memchr(p, '%', n))
		return bt_fail(e, BT_INVALID, "host has an IPv6 zone");
	if (strlen(text) != n || inet_pton(AF_INET6, text, &a) != 1)
		return bt_fail(e, BT_INVALID, "host is not an IPv6 address");
	if (!inet_ntop(AF_INET6, &a, out->s, sizeof out->s))
		return bt_fail(e, BT_INVALID, "host is not an IPv6 address");
	out->kind = BT_HOST_V6;
	out->n = (uint16_t)strlen(out->s);
	return 0;
}

static int parse_name(struct bt_host *out, struct bt_str in, struct bt_err *e)
{
	bool dot = in.n > 0 && in.p[in.n - 1] == '.';
	size_t n = in.n - dot;
	struct bt_host h = { .kind = BT_HOST_NAME };
	struct in_addr a;

	if (n == 0)
		return bt_fail(e, BT_INVALID, "host is empty");
	for (size_t i = 0; i < n; i++) {
		char c = bt_ascii_lower(in.p[i]);

		if (c != '.' && !name_byte((unsigned char)c))
			return bt_fail(e, BT_INVALID, "host %s", bad_byte((unsigned char)c));
		if (i < BT_LIM_HOST)
			h.s[i] = c;
	}
	if (n > BT_LIM_HOST)
		return bt_fail(e, BT_INVALID, "host is over %d bytes", BT_LIM_HOST);
	h.n = (uint16_t)n;
	if (check_labels(h.s, n, e) < 0)
		return -1;
	if (ends_in_number(h.s, n)) {
		if (dot || inet_pton(AF_INET, h.s, &a) != 1)
			return bt_fail(e, BT_INVALID, "host is an IPv4 address in no plain form");
		h.kind = BT_HOST_V4;
	}
	*out = h;
	return 0;
}

/* An address without brackets: fe80::1, or ::ffff:192.0.2.1 with its dots. */
static bool bare_v6(struct bt_str in)
{
	if (in.n > 2 && in.p[0] == ':' && in.p[1] == ':')
		return true;
	return memchr(in.p, ':', in.n) && !memchr(in.p, '.', in.n) && !memchr(in.p, '@', in.n);
}

static int parse_other(struct bt_host *out, struct bt_str in, struct bt_err *e)
{
	struct bt_host h = { 0 };

	if (in.n == 0)
		return bt_fail(e, BT_INVALID, "host is empty");
	if (in.p[0] == '[') {
		if (in.n < 2 || in.p[in.n - 1] != ']')
			return bt_fail(e, BT_INVALID, "host has no closing bracket");
		if (parse_v6(&h, in.p + 1, in.n - 2, e) < 0)
			return -1;
	} else if (bare_v6(in)) {
		if (parse_v6(&h, in.p, in.n, e) < 0)
			return -1;
	} else if (parse_name(&h, in, e) < 0) {
		return -1;
	}
	*out = h;
	return 0;
}

int bt_host_parse(struct bt_host *out, struct bt_str in, struct bt_err *e)
{
	return plain_name(out, in) ? 0 : parse_other(out, in, e);
}

int bt_port_parse(uint16_t *port, struct bt_str s, struct bt_err *e)
{
	uint64_t v = 0;

	if (s.n == 0)
		return bt_fail(e, BT_INVALID, "port is empty");
	if (s.p[0] == '0' || !bt_str_uint(s, 65535, &v))
		return bt_fail(e, BT_INVALID, "port is not a plain number from 1 to 65535");
	*port = (uint16_t)v;
	return 0;
}

int bt_authority_parse(struct bt_host *out, uint16_t *port, struct bt_str in, uint16_t absent,
                       struct bt_err *e)
{
	struct bt_str host = in, tail = { 0 };
	bool bracket = in.n > 0 && in.p[0] == '[';
	const char *colon;
	struct bt_host h;
	uint16_t v = absent;

	if (bracket) {
		const char *close = memchr(in.p, ']', in.n);

		if (!close)
			return bt_fail(e, BT_INVALID, "host has no closing bracket");
		host.n = (size_t)(close + 1 - in.p);
		if (host.n < in.n && in.p[host.n] != ':')
			return bt_fail(e, BT_INVALID,
			               "host is followed by something that is no port");
		colon = host.n < in.n ? close + 1 : NULL;
	} else {
		colon = in.n ? memchr(in.p, ':', in.n) : NULL;
		if (colon)
			host.n = (size_t)(colon - in.p);
	}
	if (colon) {
		tail = (struct bt_str){ colon + 1, in.n - host.n - 1 };
		if (tail.n && memchr(tail.p, ':', tail.n))
			return bt_fail(e, BT_INVALID, "host has more than one colon");
	}
	if (bt_host_parse(&h, host, e) < 0)
		return -1;
	if (colon && bt_port_parse(&v, tail, e) < 0)
		return -1;
	if (v == 0)
		return bt_fail(e, BT_INVALID, "host has no port");
	*out = h;
	*port = v;
	return 0;
}
