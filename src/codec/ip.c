/* ip.c - addresses and prefixes; the table of what is never dialled. */
#include "bottle/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

int bt_ip_parse(struct bt_ip *out, struct bt_str in, struct bt_err *e)
{
	char text[BT_IP_TEXT];
	struct bt_ip ip = { 0 };
	bool six = in.n && memchr(in.p, ':', in.n);

	if (in.n == 0 || in.n >= sizeof text || memchr(in.p, 0, in.n))
		return bt_fail(e, BT_INVALID, "not an IP address");
	memcpy(text, in.p, in.n);
	text[in.n] = 0;
	if (inet_pton(six ? AF_INET6 : AF_INET, text, ip.b) != 1)
		return bt_fail(e, BT_INVALID, "not an IP address");
	ip.family = six ? 6 : 4;
	*out = ip;
	return 0;
}

struct bt_ip bt_ip_from(const void *bytes, size_t n)
{
	struct bt_ip ip = { .family = n == 4 ? 4 : 6 };

	memcpy(ip.b, bytes, n == 4 ? 4 : 16);
	return ip;
}

const char *bt_ip_text(const struct bt_ip *ip, char *out)
{
	if (!inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->b, out, BT_IP_TEXT))
		out[0] = 0;
	return out;
}

bool bt_ip_eq(const struct bt_ip *a, const struct bt_ip *b)
{
	return a->family == b->family && memcmp(a->b, b->b, sizeof a->b) == 0;
}

static struct bt_ip v4_at(const struct bt_ip *ip, size_t at, uint8_t flip)
{
	struct bt_ip v = { .family = 4 };

	for (size_t i = 0; i < 4; i++)
		v.b[i] = ip->b[at + i] ^ flip;
	return v;
}

struct bt_ip bt_ip_unmap(const struct bt_ip *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (ip->family == 6 && memcmp(ip->b, mapped, sizeof mapped) == 0)
		return v4_at(ip, 12, 0);
	return *ip;
}

static void mask(struct bt_ip *ip, unsigned bits)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > i * 8 ? bits - i * 8 : 0;

		if (keep < 8)
			ip->b[i] &= (uint8_t)(0xff00u >> keep);
	}
}

static int check_bits(const struct bt_cidr *c, struct bt_str in, struct bt_err *e)
{
	struct bt_cidr want = *c;
	char text[BT_CIDR_TEXT];

	if (c->bits == 0)
		return bt_fail(e, BT_INVALID, "'%.*s' covers every address", (int)in.n, in.p);
	mask(&want.ip, c->bits);
	if (!bt_ip_eq(&want.ip, &c->ip))
		return bt_fail(e, BT_INVALID, "'%.*s' has host bits set: did you mean %s?",
		               (int)in.n, in.p, bt_cidr_text(&want, text));
	return 0;
}

int bt_cidr_parse(struct bt_cidr *out, struct bt_str in, struct bt_err *e)
{
	struct bt_str whole = in, addr;
	struct bt_cidr c = { 0 };
	uint64_t bits = 0;
	bool slash = bt_str_cut(&in, '/', &addr);

	if (whole.n >= BT_CIDR_TEXT || bt_ip_parse(&c.ip, addr, e) < 0)
		return bt_fail(e, BT_INVALID, "'%.*s' is not a CIDR",
		               (int)(whole.n < 60 ? whole.n : 60), whole.p);
	if (!slash)
		return bt_fail(
		        e, BT_INVALID, "'%.*s' is an address, not a CIDR: did you mean %.*s/%d?",
		        (int)whole.n, whole.p, (int)whole.n, whole.p, c.ip.family == 4 ? 32 : 128);
	if (in.n == 0 || (in.n > 1 && in.p[0] == '0') ||
	    !bt_str_uint(in, c.ip.family == 4 ? 32 : 128, &bits))
		return bt_fail(e, BT_INVALID, "'%.*s' has no valid prefix length", (int)whole.n,
		               whole.p);
	c.bits = (uint8_t)bits;
	if (check_bits(&c, whole, e) < 0)
		return -1;
	*out = c;
	return 0;
}

const char *bt_cidr_text(const struct bt_cidr *c, char *out)
{
	char ip[BT_IP_TEXT];

	(void)snprintf(out, BT_CIDR_TEXT, "%s/%u", bt_ip_text(&c->ip, ip), c->bits);
	return out;
}

static bool within(const struct bt_cidr *c, const struct bt_ip *ip)
{
	struct bt_ip m = *ip;

	if (c->ip.family != ip->family)
		return false;
	mask(&m, c->bits);
	return bt_ip_eq(&m, &c->ip);
}

