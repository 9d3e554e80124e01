/* Documents taken apart: every string ends in NUL and none has one inside; values holds no more
 * than all strings together. */
#include <stdlib.h>
#include <string.h>
#include "../../src/codec/docs.h"
#include "bottle/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static int on_part(void *ctx, const struct bt_part *part, struct bt_err *e)
{
	(void)e;
	*(size_t *)ctx += part->body.n;
	return 0;
}

static void check(struct bt_buf *out, struct bt_buf *values)
{
	if (out->len && out->p[out->len - 1] != 0)
		abort();
	if (values->len > out->len || (values->len && memchr(values->p, 0, values->len)))
		abort();
	bt_buf_clear(out);
	bt_buf_clear(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_str in = { (const char *)d, n };
	BT_OWN_BUF out = BT_BUF(BT_LIM_SCAN);
	BT_OWN_BUF values = BT_BUF(BT_LIM_SCAN);
	struct bt_err e = { 0 };
	size_t bytes = 0;
	struct bt_multipart m = { &out, on_part, &bytes, BT_LIM_PARTS };

	if (bt_json_strings(&out, &values, in, &e) == 0)
		check(&out, &values);
	bt_buf_clear(&out);
	bt_buf_clear(&values);
	if (bt_form_strings(&out, &values, in, &e) == 0)
		check(&out, &values);
	bt_buf_clear(&out);
	if (bt_multipart_walk(&m, in, bt_str("multipart/x; boundary=b"), &e) == 0 && bytes > n)
		abort();
	bt_buf_clear(&out);
	(void)bt_header_param(in, "boundary", &out, &e);
	return 0;
}
