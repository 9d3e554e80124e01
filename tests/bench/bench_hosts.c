/* bench_hosts.c - a set of 1,000,000 hosts: adding, sorting, and matching in random order, in C. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bottle/hostset.h"
#include "bottle/mem.h"

#define HOSTS 1000000u
#define LOOKUPS 4000000u

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t next(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	return *x ^= *x << 5;
}

static void name(char *out, size_t cap, uint32_t i)
{
	(void)snprintf(out, cap, "h%07u.zone%u.example.org", i, i % 977);
}

static double fill(struct bt_hostset *s)
{
	struct bt_err e = { 0 };
	struct bt_host_pattern p;
	uint32_t seed = 1;
	char text[64];
	double t0 = now();

	for (uint32_t i = 0; i < HOSTS; i++) {
		name(text, sizeof text, next(&seed) % (8 * HOSTS));
		if (s && (bt_host_pattern_parse(&p, bt_str(text), &e) < 0 ||
		          bt_hostset_add(s, &p, 1, &e) < 0))
			exit(1);
	}
	return now() - t0;
}

static void fill_and_sort(struct bt_hostset *s)
{
	double names = fill(NULL), all = fill(s), t0 = now();

	bt_hostset_sort(s);
	printf("   add: %.0f ns a host, parsed; sort of %zu in random order: %.0f ms\n",
	       (all - names) / HOSTS * 1e9, bt_hostset_count(s), (now() - t0) * 1e3);
}

/* The hosts of both series were chosen before the clock starts; same order for each. */
static void match(const struct bt_hostset *s, const char *what, bool there, unsigned few)
{
	struct bt_host *hosts = bt_calloc(few, sizeof *hosts);
	struct bt_err e = { 0 };
	uint32_t seed = 1, hits = 0;
	char text[64];

	for (unsigned i = 0; i < few; i++) {
		name(text, sizeof text, next(&seed) % (8 * HOSTS));
		text[0] = there ? 'h' : 'g';
		if (bt_host_parse(&hosts[i], bt_str(text), &e) < 0)
			exit(1);
	}
	double t0 = now();

	for (uint32_t i = 0; i < LOOKUPS; i++)
		hits += bt_hostset_has(s, &hosts[i % few], 443, NULL);
	printf("   match in C, %s: %.0f ns (%u of %u there)\n", what, (now() - t0) / LOOKUPS * 1e9,
	       hits, LOOKUPS);
	free(hosts);
}

int main(void)
{
	BT_OWN(bt_hostset) s = bt_hostset_new();

	fill_and_sort(s);
	match(s, "1,000 hosts over and over", true, 1000);
	match(s, "any of 500,000 (caches miss)", true, 500000);
	match(s, "hosts that are not in the set", false, 1000);
	return 0;
}
