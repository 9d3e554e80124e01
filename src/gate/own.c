/* own.c - a credential that may go to whom it belongs: what is found in a request to one of its
 * issuer's hosts, and the policy has named. In headers and bodies alone: a URL is written down on
 * its way. */
#include <stdlib.h>
#include <string.h>

#include "bottle/hostset.h"
#include "bottle/mem.h"
#include "policy.h"

/* The known values that are themselves a credential of this kind: GH_TOKEN of "GitHub Token". */
static int kinds_of(const struct bt_policy *p, const char *name, uint64_t *bits, struct bt_err *e)
{
	for (size_t i = 0; p->known && i < bt_known_count(p->known); i++) {
		struct bt_findings f = { .n = 0 };

		if (bt_known_kind(p->known, i) != BT_KNOWN_SECRET)
			continue; /* nobody's to send */
		if (bt_scan_text(p->scanner, p->scratch, bt_known_value(p->known, i), &f, e) < 0)
			return -1;
		for (size_t k = 0; k < f.n; k++)
			if (strcmp(f.at[k].name, name) == 0)
				*bits |= (uint64_t)1 << i;
	}
	return 0;
}

int bt_own_open(struct bt_policy *p, struct bt_err *e)
{
	const struct bt_gate_config *c = p->cfg;

	p->own = bt_calloc(c->nown, sizeof *p->own);
	for (size_t i = 0; i < c->nown; i++) {
		/* A known value may be gone in this run: then nothing is let through for it. */
		if (!bt_scanner_knows(p->scanner, c->own[i].name) &&
		    strncmp(c->own[i].name, "Known Secret (", 14) != 0)
			return bt_fail(e, BT_INVALID, "%s: gate.own_credentials: no pattern \"%s\"",
			               c->path, c->own[i].name);
		if (kinds_of(p, c->own[i].name, &p->own[i], e) < 0)
			return -1;
	}
	return 0;
}

static bool is_known(const struct bt_policy *p, const char *name, uint64_t bits)
{
	for (size_t i = 0; bits; i++, bits >>= 1)
		if (bits & 1 && strcmp(bt_known_name(p->known, i), name) == 0)
			return true;
	return false;
}

static bool may(const struct bt_policy *p, const struct bt_to *to, const char *name)
{
	const struct bt_gate_config *c = p->cfg;

	for (size_t i = 0; i < c->nown; i++)
		if ((strcmp(c->own[i].name, name) == 0 || is_known(p, name, p->own[i])) &&
		    bt_hostset_has(c->own[i].hosts, to->host, to->port, NULL))
			return true;
	return false;
}

void bt_own_forget(const struct bt_policy *p, const struct bt_to *to, struct bt_findings *f)
{
	size_t kept = 0;

	/* A full list may lack something. */
	if (!p->cfg->nown || !to || !to->host || f->n == BT_LIM_FINDINGS)
		return;
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].guard || !may(p, to, f->at[i].name))
			f->at[kept++] = f->at[i];
	f->n = kept;
}
