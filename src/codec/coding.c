/* coding.c - gzip, deflate, br, zstd. Nothing may follow the coded data: it would go out unseen. */
#include "coding.h"

#include <brotli/decode.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "bottle/limits.h"

#define CHUNK 16384u

enum verdict { DONE, BROKEN, TOO_BIG };

/* Room for the next piece: as much as the limit still allows, at most CHUNK. */
static uint8_t *room(struct bt_buf *out, size_t *n)
{
	struct bt_err e;

	*n = out->max - out->len < CHUNK ? out->max - out->len : CHUNK;
	return *n ? bt_buf_reserve(out, *n, &e) : NULL;
}

static enum verdict inflate_all(struct bt_buf *out, z_stream *z, bool members)
{
	for (;;) {
		size_t n;
		uint8_t one[1], *at = room(out, &n);

		/* At the limit the stream may still be at its end: one byte more decides. */
		z->next_out = at ? at : one;
		z->avail_out = (uInt)(at ? n : 1);
		uInt before = z->avail_out, in = z->avail_in;
		int rc = inflate(z, Z_NO_FLUSH);

		if (!at && z->avail_out == 0)
			return TOO_BIG;
		if (at)
			bt_buf_commit(out, before - z->avail_out);
		if (rc == Z_STREAM_END && z->avail_in == 0)
			return DONE;
		if (rc == Z_STREAM_END && (!members || inflateReset(z) != Z_OK))
			return BROKEN;
		if ((rc != Z_OK && rc != Z_STREAM_END) ||
		    (rc == Z_OK && z->avail_out == before && z->avail_in == in))
			return BROKEN;
	}
}

static enum verdict zlib_with(struct bt_buf *out, struct bt_str in, int bits, bool members)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.n };

	if (in.n == 0 || in.n > BT_LIM_SCAN || inflateInit2(&z, bits) != Z_OK)
		return BROKEN;
	enum verdict v = inflate_all(out, &z, members);

	(void)inflateEnd(&z);
	return v;
}

static enum verdict un_gzip(struct bt_buf *out, struct bt_str in)
{
	return zlib_with(out, in, 16 + MAX_WBITS, true);
}

enum bt_deflate bt_deflate_kind(const uint8_t *head, size_t n)
{
	if (n < 2 || (head[0] & 0x0f) != Z_DEFLATED || head[0] >> 4 > 7 ||
	    ((unsigned)head[0] << 8 | head[1]) % 31)
		return BT_DEFLATE_BARE;
	if (n < BT_DEFLATE_HEAD || (head[1] ^ head[3]) != 0xff || (head[2] ^ head[4]) != 0xff)
		return BT_DEFLATE_ZLIB;
	return BT_DEFLATE_BOTH;
}

static enum verdict un_deflate(struct bt_buf *out, struct bt_str in)
{
	enum bt_deflate kind = bt_deflate_kind((const uint8_t *)in.p, in.n);

	if (kind == BT_DEFLATE_BOTH)
		return BROKEN;
	return zlib_with(out, in, kind == BT_DEFLATE_ZLIB ? MAX_WBITS : -MAX_WBITS, false);
}

static enum verdict un_br(struct bt_buf *out, struct bt_str in)
{
	BrotliDecoderState *b = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	const uint8_t *next = (const uint8_t *)in.p;
	size_t left = in.n;
	enum verdict v = BROKEN;

	while (b) {
		size_t n, size;
		uint8_t one[1], *at = room(out, &n), *to = at ? at : one;

		size = n = at ? n : 1;
		BrotliDecoderResult rc =
		        BrotliDecoderDecompressStream(b, &left, &next, &n, &to, NULL);

		if (!at && n == 0) {
			v = TOO_BIG;
			break;
		}
		if (at)
			bt_buf_commit(out, size - n);
		if (rc == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT)
			continue;
		v = rc == BROTLI_DECODER_RESULT_SUCCESS && left == 0 ? DONE : BROKEN;
		break;
	}
	BrotliDecoderDestroyInstance(b);
	return v;
}

