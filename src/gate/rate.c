/* rate.c - a fixed table: a site that finds no place takes the stalest one's, so that names cannot
 * make us hold more. */
#include "rate.h"

#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"

#define SITES 256
#define MINUTE_MS 60000u

struct site {
	char name[BT_LIM_HOST + 1];
	uint64_t since_ms; /* when the present window began */
	uint32_t before, now;
};

struct bt_rate {
	uint32_t max;
	struct site sites[SITES];
};

struct bt_rate *bt_rate_new(uint32_t per_minute)
{
	struct bt_rate *r = bt_calloc(1, sizeof *r);

	r->max = per_minute;
	return r;
}

void bt_rate_free(struct bt_rate *r)
{
	free(r);
}

static const char *site_name(const struct bt_host *h)
{
	const char *p = h->s + h->n;
	int dots = 0;

	if (h->kind != BT_HOST_NAME)
		return h->s;
	while (p > h->s && (p[-1] != '.' || ++dots < 2))
		p--;
	return p;
}

static struct site *find(struct bt_rate *r, const char *name, uint64_t now_ms)
{
	struct site *stalest = &r->sites[0];

	for (size_t i = 0; i < SITES; i++) {
		struct site *s = &r->sites[i];

		if (strcmp(s->name, name) == 0)
			return s;
		if (s->since_ms < stalest->since_ms)
			stalest = s;
	}
	*stalest = (struct site){ .since_ms = now_ms };
	memcpy(stalest->name, name, strlen(name) + 1);
	return stalest;
}

bool bt_rate_take(struct bt_rate *r, const struct bt_host *h, uint64_t now_ms)
{
	struct site *s;
	uint64_t age, still;

	if (r->max == 0)
		return true;
	s = find(r, site_name(h), now_ms);
	age = now_ms - s->since_ms;
	if (age >= MINUTE_MS) {
		s->before = age < 2 * MINUTE_MS ? s->now : 0;
		s->since_ms = now_ms - age % MINUTE_MS;
		s->now = 0;
		age %= MINUTE_MS;
	}
	still = (uint64_t)s->before * (MINUTE_MS - age) / MINUTE_MS;
	if (still + s->now >= r->max)
		return false;
	s->now++;
	return true;
}
