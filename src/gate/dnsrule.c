#include <stdio.h>
#include <string.h>

#include "bottle/hostset.h"
#include "dnsguard.h"

struct bt_hostset *bt_dnsguard_ported(const struct bt_gate_config *cfg)
{
	struct bt_hostset *s = bt_hostset_new();
	struct bt_host_pattern p;
	struct bt_err e = { 0 };

	for (size_t i = 0; i < cfg->allow_text.n; i++) {
		const char *text = cfg->allow_text.v[i];

		if (bt_host_pattern_parse(&p, bt_str(text), &e) < 0 || !p.port)
			continue;
		p.port = 0;
		if (bt_hostset_add(s, &p, (int)i, &e) < 0)
			break; /* as many as the allowlist itself may hold: cannot happen */
	}
	return s;
}

static bool listed(const struct bt_hostset *s, const struct bt_host *h, int *source)
{
	return bt_hostset_has(s, h, 443, source) || bt_hostset_has(s, h, 80, source);
}

static void deny(struct bt_dns_ruling *out, const char *scanner, const char *why, const char *name)
{
	out->rcode = BT_DNS_NXDOMAIN;
	out->scanner = scanner;
	(void)snprintf(out->reason, sizeof out->reason, "%s: %s", why, name);
}

/* Below a wildcard the agent chooses the labels, and could spell a secret with them. */
static void look_at_labels(const struct bt_dnsguard_policy *p, const struct bt_host *h,
                           struct bt_dns_ruling *out)
{
	struct bt_findings found = { 0 };
	struct bt_err e = { 0 };
	const char *scanner = NULL;
	char reason[BT_SCAN_REASON] = "";
	const struct bt_scan_url url = { .host = { h->s, h->n } };

	if (!p->scanner || listed(p->cfg->entropy_skip, h, NULL))
		return;
	if (bt_scan_url(p->scanner, p->scratch, &url, &found, reason, &scanner, &e) < 0)
		deny(out, "dns", "name could not be looked at", "refused");
	else if (found.n || *reason)
		/* The name itself is not repeated: it may be the secret. */
		deny(out, scanner ? scanner : "dlp", "name refused", *reason ? reason : "secret");
}

static const struct bt_strs *named(const struct bt_gate_config *c, const char *name)
{
	for (size_t i = 0; i < c->ndns_names; i++)
		if (strcmp(c->dns_names[i].name, name) == 0)
			return &c->dns_names[i].addrs;
	return NULL;
}

static void rule_name(const struct bt_dnsguard_policy *p, const struct bt_hostset *ported,
                      const struct bt_host *h, struct bt_dns_ruling *out)
{
	const struct bt_gate_config *c = p->cfg;
	int source = -1;

	out->addrs = named(c, h->s);
	if (out->addrs)
		return;
	if (listed(c->block, h, NULL)) {
		deny(out, "blocklist", "domain blocked", h->s);
		return;
	}
	bool known = listed(c->allow, h, &source) || listed(ported, h, &source);

	if (!known && c->mode == BT_MODE_STRICT)
		deny(out, "allowlist", "domain not in allowlist", h->s);
	else if (!known || c->allow_text.v[source][0] == '*')
		look_at_labels(p, h, out);
}

void bt_dnsguard_rule(const struct bt_dnsguard_policy *p, const struct bt_hostset *ported,
                      const struct bt_dns_query *q, struct bt_dns_ruling *out)
{
	struct bt_host h;
	struct bt_err e = { 0 };

	*out = (struct bt_dns_ruling){ .rcode = BT_DNS_NOERROR };
	if (q->opcode != 0) {
		deny(out, "dns", "operation not implemented", "not a query");
		out->rcode = BT_DNS_NOTIMP;
	} else if (q->class_ != BT_DNS_IN || !*q->name) {
		deny(out, "dns", "class or name not served", q->name);
		out->rcode = BT_DNS_REFUSED;
	} else if (bt_host_parse(&h, bt_str(q->name), &e) < 0 || h.kind != BT_HOST_NAME) {
		deny(out, "dns", "not a host name", q->name);
	} else {
		rule_name(p, ported, &h, out);
	}
}
