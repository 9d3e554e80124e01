/* The first byte says how long the records are; the rest is a text. Whatever they are, the set is
 * built or refused, a text in pieces is the text, and each value is found in itself. */
#include <stdlib.h>
#include <string.h>
#include "bottle/known.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static void each_in_itself(const struct bt_known *k)
{
	for (size_t i = 0; i < bt_known_count(k); i++)
		if (!(bt_known_find(k, bt_known_value(k, i)) >> i & 1))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_known_run run = { 0 };
	struct bt_known *k = NULL;
	struct bt_err e = { 0 };

	if (n < 1 || n > 65536)
		return 0;
	size_t cut = 1 + (d[0] < n - 1 ? d[0] : n - 1), step = 1 + (size_t)d[0] % 13;
	struct bt_str records = { (const char *)d + 1, cut - 1 };
	struct bt_str text = { (const char *)d + cut, n - cut };
	void *mem = calloc(1, bt_known_size(records));

	if (mem && bt_known_build(&k, mem, records, &e) == 0) {
		uint64_t whole = bt_known_find(k, text);

		for (size_t i = 0; i < text.n; i += step)
			bt_known_feed(k, &run,
			              (struct bt_str){ text.p + i,
			                               text.n - i < step ? text.n - i : step });
		if (bt_known_end(k, &run) != whole)
			abort();
		each_in_itself(k);
	}
	free(mem);
	return 0;
}
