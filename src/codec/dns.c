#include "bottle/dns.h"

#include <string.h>

#include "bottle/str.h"

enum { TYPE_OPT = 41, FLAG_QR = 0x8000, FLAG_AA = 0x0400, FLAG_TC = 0x0200, FLAG_RD = 0x0100 };

static unsigned u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static bool label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* The question's name: labels only, since a pointer would have nothing before it to point at.
 * Returns the bytes it took, 0: malformed. */
static size_t read_name(struct bt_dns_query *q, const uint8_t *p, size_t n)
{
	size_t at = 0, len = 0;

	while (at < n && p[at]) {
		size_t label = p[at++];

		if (label > BT_LIM_LABEL || label > n - at || len + (len > 0) + label > BT_LIM_HOST)
			return 0;
		if (len)
			q->name[len++] = '.';
		for (size_t i = 0; i < label; i++) {
			char c = bt_ascii_lower((char)p[at + i]);

			if (!label_char(c))
				return 0;
			q->name[len++] = c;
		}
		at += label;
	}
	return at < n ? at + 1 : 0;
}

/* No record, or one OPT, and nothing behind it. */
static bool read_additional(struct bt_dns_query *q, const uint8_t *p, size_t n, unsigned count)
{
	if (count == 0)
		return n == 0;
	if (count > 1 || n < 11 || p[0] != 0 || u16(p + 1) != TYPE_OPT)
		return false;
	q->opt = true;
	return u16(p + 9) == n - 11;
}

int bt_dns_parse(struct bt_dns_query *out, const void *bytes, size_t n, struct bt_err *e)
{
	const uint8_t *p = bytes;
	struct bt_dns_query q = { 0 };

	if (n >= 2)
		out->id = q.id = (uint16_t)u16(p);
	if (n < BT_DNS_HEAD)
		return bt_fail(e, BT_PROTO, "DNS: %zu bytes are no message", n);
	unsigned flags = u16(p + 2);

	if (flags & (FLAG_QR | FLAG_TC))
		return bt_fail(e, BT_PROTO, "DNS: not a whole query");
	q.opcode = (uint8_t)(flags >> 11 & 15);
	q.rd = flags & FLAG_RD;
	if (u16(p + 4) != 1 || u16(p + 6) || u16(p + 8))
		return bt_fail(e, BT_PROTO, "DNS: want one question and nothing else");
	size_t used = read_name(&q, p + BT_DNS_HEAD, n - BT_DNS_HEAD);

	if (!used || n - BT_DNS_HEAD - used < 4)
		return bt_fail(e, BT_PROTO, "DNS: malformed question");
	const uint8_t *rest = p + BT_DNS_HEAD + used;

	q.type = (uint16_t)u16(rest);
	q.class_ = (uint16_t)u16(rest + 2);
	q.nquestion = used + 4;
	memcpy(q.question, p + BT_DNS_HEAD, q.nquestion);
	if (!read_additional(&q, rest + 4, n - BT_DNS_HEAD - q.nquestion, u16(p + 10)))
		return bt_fail(e, BT_PROTO, "DNS: records that do not belong in a query");
	*out = q;
	return 0;
}

static size_t put_head(uint8_t *out, unsigned id, unsigned flags)
{
	memset(out, 0, BT_DNS_HEAD);
	put16(out, id);
	put16(out + 2, FLAG_QR | flags);
	return BT_DNS_HEAD;
}

size_t bt_dns_formerr(uint8_t out[BT_DNS_MAX], uint16_t id)
{
	return put_head(out, id, BT_DNS_FORMERR);
}

static size_t put_addr(uint8_t *out, const struct bt_dns_query *q, const struct bt_dns_addr *a,
                       uint32_t ttl)
{
	size_t len = a->v6 ? 16 : 4;

	put16(out, 0xc000 | BT_DNS_HEAD); /* the question's name */
	put16(out + 2, q->type);
	put16(out + 4, BT_DNS_IN);
	put16(out + 6, ttl >> 16);
	put16(out + 8, ttl & 0xffff);
	put16(out + 10, (unsigned)len);
	memcpy(out + 12, a->b, len);
	return 12 + len;
}

size_t bt_dns_answer(uint8_t out[BT_DNS_MAX], const struct bt_dns_query *q, enum bt_dns_rcode rcode,
                     const struct bt_dns_addr *addrs, size_t n, uint32_t ttl)
{
	static const uint8_t opt[11] = { 0, 0, TYPE_OPT, BT_DNS_MAX >> 8, BT_DNS_MAX & 0xff };
	unsigned flags = (unsigned)q->opcode << 11 | FLAG_AA | (q->rd ? FLAG_RD : 0) | rcode;
	size_t len = put_head(out, q->id, flags), room = BT_DNS_MAX - (q->opt ? sizeof opt : 0);
	unsigned count = 0;

	put16(out + 4, 1);
	memcpy(out + len, q->question, q->nquestion);
	len += q->nquestion;
	for (size_t i = 0; rcode == BT_DNS_NOERROR && i < n; i++) {
		if (q->type != (addrs[i].v6 ? BT_DNS_AAAA : BT_DNS_A) || len + 28 > room)
			continue;
		len += put_addr(out + len, q, &addrs[i], ttl);
		count++;
	}
	put16(out + 6, count);
	if (q->opt) {
		memcpy(out + len, opt, sizeof opt);
		len += sizeof opt;
		put16(out + 10, 1);
	}
	return len;
}