static enum verdict un_zstd(struct bt_buf *out, struct bt_str in)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	ZSTD_inBuffer src = { in.p, in.n, 0 };
	enum verdict v = BROKEN;

	if (!d ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, BT_LIM_ZSTD_WINDOW_LOG)))
		in.n = 0;
	while (in.n) {
		size_t n;
		uint8_t one[1], *at = room(out, &n);
		ZSTD_outBuffer dst = { at ? at : one, at ? n : 1, 0 };
		size_t before = src.pos, rc = ZSTD_decompressStream(d, &dst, &src);

		if (ZSTD_isError(rc))
			break;
		if (!at && dst.pos) {
			v = TOO_BIG;
			break;
		}
		if (at)
			bt_buf_commit(out, dst.pos);
		if (rc == 0 && src.pos == src.size) { /* the last frame is complete */
			v = DONE;
			break;
		}
		if (dst.pos == 0 && src.pos == before)
			break;
	}
	(void)ZSTD_freeDCtx(d);
	return v;
}

static const struct {
	const char *name;
	enum verdict (*undo)(struct bt_buf *out, struct bt_str in);
} codings[] = {
	{ "gzip", un_gzip }, { "x-gzip", un_gzip }, { "deflate", un_deflate },
	{ "br", un_br },     { "zstd", un_zstd },
};

/* The name as it may be shown: it came from the client, and what is shown is logged. It may be a
 * secret, none of which is as short. */
int bt_coding_refuse(struct bt_str name, const char *why, struct bt_err *e)
{
	char shown[8] = "...";

	for (size_t i = 0; name.n < sizeof shown && i <= name.n; i++) {
		char c = i < name.n ? name.p[i] : 0;

		shown[i] = !c || (c > 0x20 && c < 0x7f && c != '"') ? c : '?';
	}
	return bt_fail(e, BT_DENIED, "request body uses Content-Encoding \"%s\"; %s", shown, why);
}

static int undo_one(struct bt_buf *out, struct bt_str in, struct bt_str name, struct bt_err *e)
{
	for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
		if (!bt_str_ieq(name, bt_str(codings[i].name)))
			continue;
		enum verdict v = codings[i].undo(out, in);

		if (v == TOO_BIG)
			return bt_coding_refuse(name, "it unpacks to more than max_body_bytes", e);
		if (v == BROKEN)
			return bt_coding_refuse(
			        name, "it does not decode and cannot be scanned for secrets", e);
		return 0;
	}
	return bt_coding_refuse(name, "compressed bodies cannot be scanned for secrets", e);
}

static struct bt_str last_of(struct bt_str *list)
{
	size_t i = list->n;
	struct bt_str one;

	while (i > 0 && list->p[i - 1] != ',')
		i--;
	one = (struct bt_str){ list->p + i, list->n - i };
	list->n = i ? i - 1 : 0;
	return bt_str_trim(one);
}

int bt_uncode(struct bt_buf *out, struct bt_str in, struct bt_str list,
              const struct bt_coded *coded, bool *changed, struct bt_err *e)
{
	struct bt_buf stage = BT_BUF(out->max);
	int n = 0, rc = 0;

	*changed = false;
	while (rc == 0 && list.n) {
		struct bt_str name = last_of(&list);

		if (name.n == 0 || bt_str_ieq(name, BT_STR_LIT("identity")))
			continue;
		if (++n > BT_LIM_CODINGS) {
			rc = bt_coding_refuse(name, "too many codings on one body", e);
			break;
		}
		bt_buf_wipe(&stage);
		stage = *out;
		*out = BT_BUF(stage.max);
		in = *changed ? bt_buf_str(&stage) : in;
		rc = coded->look(coded->ctx, in, e);
		rc = rc < 0 ? rc : undo_one(out, in, name, e);
		*changed = true;
	}
	bt_buf_wipe(&stage);
	return rc;
}
