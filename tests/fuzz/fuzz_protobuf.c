/* Strings of messages: whole, ended by NUL, bounded, and each a part of the input. */
#include <stdlib.h>
#include <string.h>

#include "../../src/codec/protobuf.h"

static void must(int fact)
{
	if (!fact)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const types[] = { "application/grpc", "application/protobuf" };

	for (size_t i = 0; i < 2; i++) {
		BT_OWN_BUF out = BT_BUF(8 * n + 64);
		struct bt_err e = { 0 };

		must(bt_protobuf_strings(&out, (struct bt_str){ (const char *)p, n },
		                         bt_str(types[i]), &e) == 0);
		must(out.len == 0 || out.p[out.len - 1] == 0);
	}
	return 0;
}
