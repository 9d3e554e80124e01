/* A compressed body in pieces: what it says is looked at before what says it may go. */
#include "open_scanner.h"
#include <brotli/encode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "../../src/codec/unpack.h"
#include "bottle/limits.h"
#include "bottle/mem.h"
#include "fakes.h"

#define SIZE (5 * BT_LIM_SCAN_WINDOW / 2)
#define ROOM (SIZE + SIZE / 4 + 65536)

static uint64_t state_of_random = 88172645463325252u;

static unsigned below(unsigned n)
{
	state_of_random ^= state_of_random << 13;
	state_of_random ^= state_of_random >> 7;
	state_of_random ^= state_of_random << 17;
	return (unsigned)(state_of_random >> 33) % n;
}

static size_t zlib_as(char *out, const char *in, size_t n, int bits)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in,
		       .avail_in = (uInt)n,
		       .next_out = (Bytef *)out,
		       .avail_out = ROOM };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	(void)deflateEnd(&z);
	return ROOM - z.avail_out;
}

static size_t gzip(char *out, const char *in, size_t n)
{
	return zlib_as(out, in, n, 31);
}

static size_t two_members(char *out, const char *in, size_t n)
{
	size_t first = gzip(out, in, n / 2);

	return first + gzip(out + first, in + n / 2, n - n / 2);
}

static size_t wrapped(char *out, const char *in, size_t n)
{
	return zlib_as(out, in, n, 15);
}

static size_t bare(char *out, const char *in, size_t n)
{
	return zlib_as(out, in, n, -15);
}

static size_t brotli(char *out, const char *in, size_t n)
{
	size_t len = ROOM;

	assert_true(BrotliEncoderCompress(4, 22, BROTLI_MODE_GENERIC, n, (const uint8_t *)in, &len,
	                                  (uint8_t *)out));
	return len;
}

static size_t zstd(char *out, const char *in, size_t n)
{
	size_t len = ZSTD_compress(out, ROOM, in, n, 3);

	assert_false(ZSTD_isError(len));
	return len;
}

static const struct {
	const char *coding, *as;
	size_t (*pack)(char *out, const char *in, size_t n);
} packers[] = {
	{ "gzip", "gzip", gzip },       { "x-gzip", "two members", two_members },
	{ "deflate", "zlib", wrapped }, { "Deflate", "bare deflate", bare },
	{ "br", "br", brotli },         { "zstd", "zstd", zstd },
	{ "", "nothing", NULL },
};
#define PACKERS (sizeof packers / sizeof *packers)

/* No bytes alike: how well it compresses is said by the letters there are. */
static void fill(char *out, size_t n, unsigned letters)
{
	for (size_t i = 0; i < n; i++)
		out[i] = i % 64 == 63 ? ' ' : (char)((letters > 26 ? 128 : 'a') + below(letters));
}

struct pieces {
	struct bt_scan_coded *c;
	struct bt_buf held; /* from `from` on */
	uint64_t from;
	struct bt_findings f;
	uint64_t safe; /* may go before the first finding */
};

static int fed(struct pieces *p, struct bt_str text, unsigned most, struct bt_err *e)
{
	for (size_t at = 0, n; at < text.n; at += n) {
		uint64_t before = bt_scan_coded_passed(p->c);

		n = 1 + below(most);
		n = n < text.n - at ? n : text.n - at;
		assert_ok(bt_buf_add(&p->held, text.p + at, n, e), e);
		if (bt_scan_coded_feed(p->c, &p->held, p->from, &p->f, e) < 0)
			return -1;
		assert_true(bt_scan_coded_passed(p->c) >= before);
		assert_true(bt_scan_coded_passed(p->c) <= at + n);
		assert_true(at + n - bt_scan_coded_passed(p->c) <= BT_LIM_SCAN_HELD);
		if (p->f.n == 0)
			p->safe = bt_scan_coded_passed(p->c);
		bt_buf_eat(&p->held, bt_scan_coded_passed(p->c) - p->from);
		p->from = bt_scan_coded_passed(p->c);
	}
	return bt_scan_coded_end(p->c, &p->held, p->from, &p->f, e);
}

static int scanned(struct pieces *p, const char *coding, struct bt_str text, struct bt_err *e)
{
	int rc;

	*p = (struct pieces){ .held = BT_BUF(4 * BT_LIM_SCAN_WINDOW) };
	assert_ok(bt_scan_coded_open(&p->c, scanner, scratch, bt_str(coding), BT_LIM_SCAN_BODY, e),
	          e);
	rc = fed(p, text, 20000, e);
	bt_scan_coded_close(p->c);
	bt_buf_free(&p->held);
	return rc;
}

/* What a receiver makes of it. */
static void decoded(struct bt_buf *out, const char *coding, struct bt_str in)
{
	BT_OWN(bt_unpack) u = NULL;
	struct bt_err e = { 0 };

	if (!*coding) {
		assert_ok(bt_buf_add(out, in.p, in.n, &e), &e);
		return;
	}
	assert_ok(bt_unpack_open(&u, bt_str(coding), &e), &e);
	assert_true(bt_unpack_step(u, &in, out, &e) == 0);
}

