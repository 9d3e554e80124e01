/* dns.h - DNS questions and our own short answers. Floor: codec.
 * RFC 1035 §4, RFC 6891 (OPT is tolerated). Only what a stub resolver sends is understood: one
 * question, no compressed name in it, no records but one OPT in the additional section. */
#ifndef BOTTLE_DNS_H
#define BOTTLE_DNS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bottle/err.h"
#include "bottle/limits.h"

enum { BT_DNS_A = 1, BT_DNS_AAAA = 28, BT_DNS_ANY = 255, BT_DNS_IN = 1 };
enum bt_dns_rcode {
	BT_DNS_NOERROR = 0,
	BT_DNS_FORMERR = 1,
	BT_DNS_SERVFAIL = 2,
	BT_DNS_NXDOMAIN = 3,
	BT_DNS_NOTIMP = 4,
	BT_DNS_REFUSED = 5
};

#define BT_DNS_HEAD 12
#define BT_DNS_MAX 512 /* our answers never are longer */

struct bt_dns_query {
	uint16_t id, type, class_;
	bool rd, opt;
	uint8_t opcode;             /* 0 is a query; anything else is answered NOTIMP */
	char name[BT_LIM_HOST + 1]; /* lower case, no trailing dot; "" is the root */
	uint8_t question[260];      /* as received: an answer repeats it, letter case included */
	size_t nquestion;
};

/* BT_PROTO: malformed; out->id is set then when there were 2 bytes, so that FORMERR can be said. A
 * name whose labels hold anything but letters, digits, '-' and '_' is malformed. */
BT_MUST int bt_dns_parse(struct bt_dns_query *out, const void *p, size_t n, struct bt_err *e);

struct bt_dns_addr {
	bool v6;
	uint8_t b[16]; /* 4 or 16 of them, network order */
};

/* Answer q with rcode and (for NOERROR) the addresses of its type, ttl in seconds. out has room for
 * BT_DNS_MAX bytes. Addresses that do not fit or are of another family are left out. Returns the
 * length. */
size_t bt_dns_answer(uint8_t out[BT_DNS_MAX], const struct bt_dns_query *q, enum bt_dns_rcode rcode,
                     const struct bt_dns_addr *addrs, size_t n, uint32_t ttl);
/* FORMERR for what could not be parsed: the header alone. Returns BT_DNS_HEAD. */
size_t bt_dns_formerr(uint8_t out[BT_DNS_MAX], uint16_t id);
#endif
