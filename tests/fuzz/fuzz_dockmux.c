/* Whatever the cut, the same bytes come out: one call and byte by byte must agree. */
#include <stdlib.h>

#include "bottle/dockmux.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static int run(const uint8_t *d, size_t n, size_t step, uint64_t *sum)
{
	struct bt_dockmux m = { 0 };
	struct bt_err e = { 0 };
	int rc = 0, stream = 0;

	for (size_t at = 0; at < n && rc == 0; at += step) {
		struct bt_str in = { (const char *)d + at, n - at < step ? n - at : step }, piece;

		while ((rc = bt_dockmux_next(&m, &in, &stream, &piece, &e)) == 1)
			for (size_t i = 0; i < piece.n; i++)
				*sum = *sum * 31 + (uint8_t)piece.p[i] + (uint64_t)stream * 257;
	}
	return rc < 0 ? -1 : bt_dockmux_end(&m, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	uint64_t a = 0, b = 0;

	if (run(d, n, n ? n : 1, &a) != run(d, n, 1, &b) || a != b)
		abort();
	return 0;
}
