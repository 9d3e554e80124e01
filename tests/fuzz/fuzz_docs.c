/* Documents taken apart: every string ends in NUL and has a kind, and none has one inside; what is
 * beside the borders of values is no more than all strings together and what separates it. */
#include <stdlib.h>
#include <string.h>
#include "../../src/codec/borders.h"
#include "../../src/codec/strsort.h"
#include "bottle/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static int on_part(void *ctx, const struct bt_part *part, struct bt_err *e)
{
	(void)e;
	*(size_t *)ctx += part->body.n;
	return 0;
}

static void check(struct bt_buf *out, struct bt_kinds *kinds)
{
	BT_OWN_BUF pieces = BT_BUF(BT_LIM_SCAN);
	BT_OWN_BUF joined = BT_BUF(BT_LIM_SCAN);
	struct bt_borders b = { bt_buf_str(out), kinds, &pieces, &joined, false, false };
	struct bt_err e = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < out->len; i++)
		n += out->p[i] == 0;
	if (n != kinds->n || (out->len && out->p[out->len - 1] != 0))
		abort();
	if (bt_borders_run(&b, &e) < 0 || joined.len > out->len + out->len / 256)
		abort();
	const struct bt_piece *at = (struct bt_piece *)(void *)pieces.p;

	for (size_t i = 0; i < pieces.len / sizeof *at; i++)
		if (at[i].at + at[i].n >= out->len || out->p[at[i].at + at[i].n] ||
		    strlen((char *)out->p + at[i].at) != at[i].n)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_str in = { (const char *)d, n };
	BT_OWN_BUF out = BT_BUF(BT_LIM_SCAN);
	BT_OWN_BUF bits = BT_BUF(BT_LIM_SCAN);
	struct bt_kinds kinds = { &bits, 0 };
	struct bt_err e = { 0 };
	size_t bytes = 0;
	struct bt_multipart m = { &out, on_part, &bytes, BT_LIM_PARTS };

	if (bt_json_strings(&out, &kinds, in, &e) == 0)
		check(&out, &kinds);
	bt_buf_clear(&out);
	bt_buf_clear(&bits);
	kinds.n = 0;
	if (bt_form_strings(&out, &kinds, in, &e) == 0)
		check(&out, &kinds);
	bt_buf_clear(&out);
	if (bt_multipart_walk(&m, in, bt_str("multipart/x; boundary=b"), &e) == 0 && bytes > n)
		abort();
	bt_buf_clear(&out);
	(void)bt_header_param(in, "boundary", &out, &e);
	return 0;
}
