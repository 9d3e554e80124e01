/* unpack.c - gzip, deflate, br, zstd, a piece at a time. Of everything that went in what can be
 * told by now has come out, so whoever counts knows what a receiver may have understood. */
#include "unpack.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "coding.h"

#define CHUNK 16384u
#define ZLIB_MEMORY (48u * BT_KIB)
#define BR_MEMORY (17u * BT_MIB)  /* RFC 7932 §9.1: windows up to 16 MiB */
#define ZSTD_MEMORY (9u * BT_MIB) /* BT_LIM_ZSTD_WINDOW_LOG, and a block */

struct bt_unpack {
	const struct kind *kind;
	z_stream z;
	BrotliDecoderState *br;
	ZSTD_DCtx *zstd;
	uint8_t head[BT_DEFLATE_HEAD]; /* of "deflate" */
	unsigned nhead;
	bool ready; /* z is */
	bool ended; /* at the end of a member, a frame, the stream */
};

/* What one call of a library did. */
struct step {
	size_t used, made;
	bool broken;
};

struct kind {
	const char *name;
	size_t memory;
	bool (*open)(struct bt_unpack *u);
	void (*step)(struct bt_unpack *u, struct bt_str in, struct step *s, uint8_t *to, size_t n);
};

static bool open_zlib(struct bt_unpack *u, int bits)
{
	u->ready = inflateInit2(&u->z, bits) == Z_OK;
	return u->ready;
}

static bool open_gzip(struct bt_unpack *u)
{
	return open_zlib(u, 16 + MAX_WBITS);
}

static bool open_later(struct bt_unpack *u)
{
	(void)u;
	return true;
}

static void step_zlib(struct bt_unpack *u, struct bt_str in, struct step *s, uint8_t *to, size_t n)
{
	int rc;

	u->z.next_in = (Bytef *)(uintptr_t)in.p;
	u->z.avail_in = (uInt)in.n;
	u->z.next_out = to;
	u->z.avail_out = (uInt)n;
	rc = inflate(&u->z, Z_NO_FLUSH);
	s->used = in.n - u->z.avail_in;
	s->made = n - u->z.avail_out;
	u->ended = rc == Z_STREAM_END;
	s->broken = rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR;
}

/* Members follow one another (RFC 1952 §2.2). */
static void step_gzip(struct bt_unpack *u, struct bt_str in, struct step *s, uint8_t *to, size_t n)
{
	if (u->ended && inflateReset(&u->z) != Z_OK)
		s->broken = true;
	else
		step_zlib(u, in, s, to, n);
}

#define WRAPPER 2u /* bytes */

/* Whether what has gone in and in itself are the beginning of two bodies. */
static bool reads_as_both(struct bt_unpack *u, struct bt_str in)
{
	size_t n = u->z.total_in;

	for (size_t i = 0; n < sizeof u->head && i < in.n; i++)
		u->head[n++] = (uint8_t)in.p[i];
	return n <= sizeof u->head && bt_deflate_kind(u->head, n) == BT_DEFLATE_BOTH;
}

static void open_deflate(struct bt_unpack *u, struct step *s, uint8_t *to, size_t n)
{
	struct bt_str head = { (char *)u->head, WRAPPER };
	bool bare = bt_deflate_kind(u->head, WRAPPER) == BT_DEFLATE_BARE;

	s->broken = !open_zlib(u, bare ? -MAX_WBITS : MAX_WBITS);
	if (!s->broken)
		step_zlib(u, head, s, to, n);
	s->broken |= s->used != WRAPPER;
}

static void step_deflate(struct bt_unpack *u, struct bt_str in, struct step *s, uint8_t *to,
                         size_t n)
{
	size_t given = 0;

	if (u->ended) {
		s->broken = true;
		return;
	}
	while (!u->ready && u->nhead < WRAPPER && given < in.n)
		u->head[u->nhead++] = (uint8_t)in.p[given++];
	if (!u->ready) {
		if (u->nhead == WRAPPER)
			open_deflate(u, s, to, n);
		s->used = given;
		return;
	}
	s->broken = reads_as_both(u, in);
	if (!s->broken)
		step_zlib(u, in, s, to, n);
}

