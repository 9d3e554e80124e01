/* ip.h - addresses, prefixes, and which addresses a gate never dials. Floor: codec. */
#ifndef BOTTLE_IP_H
#define BOTTLE_IP_H
#include "bottle/err.h"
#include "bottle/str.h"

struct bt_ip {
	uint8_t family; /* 4 or 6 */
	uint8_t b[16];  /* network order; IPv4 uses the first four, the rest is zero */
};

struct bt_cidr {
	struct bt_ip ip; /* host bits are zero */
	uint8_t bits;
};

#define BT_IP_TEXT 46
#define BT_CIDR_TEXT 50

/* Strict: dotted quad without leading zeros, or RFC 4291 text without brackets and zone. */
BT_MUST int bt_ip_parse(struct bt_ip *out, struct bt_str in, struct bt_err *e);
/* From the bytes of a sockaddr: 4 or 16 of them. */
struct bt_ip bt_ip_from(const void *bytes, size_t n);
const char *bt_ip_text(const struct bt_ip *ip, char *out); /* out: BT_IP_TEXT bytes; returns out */
bool bt_ip_eq(const struct bt_ip *a, const struct bt_ip *b);
/* The IPv4 address inside ::ffff:0:0/96; any other address as it is. */
struct bt_ip bt_ip_unmap(const struct bt_ip *ip);

/* ADDRESS/BITS. Refused with the reason: a bare address, bits out of range, host bits set (with a
 * "did you mean"), and /0: a guard that lets everything pass is none. */
BT_MUST int bt_cidr_parse(struct bt_cidr *out, struct bt_str in, struct bt_err *e);
const char *bt_cidr_text(const struct bt_cidr *c, char *out); /* out: BT_CIDR_TEXT bytes */
/* Families must agree; an IPv4-mapped address counts as IPv4. */
bool bt_cidr_has(const struct bt_cidr *c, const struct bt_ip *ip);

/* NULL: may be dialled. Else what kind of address it is ("private (RFC 1918)"), static text.
 * Refused are: this host, loopback, private, shared (100.64/10), link-local with its metadata
 * services, unique local, multicast, broadcast, reserved, benchmarking, documentation, protocol
 * assignments; and every address that carries such an IPv4 one inside: mapped, compatible, NAT64
 * (64:ff9b::/96), 6to4 and Teredo. The local NAT64 prefix, Teredo and IPv4-compatible are refused
 * whatever they carry. allow (may be NULL) holds exceptions for the address itself: an
 * IPv4-mapped one is judged as IPv4, an address that only carries another is not excepted by it. */
const char *bt_ip_forbidden(const struct bt_ip *ip, const struct bt_cidr *allow, size_t n);
#endif
