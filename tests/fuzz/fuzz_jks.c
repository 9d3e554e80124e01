/* Whatever the PEM, a store comes out whole or not at all, with as many entries as it says. */
#include <stdlib.h>
#include <string.h>

#include "bottle/jks.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_buf out = BT_BUF(1 << 20);
	struct bt_err e = { 0 };

	if (bt_jks_write((struct bt_str){ (const char *)d, n }, &out, &e) == 0) {
		uint32_t want, got = 0;
		size_t at = 12;

		want = (uint32_t)out.p[8] << 24 | out.p[9] << 16 | out.p[10] << 8 | out.p[11];
		while (at + 20 < out.len) {
			at += 4; /* tag */
			at += 2 + ((size_t)out.p[at] << 8 | out.p[at + 1]) + 8 + 2 + 5;
			at += 4 + ((size_t)out.p[at + 1] << 16 | (size_t)out.p[at + 2] << 8 |
			           out.p[at + 3]);
			got++;
		}
		if (got != want || at + 20 != out.len)
			abort();
	}
	bt_buf_free(&out);
	return 0;
}