/* Letters by chance may look like something else, too. */
static bool names(const struct bt_findings *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].name, name) == 0)
			return true;
	return false;
}

static void a_secret_is_found_wherever_it_is_and_does_not_leave(void **state)
{
	BT_OWN_MEM char *text = bt_calloc(SIZE, 1), *coded = bt_calloc(ROOM, 1);
	static const unsigned letters[] = { 128, 26, 4 };
	char token[64];

	(void)state;
	fake_build(token, sizeof token, &fakes[FAKE_GITHUB]);
	for (unsigned round = 0; round < 3 * PACKERS; round++) {
		size_t k = round % PACKERS, n = SIZE, at = below(SIZE - 64);
		BT_OWN_BUF out = BT_BUF(2 * SIZE);
		struct bt_err e = { 0 };
		struct pieces p;

		fill(text, SIZE, letters[round / PACKERS]);
		text[at] = ' ';
		memcpy(text + at + 1, token, strlen(token));
		text[at + 1 + strlen(token)] = ' ';
		if (packers[k].pack)
			n = packers[k].pack(coded, text, SIZE);
		else
			memcpy(coded, text, SIZE);
		assert_ok(scanned(&p, packers[k].coding, (struct bt_str){ coded, n }, &e), &e);
		if (!names(&p.f, fakes[FAKE_GITHUB].name))
			fail_msg("%s at %zu: %zu found", packers[k].as, at, p.f.n);
		decoded(&out, packers[k].coding, (struct bt_str){ coded, (size_t)p.safe });
		if (out.len && memmem(out.p, out.len, token, 8))
			fail_msg("%s at %zu: its beginning left", packers[k].as, at);
	}
}

static void a_clean_one_passes_and_goes_on_while_it_comes(void **state)
{
	BT_OWN_MEM char *text = bt_calloc(SIZE, 1), *coded = bt_calloc(ROOM, 1);

	(void)state;
	fill(text, SIZE, 26);
	for (size_t k = 0; k + 1 < PACKERS; k++) {
		size_t n = packers[k].pack(coded, text, SIZE);
		struct bt_err e = { 0 };
		struct pieces p;

		assert_ok(scanned(&p, packers[k].coding, (struct bt_str){ coded, n }, &e), &e);
		assert_int_equal(p.f.n, 0);
		assert_true(p.safe > n / 4);
	}
}

static void refused(const char *coding, const char *p, size_t n, const char *why)
{
	struct bt_err e = { 0 };
	struct pieces got;

	if (scanned(&got, coding, (struct bt_str){ p, n }, &e) == 0 || !strstr(e.msg, why))
		fail_msg("%s: \"%s\" is not \"%s\"", coding, e.msg, why);
}

static void what_does_not_decode_to_its_end_is_refused(void **state)
{
	BT_OWN_MEM char *text = bt_calloc(SIZE, 1), *coded = bt_calloc(ROOM, 1);
	static const char why[] = "it does not decode";

	(void)state;
	fill(text, SIZE, 26);
	for (size_t k = 0; k + 1 < PACKERS; k++) {
		size_t n = packers[k].pack(coded, text, 100000);
		const char *coding = packers[k].coding;

		refused(coding, coded, n - 1, why);
		refused(coding, coded, 1, why);
		refused(coding, coded, n / 3, why);
		memcpy(coded + n, "more", 4);
		refused(coding, coded, n + 4, why);
		refused(coding, text, SIZE, why);
	}
}

static void a_bomb_is_refused_before_it_went_off(void **state)
{
	BT_OWN_MEM char *zeros = bt_calloc(16 * BT_MIB, 1), *coded = bt_calloc(ROOM, 1);

	(void)state;
	for (size_t k = 0; k + 1 < PACKERS; k++) {
		size_t n = packers[k].pack(coded, zeros, 16 * BT_MIB);

		refused(packers[k].coding, coded, n, "unpacks to too many times its size");
	}
}

/* A frame that every decoder skips, and members that are empty: nothing is said, much is sent. */
static void what_says_too_little_to_be_held_back_is_refused(void **state)
{
	BT_OWN_MEM char *coded = bt_calloc(ROOM, 1), *one = bt_calloc(ROOM, 1);
	size_t n = gzip(one, "", 0), len = 0;

	(void)state;
	memcpy(coded, "\x50\x2a\x4d\x18\0\0\x0c\0", 8);
	fill(coded + 8, 0xc0000, 26);
	refused("zstd", coded, 8 + 0xc0000, "it cannot be scanned in pieces");
	while (len + n < SIZE) {
		memcpy(coded + len, one, n);
		len += n;
	}
	refused("gzip", coded, len, "it cannot be scanned in pieces");
}

