/* A coding undone in pieces says what it says undone at once, however it is cut, or that it is
 * none. The first byte picks the coding, the second the size of the pieces. */
#include <stdlib.h>
#include <string.h>

#include "../../src/codec/coding.h"
#include "../../src/codec/unpack.h"
#include "bottle/limits.h"
#include "bottle/mem.h"

#define MOST (256u * BT_KIB)

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static int look(void *ctx, struct bt_str in, struct bt_err *e)
{
	(void)ctx;
	(void)in;
	(void)e;
	return 0;
}

/* 1: whole; 0: no, or not yet; -1: more than MOST. */
static int pieces(struct bt_buf *all, struct bt_str coding, struct bt_str in, size_t size)
{
	BT_OWN(bt_unpack) u = NULL;
	BT_OWN_BUF out = BT_BUF(1000);
	struct bt_err e = { 0 };

	if (bt_unpack_open(&u, coding, &e) < 0)
		abort();
	while (in.n) {
		struct bt_str some = { in.p, in.n < size ? in.n : size };
		size_t all_of = some.n;
		int more = 1;

		while (more > 0) {
			bt_buf_clear(&out);
			more = bt_unpack_step(u, &some, &out, &e);
			if (more == 1 && out.len != out.max)
				abort();
			if (bt_buf_add(all, out.p, out.len, &e) < 0)
				return -1;
		}
		if (more < 0)
			return 0;
		if (some.n)
			abort();
		in = (struct bt_str){ in.p + all_of, in.n - all_of };
	}
	return bt_unpack_whole(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	static const char *const codings[] = { "gzip", "deflate", "br", "zstd" };
	static const struct bt_coded coded = { look, NULL };
	BT_OWN_BUF a = BT_BUF(MOST);
	BT_OWN_BUF b = BT_BUF(MOST);
	struct bt_err e = { 0 };
	bool changed;

	if (n < 3)
		return 0;
	struct bt_str coding = bt_str(codings[d[0] % 4]), in = { (const char *)d + 2, n - 2 };
	int got = pieces(&a, coding, in, 1u + d[1]);
	int at_once = bt_uncode(&b, in, coding, &coded, &changed, &e);

	if (got < 0)
		return 0;
	/* Undone at once, "deflate" is tried both ways; in pieces its first bytes decide. */
	if ((got == 1) != (at_once == 0) && !(d[0] % 4 == 1 && got == 0))
		abort();
	if (got == 1 && (a.len != b.len || (a.len && memcmp(a.p, b.p, a.len) != 0)))
		abort();
	return 0;
}
