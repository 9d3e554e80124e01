/* strsort.c - least significant byte first over eight bytes; where these are the same, over the
 * next eight. */
#include "strsort.h"

#include <string.h>

#define FEW 24 /* fewer than these are put in order by hand */

static uint64_t head_of(struct bt_str s, size_t skip)
{
	uint64_t head = 0;

	if (s.n >= skip + 8) {
		memcpy(&head, s.p + skip, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		head = __builtin_bswap64(head);
#endif
		return head;
	}
	for (size_t i = skip; i < skip + 8; i++)
		head = head << 8 | (i < s.n ? (uint8_t)s.p[i] : 0);
	return head;
}

static void by_hand(struct bt_piece *at, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct bt_piece one = at[i];
		size_t k = i;

		for (; k > 0 && at[k - 1].head > one.head; k--)
			at[k] = at[k - 1];
		at[k] = one;
	}
}

static void by_heads(struct bt_piece *at, struct bt_piece *spare, size_t n)
{
	struct bt_piece *from = at, *to = spare;
	size_t count[8][256] = { 0 };

	for (size_t i = 0; i < n; i++)
		for (unsigned b = 0; b < 8; b++)
			count[b][at[i].head >> 8 * b & 255]++;
	for (unsigned b = 0; b < 8; b++) {
		size_t sum = 0;

		if (count[b][from[0].head >> 8 * b & 255] == n)
			continue;
		for (size_t c = 0; c < 256; c++) {
			size_t here = count[b][c];

			count[b][c] = sum;
			sum += here;
		}
		for (size_t i = 0; i < n; i++)
			to[count[b][from[i].head >> 8 * b & 255]++] = from[i];
		struct bt_piece *other = from;

		from = to;
		to = other;
	}
	if (from != at)
		memcpy(at, from, n * sizeof *at);
}

/* Strings that agree in their first skip bytes. No deeper than the longest string has words. */
static void sort(const char *text, struct bt_piece *at, struct bt_piece *spare, size_t n,
                 size_t skip)
{
	for (size_t i = 0; i < n; i++)
		at[i].head = head_of((struct bt_str){ text + at[i].at, at[i].n }, skip);
	if (n < FEW)
		by_hand(at, n);
	else
		by_heads(at, spare, n);
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && at[k].head == at[i].head;)
			k++;
		/* No string holds a NUL: the last byte of those that end here is 0. */
		if (k - i > 1 && at[i].head & 255)
			sort(text, at + i, spare, k - i, skip + 8);
	}
}

void bt_strsort(const char *text, struct bt_piece *at, struct bt_piece *spare, size_t n)
{
	sort(text, at, spare, n, 0);
}
