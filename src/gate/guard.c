/* guard.c - what nothing lets go: a credential that routes inject, and what is held instead of one.
 * No action, no own_credentials and no enforce: false does. */
#include <stdio.h>

#include "policy.h"

bool bt_guard_denies(const struct bt_findings *f, struct bt_denial *d)
{
	const struct bt_finding *hit = NULL;
	bool redact = d->redact;

	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].guard > (hit ? hit->guard : BT_KNOWN_SECRET))
			hit = &f->at[i];
	if (!hit)
		return false;
	if (hit->guard == BT_KNOWN_PLACEHOLDER)
		bt_deny(d, 403, "placeholder", hit->name,
		        "a placeholder stands for its credential in the header of its own route, "
		        "and nowhere else");
	else
		(void)snprintf(d->rule, sizeof d->rule, "%s", hit->name);
	(void)bt_findings_text(f, "", d->pattern, sizeof d->pattern);
	d->redact = redact;
	return true;
}

void bt_guard_only(struct bt_findings *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].guard)
			f->at[kept++] = f->at[i];
	f->n = kept;
}
