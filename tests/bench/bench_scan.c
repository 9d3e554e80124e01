/* bench_scan.c - how fast clean text passes the scanner. Min, median and max of the rounds. */
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../src/codec/scanner.h"
#include "bottle/mem.h"
#include "bottle/scan.h"

#define ROUNDS 41
#define HOSTILE_ROUNDS 7
#define HOSTILE (1u << 20)
#define FLOOR 20.0 /* MB/s: a body of 5 MiB holds the gate's loop for 250 ms */

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

/* Always the same numbers. */
static unsigned next_random(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (unsigned)(x >> 32);
}

static char one_of(const char *set, size_t n)
{
	return set[next_random() % n];
}

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/* What costs most a byte: text that each finder has to look at. Each fills at least HOSTILE bytes
 * and returns how many. */
static size_t fill_base64(char *out)
{
	size_t n = (size_t)sprintf(out, "[");

	while (n < HOSTILE) {
		n += (size_t)sprintf(out + n, "{\"data\":\"");
		for (int i = 0; i < 4096; i++)
			out[n++] = one_of(BASE64, 64);
		n += (size_t)sprintf(out + n, "\"},");
	}
	return n + (size_t)sprintf(out + n, "{}]");
}

/* Base64 of base64 of text: each level is looked at. */
static size_t fill_tokens(char *out)
{
	size_t n = 0;

	while (n < HOSTILE) {
		for (int i = 0; i < 20; i++)
			out[n++] = i % 4 == 3 ? one_of("FVlmGWEU", 8) : one_of("YZabcd", 6);
		out[n++] = ' ';
	}
	return n;
}

static size_t fill_percent(char *out)
{
	size_t n = 0;

	while (n < HOSTILE)
		n += (size_t)sprintf(out + n, "%%25%02x", 32 + next_random() % 95);
	return n;
}

static size_t fill_backslash(char *out)
{
	size_t n = 0;

	while (n < HOSTILE)
		n += (size_t)sprintf(out + n, "\\\\u00%02x\\", 32 + next_random() % 95);
	return n;
}

static size_t fill_digits(char *out)
{
	size_t n = 0;

	for (; n < HOSTILE; n++)
		out[n] = n % 5 == 4 ? '-' : one_of("4012345678", 10);
	return n;
}

static size_t fill_ssn(char *out)
{
	size_t n = 0;

	while (n < HOSTILE)
		out[n++] = one_of("0123456789--  ", 14);
	return n;
}

static size_t fill_ascii(char *out)
{
	size_t n = 0;

	while (n < HOSTILE)
		out[n++] = (char)(32 + next_random() % 95);
	return n;
}

static size_t fill_bytes(char *out)
{
	size_t n = 0;

	while (n < HOSTILE)
		out[n++] = (char)next_random();
	return n;
}

static size_t fill_lines(char *out)
{
	size_t n = 0;

	for (; n < HOSTILE; n++)
		out[n] = n % 3 == 2 ? '\n' : one_of("_-=a1", 5);
	return n;
}

static size_t fill_pairs(char *out)
{
	size_t n = 0;

	while (n < HOSTILE)
		n += (size_t)sprintf(out + n, "%02x:", 32 + next_random() % 95);
	return n;
}

static size_t fill_dots(char *out)
{
	size_t n = 0;

	while (n < HOSTILE)
		n += (size_t)sprintf(out + n, "a.b.");
	return n;
}

static size_t fill_marks(char *out)
{
	size_t n = 0;

	while (n < HOSTILE)
		n += (size_t)sprintf(out + n, "g h p _ ");
	return n;
}

static size_t fill_seed(char *out)
{
	static const char *const words[] = { "abandon", "ability", "able", "about", "above" };
	size_t n = 0;

	while (n < HOSTILE)
		n += (size_t)sprintf(out + n, "%s%s", words[next_random() % 5],
		                     next_random() % 12 ? " " : " nothing ");
	return n;
}

static size_t fill_high(char *out)
{
	size_t n = 0;

	while (n < HOSTILE) {
		out[n++] = (char)0xd0;
		out[n++] = (char)(0x80 + next_random() % 64);
	}
	return n;
}

static size_t fill_strings(char *out)
{
	size_t n = (size_t)sprintf(out, "[");

	while (n < HOSTILE)
		n += (size_t)sprintf(out + n, "\"%x_\",", next_random());
	return n + (size_t)sprintf(out + n, "1]");
}

static const struct {
	const char *name, *type;
	size_t (*fill)(char *out);
} hostile[] = {
	{ "base64 in JSON", "application/json", fill_base64 },
	{ "base64 of base64", "text/plain", fill_tokens },
	{ "percent of percent", "text/plain", fill_percent },
	{ "backslashes", "text/plain", fill_backslash },
	{ "digits in fours", "text/plain", fill_digits },
	{ "digits and signs", "text/plain", fill_ssn },
	{ "random ASCII", "text/plain", fill_ascii },
	{ "random bytes", "text/plain", fill_bytes },
	{ "broken lines", "text/plain", fill_lines },
	{ "pairs", "text/plain", fill_pairs },
	{ "dots", "text/plain", fill_dots },
	{ "spaced prefixes", "text/plain", fill_marks },
	{ "seed words", "text/plain", fill_seed },
	{ "Cyrillic", "text/plain", fill_high },
	{ "short strings in JSON", "application/json", fill_strings },
};

static int no_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *ctx)
{
	(void)id, (void)from, (void)to, (void)flags, (void)ctx;
	return 0;
}

/* The best of the rounds, in MB/s; raw: by the patterns alone. */
static double best(const struct bt_scanner *s, struct bt_scan_scratch *k, const char *type,
                   struct bt_str bytes, bool raw)
{
	double least = 1e9;

	for (int i = 0; i < HOSTILE_ROUNDS; i++) {
		struct bt_scan_body b = { .content_type = bt_str(type), .bytes = bytes };
		struct bt_findings f = { .n = 0 };
		struct bt_err e;
		double start = now();

		if (raw)
			(void)hs_scan(s->db, bytes.p, (unsigned)bytes.n, 0, k->hs, no_match, NULL);
		else
			(void)!bt_scan_body(s, k, &b, &f, &e);
		double took = now() - start;

		least = took < least ? took : least;
	}
	return (double)bytes.n / 1e6 / least;
}

/* Returns how many are below the floor. */
static int bench_hostile(const struct bt_scanner *s, struct bt_scan_scratch *k)
{
	BT_OWN_MEM char *out = bt_calloc(HOSTILE + 16384, 1);
	int slow = 0;

	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		struct bt_str bytes = { out, hostile[i].fill(out) };
		double all = best(s, k, hostile[i].type, bytes, false);
		double raw = best(s, k, hostile[i].type, bytes, true);

		printf("   hostile: %-22s %8.1f MB/s, %5.1f times the patterns alone%s\n",
		       hostile[i].name, all, raw / all, all < FLOOR ? "   TOO SLOW" : "");
		slow += all < FLOOR;
	}
	return slow;
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
	return bench_hostile(s, k) ? 1 : 0;
}
