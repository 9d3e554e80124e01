/* leg_budget.c - what all legs together hold: there is one loop, and so one sum. */
#include "leg.h"

#define LEAN (16u * 1024u) /* what each may hold, one way, where all of them hold too much */

static size_t held, budget = SIZE_MAX;

void bt_leg_budget(size_t bytes)
{
	budget = bytes;
}

void bt_leg_account(struct bt_leg *l)
{
	held -= l->counted;
	l->counted = l->in.cap + l->out.cap;
	held += l->counted;
}

size_t bt_leg_in_max(const struct bt_leg *l)
{
	return held <= budget || l->in.max < LEAN ? l->in.max : LEAN;
}

bool bt_leg_is_full(const struct bt_leg *l)
{
	return l->out.len > (held <= budget ? BT_LEG_OUT / 2 : LEAN);
}