bool bt_cidr_has(const struct bt_cidr *c, const struct bt_ip *ip)
{
	struct bt_ip v = bt_ip_unmap(ip);

	return within(c, &v) || within(c, ip);
}

/* IANA IPv4 and IPv6 Special-Purpose Address Registries. Order: the most telling label first. */
static const struct {
	struct bt_cidr c;
	const char *label;
} ranges[] = {
	{ { { 4, { 0 } }, 8 }, "this host (0.0.0.0/8)" },
	{ { { 4, { 127 } }, 8 }, "loopback" },
	{ { { 4, { 10 } }, 8 }, "private (RFC 1918)" },
	{ { { 4, { 172, 16 } }, 12 }, "private (RFC 1918)" },
	{ { { 4, { 192, 168 } }, 16 }, "private (RFC 1918)" },
	{ { { 4, { 100, 64 } }, 10 }, "shared address space (RFC 6598)" },
	{ { { 4, { 169, 254 } }, 16 }, "link-local or metadata service" },
	{ { { 4, { 192, 0, 0 } }, 24 }, "protocol assignments (192.0.0.0/24)" },
	{ { { 4, { 192, 0, 2 } }, 24 }, "documentation" },
	{ { { 4, { 198, 51, 100 } }, 24 }, "documentation" },
	{ { { 4, { 203, 0, 113 } }, 24 }, "documentation" },
	{ { { 4, { 198, 18 } }, 15 }, "benchmarking (198.18.0.0/15)" },
	{ { { 4, { 224 } }, 4 }, "multicast" },
	{ { { 4, { 255, 255, 255, 255 } }, 32 }, "broadcast" },
	{ { { 4, { 240 } }, 4 }, "reserved (240.0.0.0/4)" },
	{ { { 6, { 0 } }, 128 }, "unspecified" },
	{ { { 6, { [15] = 1 } }, 128 }, "loopback" },
	{ { { 6, { 0 } }, 96 }, "IPv4-compatible" },
	{ { { 6, { 0xfc } }, 7 }, "unique local (RFC 4193)" },
	{ { { 6, { 0xfe, 0x80 } }, 10 }, "link-local or metadata service" },
	{ { { 6, { 0xfe, 0xc0 } }, 10 }, "site-local" },
	{ { { 6, { 0xff } }, 8 }, "multicast" },
	{ { { 6, { 0x01 } }, 64 }, "discard only (100::/64)" },
	{ { { 6, { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 } }, 48 }, "local NAT64 (64:ff9b:1::/48)" },
	{ { { 6, { 0x20, 0x01 } }, 32 }, "Teredo" },
	{ { { 6, { 0x20, 0x01, 0x00, 0x02 } }, 48 }, "benchmarking" },
	{ { { 6, { 0x20, 0x01, 0x00, 0x10 } }, 28 }, "ORCHID" },
	{ { { 6, { 0x20, 0x01, 0x0d, 0xb8 } }, 32 }, "documentation" },
	{ { { 6, { 0x3f, 0xff } }, 20 }, "documentation" },
};

static const char *label(const struct bt_ip *ip)
{
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (within(&ranges[i].c, ip))
			return ranges[i].label;
	return NULL;
}

/* The IPv4 address that a transition mechanism would deliver to; false: none. */
static bool carried(const struct bt_ip *ip, struct bt_ip *v4)
{
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	static const uint8_t zero[12] = { 0 };

	if (ip->family != 6)
		return false;
	if (memcmp(ip->b, nat64, sizeof nat64) == 0 || memcmp(ip->b, zero, sizeof zero) == 0)
		*v4 = v4_at(ip, 12, 0);
	else if (ip->b[0] == 0x20 && ip->b[1] == 0x02)
		*v4 = v4_at(ip, 2, 0);
	else if (ip->b[0] == 0x20 && ip->b[1] == 0x01 && ip->b[2] == 0 && ip->b[3] == 0)
		*v4 = v4_at(ip, 12, 0xff); /* RFC 4380 §4: the client, inverted */
	else
		return false;
	return true;
}

const char *bt_ip_forbidden(const struct bt_ip *ip, const struct bt_cidr *allow, size_t n)
{
	struct bt_ip plain = bt_ip_unmap(ip), inner;

	for (size_t i = 0; i < n; i++)
		if (within(&allow[i], &plain))
			return NULL;
	const char *own = label(&plain);
	const char *in = carried(&plain, &inner) ? label(&inner) : NULL;

	/* "::" and "::1" are what they are, not carriers of 0.0.0.0 and 0.0.0.1. */
	if (own && strcmp(own, "IPv4-compatible") != 0 && strcmp(own, "Teredo") != 0)
		return own;
	return in ? in : own;
}
