/* host.h - host names and patterns: one normal form, judged once. Floor: codec.
 * Normal form: ASCII lower case, without the trailing dot, every label 1..63 of [a-z0-9_-] that
 * neither starts nor ends with '-', 253 bytes in all (RFC 1035 §2.3.4, RFC 1123 §2.1). '_' is
 * allowed, also as the first byte of a label: real names use it (_dmarc, some CDNs). IPv4 is the
 * dotted quad without leading zeros and nothing else: a name whose last label is a number in any
 * base ("2130706433", "0x7f000001", "127.1", "127.0.0.1.") is refused, never handed to a resolver.
 * IPv6 is its RFC 5952 text without brackets and without a zone. */
#ifndef BOTTLE_HOST_H
#define BOTTLE_HOST_H
#include "bottle/err.h"
#include "bottle/limits.h"
#include "bottle/str.h"

enum bt_host_kind { BT_HOST_NAME, BT_HOST_V4, BT_HOST_V6 };

struct bt_host {
	enum bt_host_kind kind;
	uint16_t n;              /* strlen(s) */
	char s[BT_LIM_HOST + 1]; /* normal form, terminated; IPv6 without brackets */
};

/* A host from the wire: ASCII only, no percent-decoding, no userinfo, no port. IPv6 may stand in
 * brackets or bare. BT_INVALID with the reason; *out untouched. */
BT_MUST int bt_host_parse(struct bt_host *out, struct bt_str in, struct bt_err *e);

/* host[:port] of CONNECT, Host and absolute-form (RFC 9110 §4.2, §7.2, RFC 3986 §3.2.2 without
 * userinfo). IPv6 needs its brackets. A port is 1..65535 in decimal without sign, zeros in front
 * or spaces. absent is the port when none is written; 0: a port must be written. */
BT_MUST int bt_authority_parse(struct bt_host *out, uint16_t *port, struct bt_str in,
                               uint16_t absent, struct bt_err *e);

/* 1..65535 in decimal; no sign, no zero in front, no space. */
BT_MUST int bt_port_parse(uint16_t *port, struct bt_str s, struct bt_err *e);

/* An entry of a list: "name", "*.suffix", an address, each with an optional ":port". */
struct bt_host_pattern {
	struct bt_host host; /* of "*.suffix": the suffix */
	uint16_t port;       /* 0: none written, which stands for 80 and 443 */
	bool wildcard;       /* any name below host at any depth, but not host itself */
};

/* From a manifest or policy: a Unicode name becomes its A-label (IDNA2008, UTS 46). Refused with
 * the reason: URL, path, bare "*", "*" elsewhere, "*.com", "*.co.uk" (public suffixes), empty. */
BT_MUST int bt_host_pattern_parse(struct bt_host_pattern *out, struct bt_str in, struct bt_err *e);
bool bt_host_pattern_match(const struct bt_host_pattern *p, const struct bt_host *h, uint16_t port);
/* "*.suffix:8443" or "[::1]:443"; out holds BT_HOST_PATTERN_TEXT bytes. Returns the length. */
#define BT_HOST_PATTERN_TEXT (BT_LIM_HOST + 16)
size_t bt_host_pattern_text(const struct bt_host_pattern *p, char *out);
#endif