static void text_beside_what_is_packed_is_looked_at(void **state)
{
	BT_OWN_MEM char *coded = bt_calloc(ROOM, 1);
	char token[64], name[128];
	gz_header head = { .name = (Bytef *)name };
	struct bt_err e = { 0 };
	struct pieces p;
	z_stream z = { .next_in = (Bytef *)"hello",
		       .avail_in = 5,
		       .next_out = (Bytef *)coded,
		       .avail_out = ROOM };

	(void)state;
	fake_build(token, sizeof token, &fakes[FAKE_GITHUB]);
	(void)snprintf(name, sizeof name, "a %s b", token);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, 0), Z_OK);
	assert_int_equal(deflateSetHeader(&z, &head), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	(void)deflateEnd(&z);
	assert_ok(scanned(&p, "gzip", (struct bt_str){ coded, ROOM - z.avail_out }, &e), &e);
	assert_true(p.f.n > 0);
	assert_string_equal(p.f.at[0].name, fakes[FAKE_GITHUB].name);
}

static void only_one_known_coding_is_taken(void **state)
{
	static const char *const no[] = { "gzip, br", "compress", "gzip,", "gzipp", "exi", "*" };
	static const char *const yes[] = {
		"", "identity", "gzip", "X-GZIP", "deflate", "br", "zstd"
	};

	(void)state;
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		struct bt_scan_coded *c = NULL;
		struct bt_err e = { 0 };

		assert_false(bt_scan_coded_takes(bt_str(no[i])));
		assert_int_equal(bt_scan_coded_open(&c, scanner, scratch, bt_str(no[i]), 1, &e),
		                 -1);
		assert_null(c);
	}
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		assert_true(bt_scan_coded_takes(bt_str(yes[i])));
	assert_true(bt_scan_coded_memory(bt_str("br")) > 16 * BT_MIB);
	assert_true(bt_scan_coded_memory(bt_str("")) < BT_MIB);
}

/* Bytes that are the wrapper of a stored block whose content is not looked at, for a receiver that
 * knows of no wrapper: RFC 1950 §2.2, RFC 1951 §3.2.4. */
static void what_deflate_means_in_two_ways_is_refused(void **state)
{
	enum { LEN = 0xff63, SHOWN = 0x9c };
	static const char head[] = "\x78\x9c\x00\x63\xff\x9c\x00";
	BT_OWN_MEM char *coded = bt_calloc(ROOM, 1), *out = bt_calloc(ROOM, 1);
	uLong adler = adler32(0, NULL, 0);
	char token[64];
	size_t n = sizeof head - 1;
	struct bt_err e = { 0 };
	struct pieces got;

	(void)state;
	fake_build(token, sizeof token, &fakes[FAKE_GITHUB]);
	memset(coded, 'a', n + LEN);
	memcpy(coded, head, n);
	(void)bare(coded + 5 + SHOWN, token, strlen(token));
	adler = adler32(adler, (const Bytef *)coded + n, LEN);
	memcpy(coded + n + LEN, "\x03\x00", 2);
	for (int i = 0; i < 4; i++)
		coded[n + LEN + 2 + i] = (char)(adler >> (24 - 8 * i));
	n += LEN + 6;
	for (int bits = -15; bits <= 15; bits += 30) { /* it is what it is meant to be */
		z_stream z = { .next_in = (Bytef *)coded,
			       .avail_in = (uInt)n,
			       .next_out = (Bytef *)out,
			       .avail_out = ROOM };

		assert_int_equal(inflateInit2(&z, bits), Z_OK);
		assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
		assert_int_equal(memmem(out, z.total_out, token, strlen(token)) != NULL, bits < 0);
		(void)inflateEnd(&z);
	}
	for (unsigned most = 1; most < 9; most += 7) {
		got = (struct pieces){ .held = BT_BUF(ROOM) };
		assert_ok(bt_scan_coded_open(&got.c, scanner, scratch, bt_str("deflate"), 1 << 20,
		                             &e),
		          &e);
		assert_int_equal(fed(&got, (struct bt_str){ coded, n }, most, &e), -1);
		assert_non_null(strstr(e.msg, "it does not decode"));
		bt_scan_coded_close(got.c);
		bt_buf_free(&got.held);
	}
	struct bt_scan_body b = { bt_str(""), bt_str("deflate"), { coded, n }, 0 };

	assert_int_equal(bt_scan_body(scanner, scratch, &b, &got.f, &e), -1);
	assert_non_null(strstr(e.msg, "it does not decode"));
}

int main(void)
{
	static const struct CMUnitTest all[] = {
		cmocka_unit_test(a_secret_is_found_wherever_it_is_and_does_not_leave),
		cmocka_unit_test(a_clean_one_passes_and_goes_on_while_it_comes),
		cmocka_unit_test(what_does_not_decode_to_its_end_is_refused),
		cmocka_unit_test(a_bomb_is_refused_before_it_went_off),
		cmocka_unit_test(what_says_too_little_to_be_held_back_is_refused),
		cmocka_unit_test(text_beside_what_is_packed_is_looked_at),
		cmocka_unit_test(what_deflate_means_in_two_ways_is_refused),
		cmocka_unit_test(only_one_known_coding_is_taken),
	};

	return cmocka_run_group_tests(all, open_scanner, close_scanner);
}
