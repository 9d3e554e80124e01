/* beside.c - what runs beside the data path: the DNS listener, by the same policy. */
#include "dnsguard.h"
#include "gate_int.h"

static void on_event(void *cookie, const struct bt_event *ev)
{
	struct bt_gate *g = cookie;
	struct bt_event told = *ev;

	g->stats.blocked++;
	bt_gate_event_refused(g, g->policy, &told);
}

static struct bt_dnsguard_policy view(const struct bt_policy *p)
{
	return (struct bt_dnsguard_policy){ .cfg = p->cfg,
		                            .scanner = p->scanner,
		                            .scratch = p->scratch };
}

int bt_beside_open(struct bt_gate *g, struct bt_err *e)
{
	const struct bt_dnsguard_ops ops = { .event = on_event, .cookie = g };
	struct bt_dnsguard_policy p = view(g->policy);

	if (g->policy->cfg->dns_listen.len == 0)
		return 0;
	if (bt_dnsguard_open(&g->dnsguard, g->base, &p, &ops, e) < 0)
		return bt_wrap(e, "gate.dns");
	return 0;
}

void bt_beside_close(struct bt_gate *g)
{
	bt_dnsguard_close(g->dnsguard);
	g->dnsguard = NULL;
}

void bt_gate_policy_changed(struct bt_gate *g)
{
	struct bt_dnsguard_policy p = view(g->policy);

	if (g->dnsguard)
		bt_dnsguard_set(g->dnsguard, &p);
}
