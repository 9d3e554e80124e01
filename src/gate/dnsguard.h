/* dnsguard.h - the bottle's only resolver: answers from the policy, asks nobody. Floor: gate
 * (private). An allowed name has the gate's own address, a sibling's name its own, all else does
 * not exist. Nothing an agent asks leaves, so a name cannot carry anything out. */
#ifndef BOTTLE_GATE_DNSGUARD_H
#define BOTTLE_GATE_DNSGUARD_H
#include <event2/event.h>
#include "bottle/dns.h"
#include "bottle/event.h"
#include "bottle/gate_config.h"
#include "bottle/scan.h"

struct bt_dnsguard; /* opaque */

struct bt_dnsguard_policy { /* borrowed until the next bt_dnsguard_set or the close */
	const struct bt_gate_config *cfg;
	const struct bt_scanner *scanner; /* NULL: names under wildcards are not looked at */
	struct bt_scan_scratch *scratch;
};

struct bt_dnsguard_ops {
	void (*event)(void *cookie, const struct bt_event *ev); /* one denied name */
	void *cookie;
};

/* Listen on cfg->dns_listen by UDP and TCP. On success *out is owned by the caller and answers as
 * base runs. */
BT_MUST int bt_dnsguard_open(struct bt_dnsguard **out, struct event_base *base,
                             const struct bt_dnsguard_policy *p, const struct bt_dnsguard_ops *ops,
                             struct bt_err *e);
/* Answer by another policy from now on; listeners stay where they are. */
void bt_dnsguard_set(struct bt_dnsguard *g, const struct bt_dnsguard_policy *p);
void bt_dnsguard_close(struct bt_dnsguard *g);          /* NULL is a no-op */
uint16_t bt_dnsguard_port(const struct bt_dnsguard *g); /* bound, where 0 was asked for */

struct bt_dns_ruling {
	enum bt_dns_rcode rcode;
	const struct bt_strs *addrs; /* of the names table; NULL: the gate's own address */
	const char *scanner;         /* NULL: allowed */
	char reason[BT_SCAN_REASON];
};
/* ported: names that only have entries with a port (bt_dnsguard_ported). Pure. */
void bt_dnsguard_rule(const struct bt_dnsguard_policy *p, const struct bt_hostset *ported,
                      const struct bt_dns_query *q, struct bt_dns_ruling *out);
/* The allowlist's entries with a port, without it. Owned by the caller. */
struct bt_hostset *bt_dnsguard_ported(const struct bt_gate_config *cfg);
#endif