static bool open_br(struct bt_unpack *u)
{
	u->br = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	return u->br != NULL;
}

static void step_br(struct bt_unpack *u, struct bt_str in, struct step *s, uint8_t *to, size_t n)
{
	const uint8_t *next = (const uint8_t *)in.p;
	size_t left = in.n, room = n;
	BrotliDecoderResult rc;

	if (u->ended) {
		s->broken = true;
		return;
	}
	rc = BrotliDecoderDecompressStream(u->br, &left, &next, &room, &to, NULL);
	s->used = in.n - left;
	s->made = n - room;
	u->ended = rc == BROTLI_DECODER_RESULT_SUCCESS;
	s->broken = rc == BROTLI_DECODER_RESULT_ERROR;
}

static bool open_zstd(struct bt_unpack *u)
{
	u->zstd = ZSTD_createDCtx();
	return u->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax,
	                                                       BT_LIM_ZSTD_WINDOW_LOG));
}

static void step_zstd(struct bt_unpack *u, struct bt_str in, struct step *s, uint8_t *to, size_t n)
{
	ZSTD_inBuffer src = { in.p, in.n, 0 };
	ZSTD_outBuffer dst = { to, n, 0 };
	size_t rc = ZSTD_decompressStream(u->zstd, &dst, &src);

	s->broken = ZSTD_isError(rc) != 0;
	s->used = src.pos;
	s->made = dst.pos;
	u->ended = rc == 0;
}

static const struct kind kinds[] = {
	{ "gzip", ZLIB_MEMORY, open_gzip, step_gzip },
	{ "x-gzip", ZLIB_MEMORY, open_gzip, step_gzip },
	{ "deflate", ZLIB_MEMORY, open_later, step_deflate },
	{ "br", BR_MEMORY, open_br, step_br },
	{ "zstd", ZSTD_MEMORY, open_zstd, step_zstd },
};

static const struct kind *kind_of(struct bt_str coding)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (bt_str_ieq(coding, bt_str(kinds[i].name)))
			return &kinds[i];
	return NULL;
}

size_t bt_unpack_memory(struct bt_str coding)
{
	const struct kind *k = kind_of(coding);

	return k ? k->memory : 0;
}

int bt_unpack_open(struct bt_unpack **out, struct bt_str coding, struct bt_err *e)
{
	BT_OWN(bt_unpack) u = bt_calloc(1, sizeof *u);

	u->kind = kind_of(coding);
	if (!u->kind)
		return bt_coding_refuse(coding, "compressed bodies cannot be scanned for secrets",
		                        e);
	if (!u->kind->open(u))
		return bt_fail(e, BT_LIMIT, "no memory for a decoder");
	*out = BT_STEAL(u);
	return 0;
}

void bt_unpack_close(struct bt_unpack *u)
{
	if (!u)
		return;
	if (u->ready)
		(void)inflateEnd(&u->z);
	BrotliDecoderDestroyInstance(u->br);
	(void)ZSTD_freeDCtx(u->zstd);
	bt_wipe(u->head, sizeof u->head);
	free(u);
}

int bt_unpack_step(struct bt_unpack *u, struct bt_str *in, struct bt_buf *out, struct bt_err *e)
{
	while (out->len < out->max) {
		size_t room = out->max - out->len;
		struct step s = { .used = 0 };
		uint8_t *to;

		room = room < CHUNK ? room : CHUNK;
		to = bt_buf_reserve(out, room, e);
		if (!to)
			return -1;
		if (in->n == 0 && u->ended)
			return 0;
		u->kind->step(u, *in, &s, to, room);
		if (s.broken || (in->n && !s.used && !s.made))
			return bt_coding_refuse(
			        bt_str(u->kind->name),
			        "it does not decode and cannot be scanned for secrets", e);
		bt_buf_commit(out, s.made);
		*in = (struct bt_str){ in->p + s.used, in->n - s.used };
		if (in->n == 0 && s.made < room)
			return 0;
	}
	return 1;
}

bool bt_unpack_whole(const struct bt_unpack *u)
{
	return u->ended;
}
