/* bench_scan.c - what the scanner costs, in processor time of this thread: each text beside one
 * bare pass of Hyperscan with the same patterns over the same bytes, in alternating rounds, of
 * which the best counts. bench_scan [NAME]: the texts whose name has NAME in it. */
#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../src/codec/scanner.h"
#include "bottle/mem.h"
#include "scan_texts.h"

#define ROUNDS 15
#define FLOOR 40.0 /* MB/s: a body of 5 MiB holds the gate's loop for 130 ms */

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const struct text {
	const char *name, *type;
	size_t (*fill)(char *out);
	double goal; /* MB/s */
} texts[] = {
	{ "chat JSON", "application/json", fill_chat, 1000 },
	{ "chat JSON, 16 KiB", "application/json", fill_small_chat, 655 /* 25 us */ },
	{ "chat JSON as text", "text/plain", fill_chat, 1000 },
	{ "source code", "text/plain", fill_source, 0 },
	{ "base64 in JSON", "application/json", fill_base64, 500 },
	{ "base64 of base64", "text/plain", fill_tokens, 200 },
	{ "percent of percent", "text/plain", fill_percent, 200 },
	{ "percent nested", "text/plain", fill_nested, 200 },
	{ "backslashes", "text/plain", fill_backslash, 200 },
	{ "digits in fours", "text/plain", fill_digits, 200 },
	{ "digits and signs", "text/plain", fill_ssn, 200 },
	{ "random ASCII", "text/plain", fill_ascii, 200 },
	{ "random bytes", "text/plain", fill_bytes, 200 },
	{ "broken lines", "text/plain", fill_lines, 200 },
	{ "pairs", "text/plain", fill_pairs, 200 },
	{ "dots", "text/plain", fill_dots, 200 },
	{ "spaced prefixes", "text/plain", fill_marks, 200 },
	{ "seed words", "text/plain", fill_seed, 200 },
	{ "Cyrillic", "text/plain", fill_high, 200 },
	{ "any character", "text/plain", fill_plane, 200 },
	{ "short strings in JSON", "application/json", fill_strings, 200 },
};

static int no_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *ctx)
{
	(void)id, (void)from, (void)to, (void)flags, (void)ctx;
	return 0;
}

/* Seconds of the best round. */
struct best {
	double all, pass, bare;
};

static void least(double *best, double start)
{
	double took = now() - start;

	if (*best == 0 || took < *best)
		*best = took;
}

static int measure(const struct bt_scanner *s, struct bt_scan_scratch *k, const char *type,
                   struct bt_str bytes, struct best *best)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct bt_scan_body b = { .content_type = bt_str(type), .bytes = bytes };
		struct bt_findings f = { .n = 0 };
		struct bt_err e = { 0 };
		double start = now();

		if (bt_scan_body(s, k, &b, &f, &e) < 0) {
			printf("   %s\n", e.msg);
			return -1;
		}
		least(&best->all, start);
		start = now();
		if (bt_scan_raw(s, k, bytes, BT_FORM_RAW, &f, &e) < 0)
			return -1;
		least(&best->pass, start);
		start = now();
		if (hs_scan(s->db, bytes.p, (unsigned)bytes.n, 0, k->hs, no_match, NULL) != 0)
			return -1;
		least(&best->bare, start);
	}
	return 0;
}

/* Returns how many are below the floor, -1 on failure. */
static int bench_texts(const struct bt_scanner *s, struct bt_scan_scratch *k, const char *only)
{
	BT_OWN_MEM char *out = bt_calloc(TEXT + 16384, 1);
	int slow = 0;

	printf("   %-22s %8s %8s %8s %12s %12s\n", "", "MB/s", "goal", "us", "x bare pass",
	       "single pass");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct best best = { 0 };

		if (!strstr(texts[i].name, only))
			continue;
		struct bt_str bytes = { out, texts[i].fill(out) };

		if (bytes.n == 0)
			continue;
		if (measure(s, k, texts[i].type, bytes, &best) < 0)
			return -1;
		double mb = (double)bytes.n / 1e6;

		printf("   %-22s %8.0f %8.0f %8.0f %12.1f %12.2f%s\n", texts[i].name, mb / best.all,
		       texts[i].goal, best.all * 1e6, best.all / best.bare, best.bare / best.pass,
		       mb / best.all < FLOOR ? "   TOO SLOW" : "");
		slow += mb / best.all < FLOOR;
	}
	return slow;
}

static int bench_url(const struct bt_scanner *s, struct bt_scan_scratch *k)
{
	struct bt_scan_url u = { bt_str("api.example.com"),
		                 bt_str("/repos/acme/app/pulls/17/comments"),
		                 bt_str("page=2&per_page=100&sort=created"), false };
	struct bt_findings f = { .n = 0 };
	char reason[BT_SCAN_REASON];
	const char *by;
	struct bt_err e;
	double best = 0;

	for (int r = 0; r < ROUNDS; r++) {
		double start = now();

		for (int i = 0; i < 1000; i++)
			if (bt_scan_url(s, k, &u, &f, reason, &by, &e) < 0 || by)
				return -1;
		least(&best, start);
	}
	printf("   %-22s %.2f us (goal 2)\n", "a URL", best * 1e3);
	return 0;
}

int main(int argc, char **argv)
{
	BT_OWN(bt_scanner) s = NULL;
	BT_OWN(bt_scan_scratch) k = NULL;
	struct bt_err e;
	double start = now();

	if (bt_scanner_open(&s, NULL, &e) < 0 || bt_scan_scratch_open(&k, s, &e) < 0)
		return 1;
	printf("   %-22s %.1f ms\n", "open the scanner", (now() - start) * 1e3);
	if (bench_url(s, k) < 0)
		return 1;
	return bench_texts(s, k, argc > 1 ? argv[1] : "") == 0 ? 0 : 1;
}
