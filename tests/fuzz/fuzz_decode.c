/* Decoders write no more than they were given; the survey copies nothing twice. */
#include <stdlib.h>
#include <string.h>
#include "../../src/codec/classes.h"
#include "../../src/codec/coding.h"
#include "../../src/codec/decode.h"
#include "../../src/codec/entropy.h"
#include "../../src/codec/normal.h"
#include "../../src/codec/survey.h"
#include "../../src/codec/validate.h"
#include "bottle/limits.h"

static int not_empty(void *ctx, struct bt_str in, struct bt_err *e)
{
	(void)ctx;
	(void)e;
	return in.n ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);

static void one_by_one(struct bt_str in, uint8_t *room)
{
	size_t len = 0;

	(void)bt_base64_decode(room, &len, in);
	(void)bt_base32_decode(room, &len, in);
	(void)bt_hex_decode(room, &len, in);
	(void)bt_percent_decode(room, &len, in, true);
	if (len > in.n)
		abort();
	bt_qp_decode(room, &len, in);
	if (len > in.n)
		abort();
	bt_unescape(room, &len, in);
	if (len > in.n)
		abort();
	bt_unreference(room, &len, in);
	if (len > in.n)
		abort();
	for (size_t to = 0; to <= in.n; to++) {
		(void)bt_valid_card_at(in, to);
		(void)bt_valid_iban_at(in, to);
		(void)bt_valid_wif_at(in, to);
		(void)bt_valid_aws_id_at(in, to);
	}
	for (int v = BT_VALID_NONE; v <= BT_VALID_WIF; v++)
		(void)bt_valid((enum bt_validator)v, in);
}

static void classes_agree(struct bt_str in)
{
	struct bt_masks fast = { 0 }, slow = { 0 };

	for (size_t at = 0; at < in.n; at += 64) {
		bt_classify(&fast, 1, 1 + 2 * BT_ROW, in, at);
		bt_classify_slow(&slow, 1, 1 + 2 * BT_ROW, in, at);
		if (memcmp(&fast, &slow, sizeof fast) != 0)
			abort();
	}
}

/* What is copied out ends in NUL, and no byte is copied more than once. */
static void survey(struct bt_buf *out, struct bt_str in, bool hard)
{
	BT_OWN_BUF glued = BT_BUF(BT_LIM_SCAN);
	BT_OWN_BUF squeezed = BT_BUF(BT_LIM_SCAN);
	struct bt_err e = { 0 };
	struct bt_survey sv = { .s = in,
		                .e = &e,
		                .hard = hard,
		                .seed_min = 12,
		                .least = BT_TELLING,
		                .decoded = out,
		                .glued = &glued,
		                .squeezed = &squeezed };

	if (bt_survey_run(&sv) < 0)
		abort();
	if (glued.len > 2 * in.n + 1 || squeezed.len > 2 * in.n + 1)
		abort();
	if ((out->len && out->p[out->len - 1]) || (glued.len && glued.p[glued.len - 1]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct bt_str in = { (const char *)d, n }, label;
	BT_OWN_BUF out = BT_BUF(BT_LIM_SCAN);
	BT_OWN_BUF again = BT_BUF(BT_LIM_SCAN);
	struct bt_err e = { 0 };
	bool is;
	double bits;

	if (n > 4096)
		return 0;
	uint8_t *room = malloc(n + 1);

	if (!room)
		return 0;
	one_by_one(in, room);
	free(room);
	if (bt_fold(&out, in, &e) < 0)
		abort();
	classes_agree(in);
	bt_buf_clear(&out);
	survey(&out, in, n & 1);
	bt_buf_clear(&out);
	if (bt_from_utf16(&out, in, &e) < 0 || out.len > 8 * n)
		abort();
	(void)bt_label_exfil(in, 4.0, &label, &bits);
	again.max = 65536;
	static const struct bt_coded coded = { not_empty, NULL };
	static const char *const codings[] = { "gzip", "deflate", "br", "zstd", "br, gzip" };

	for (size_t i = 0; i < 5; i++) {
		if (bt_uncode(&again, in, bt_str(codings[i]), &coded, &is, &e) == 0 &&
		    again.len > 65536)
			abort();
		bt_buf_free(&again);
	}
	return 0;
}
