/* Decoders write no more than they were given; the normal form is stable and holds no control. */
#include <stdlib.h>
#include <string.h>
#include "../../src/codec/bip39.h"
#include "../../src/codec/coding.h"
#include "../../src/codec/decode.h"
#include "../../src/codec/entropy.h"
#include "../../src/codec/normal.h"
#include "../../src/codec/validate.h"
#include "bottle/limits.h"

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
	for (size_t to = 0; to <= in.n; to++) {
		(void)bt_valid_card_at(in, to);
		(void)bt_valid_iban_at(in, to);
		(void)bt_valid_wif_at(in, to);
		(void)bt_valid_aws_id_at(in, to);
	}
	for (int v = BT_VALID_NONE; v <= BT_VALID_WIF; v++)
		(void)bt_valid((enum bt_validator)v, in);
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
	if (bt_normalise(&out, in, &e) == 0) {
		for (size_t i = 0; i < out.len; i++)
			if (out.p[i] < 0x20 || out.p[i] == 0x7f)
				abort();
		if (bt_look(bt_buf_str(&out)).control)
			abort();
	}
	bt_buf_clear(&out);
	if (bt_decode_tokens(&out, in, true, true, &e) == 0 && out.len && out.p[out.len - 1] != 0)
		abort();
	bt_buf_clear(&out);
	if (bt_from_utf16(&out, in, &is, &e) == 0 && out.len > n / 2)
		abort();
	(void)bt_bip39_find(in, 12, n & 1);
	(void)bt_label_exfil(in, 4.0, &label, &bits);
	again.max = 65536;
	static const char *const codings[] = { "gzip", "deflate", "br", "zstd", "br, gzip" };

	for (size_t i = 0; i < 5; i++) {
		if (bt_uncode(&again, in, bt_str(codings[i]), &is, &e) == 0 && again.len > 65536)
			abort();
		bt_buf_free(&again);
	}
	return 0;
}
