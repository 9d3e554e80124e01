/* bench_scan.c - how fast clean text passes the scanner. Min, median and max of the rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bottle/mem.h"
#include "bottle/scan.h"

#define ROUNDS 41

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A chat request: prose, code, identifiers, numbers. */
static char *make_json(size_t size)
{
	char *out = bt_calloc(size + 512, 1);
	size_t n = (size_t)sprintf(out, "[");

	for (unsigned i = 0; n < size - 400; i++) {
		n += (size_t)sprintf(
		        out + n,
		        "{\"role\":\"user\",\"id\":%u,\"content\":\"Please look at "
		        "src/codec/scan.c and tell me why the loop in line %u does not "
		        "end; the test prints 'want 3, got 4'.\"},",
		        i, i * 7919);
		n += (size_t)sprintf(out + n,
		                     "{\"role\":\"assistant\",\"content\":\"for (i = 0; i < n; "
		                     "i++)\\n\\tsum += values[i] * %u;\\n\",\"commit\":"
		                     "\"da39a3ee5e6b4b0d3255bfef95601890afd80709\"},",
		                     i);
	}
	(void)sprintf(out + n, "{}]");
	return out;
}

static void bench(const char *what, const struct bt_scanner *s, struct bt_scan_scratch *k,
                  const char *type, struct bt_str bytes)
{
	double t[ROUNDS];
	struct bt_findings f = { .n = 0 };
	struct bt_err e;

	for (int i = 0; i < ROUNDS; i++) {
		struct bt_scan_body b = { .content_type = bt_str(type), .bytes = bytes };
		double start = now();

		if (bt_scan_body(s, k, &b, &f, &e) < 0 || f.n) {
			printf("   %s: %s\n", what, f.n ? f.at[0].name : e.msg);
			exit(1);
		}
		t[i] = now() - start;
	}
	qsort(t, ROUNDS, sizeof *t, by_value);
	double mb = (double)bytes.n / 1e6;

	printf("   %-28s min %8.1f  median %8.1f  max %8.1f MB/s   (median %.0f us)\n", what,
	       mb / t[ROUNDS - 1], mb / t[ROUNDS / 2], mb / t[0], t[ROUNDS / 2] * 1e6);
}

int main(void)
{
	BT_OWN(bt_scanner) s = NULL;
	BT_OWN(bt_scan_scratch) k = NULL;
	struct bt_err e;
	BT_OWN_MEM char *small = make_json(16384), *large = make_json(1 << 20);
	double start = now();

	if (bt_scanner_open(&s, NULL, &e) < 0 || bt_scan_scratch_open(&k, s, &e) < 0)
		return 1;
	printf("   %-28s %.1f ms\n", "open the scanner", (now() - start) * 1e3);
	bench("16 KiB JSON", s, k, "application/json", bt_str(small));
	bench("1 MiB JSON", s, k, "application/json", bt_str(large));
	bench("16 KiB text", s, k, "text/plain", bt_str(small));
	bench("1 MiB text", s, k, "text/plain", bt_str(large));

	char reason[BT_SCAN_REASON];
	const char *by;
	struct bt_findings f = { .n = 0 };
	struct bt_scan_url u = { bt_str("api.example.com"),
		                 bt_str("/repos/acme/app/pulls/17/comments"),
		                 bt_str("page=2&per_page=100&sort=created"), false };

	start = now();
	for (int i = 0; i < 10000; i++)
		if (bt_scan_url(s, k, &u, &f, reason, &by, &e) < 0 || by)
			return 1;
	printf("   %-28s %.2f us\n", "a URL", (now() - start) * 1e2);
	return 0;
}
