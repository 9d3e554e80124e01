/* hostsort.c - radix sort by eight bytes of each text; equal ones by the next eight, and so on. */
#include "hostsort.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/mem.h"

#define FEW 64 /* below, comparing is faster than counting */

static int by_text(const void *a, const void *b)
{
	const struct bt_sort_key *x = a, *y = b;
	int d = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

	return d ? d : (x->len > y->len) - (x->len < y->len);
}

static int by_head(const void *a, const void *b)
{
	const struct bt_sort_key *x = a, *y = b;

	return x->head == y->head ? by_text(a, b) : x->head < y->head ? -1 : 1;
}

/* The eight bytes at depth, big-endian; past the end: zeros, which sort before any byte. */
static uint64_t head_at(const struct bt_sort_key *k, size_t depth)
{
	unsigned char b[8] = { 0 };
	uint64_t v = 0;

	if (k->len > depth)
		memcpy(b, k->text + depth, k->len - depth < 8 ? k->len - depth : 8);
	for (size_t i = 0; i < 8; i++)
		v = v << 8 | b[i];
	return v;
}

/* By head, least significant byte first; spare has room for n. A byte that all have is skipped. */
static void by_counting(struct bt_sort_key *k, struct bt_sort_key *spare, size_t n)
{
	size_t(*count)[256] = bt_calloc(8, sizeof *count);
	struct bt_sort_key *from = k, *to = spare;

	for (size_t i = 0; i < n; i++)
		for (unsigned b = 0; b < 8; b++)
			count[b][k[i].head >> (8 * b) & 255]++;
	for (unsigned b = 0; b < 8; b++) {
		size_t at = 0;

		if (count[b][k[0].head >> (8 * b) & 255] == n)
			continue;
		for (unsigned v = 0; v < 256; v++) {
			size_t c = count[b][v];

			count[b][v] = at;
			at += c;
		}
		for (size_t i = 0; i < n; i++)
			to[count[b][from[i].head >> (8 * b) & 255]++] = from[i];
		struct bt_sort_key *was = from;

		from = to;
		to = was;
	}
	if (from != k)
		memcpy(k, from, n * sizeof *k);
	free(count);
}

/* Depth of the calls: a text's length over eight. */
static void sort_from(struct bt_sort_key *k, struct bt_sort_key *spare, size_t n, size_t depth)
{
	for (size_t i = 0; i < n; i++)
		k[i].head = head_at(&k[i], depth);
	if (n < FEW) {
		qsort(k, n, sizeof *k, by_head);
		return;
	}
	by_counting(k, spare, n);
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && k[to].head == k[from].head;)
			to++;
		if (to - from > 1)
			sort_from(k + from, spare, to - from, depth + 8);
	}
}

void bt_sort_texts(struct bt_sort_key *k, size_t n)
{
	size_t i = 1;

	while (i < n && by_text(&k[i - 1], &k[i]) < 0)
		i++;
	if (i >= n)
		return;
	struct bt_sort_key *spare = bt_calloc(n, sizeof *spare);

	sort_from(k, spare, n, 0);
	free(spare);
}
