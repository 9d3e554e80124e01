#include "open_scanner.h"
#include <brotli/encode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "bottle/mem.h"
#include "fakes.h"

static char ghp[64];
#define FORTY                                                                                      \
	"abcdefghij"                                                                               \
	"0123456789"                                                                               \
	"klmnopqrst"                                                                               \
	"0123456789"

struct result {
	int rc;
	struct bt_findings f;
	struct bt_err e;
};

static struct result body_n(const char *type, const char *coding, const void *p, size_t n,
                            size_t max)
{
	struct result r = { 0 };
	struct bt_scan_body b = { bt_str(type), bt_str(coding), { p, n }, max };

	r.rc = bt_scan_body(scanner, scratch, &b, &r.f, &r.e);
	return r;
}

static struct result body(const char *type, const char *text)
{
	return body_n(type, "", text, strlen(text), 0);
}

static void found(struct result r, const char *what)
{
	char out[256];

	if (r.rc != 0)
		fail_msg("%s: %s", what, r.e.msg);
	(void)bt_findings_text(&r.f, "", out, sizeof out);
	if (!strstr(out, "GitHub Token"))
		fail_msg("%s: not found: '%s'", what, out);
}

static void passes(struct result r, const char *what)
{
	if (r.rc != 0 || r.f.n)
		fail_msg("%s: %s%s", what, r.e.msg, r.f.n ? r.f.at[0].name : "");
}

static void refused(struct result r, const char *reason)
{
	if (r.rc != -1 || !strstr(r.e.msg, reason))
		fail_msg("want '%s', got %d '%s'", reason, r.rc, r.e.msg);
}

/* The same in base64, n characters a line. */
static size_t wrapped(char *out, const char *plain, size_t n, const char *end)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = 0, all = strlen(plain) / 3 * 4;

	for (size_t i = 0; i < all; i++) {
		const unsigned char *p = (const unsigned char *)plain + i / 4 * 3;
		unsigned group = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];

		if (i && i % n == 0)
			len += (size_t)sprintf(out + len, "%s", end);
		out[len++] = digits[group >> (18 - 6 * (i % 4)) & 63];
	}
	return len;
}

/* As a tool's arguments are sent: JSON in a string of JSON. */
static void wrapped_base64_in_a_string_in_a_string_is_put_together(void **state)
{
	static const char *const ends[] = { "\\n", "\\r\\n", "\\\\n" };
	static const size_t widths[] = { 5, 7, 19, 60, 64, 75, 76 };
	char plain[256], text[2048] = "{\"data\": \"";
	size_t from = strlen(text);

	(void)state;
	(void)snprintf(plain, sizeof plain, "of no interest to anybody here: TOKEN=%s %s", ghp,
	               "and some more words behind it that nobody reads");
	for (size_t e = 0; e < 3; e++)
		for (size_t k = 0; k < sizeof widths / sizeof *widths; k++) {
			size_t n = wrapped(text + from, plain, widths[k], ends[e]);

			(void)strcpy(text + from + n, "\"}");
			found(body("text/plain", text), ends[e]);
		}
}

static void json_is_looked_into_and_must_be_valid(void **state)
{
	char text[1024], esc[512];
	size_t n = 0;

	(void)state;
	(void)snprintf(text, sizeof text, "{\"a\": [1, {\"%s\": true}]}", ghp);
	found(body("application/json", text), "key");
	for (const char *p = ghp; *p; p++)
		n += (size_t)sprintf(esc + n, "\\u%04x", *p);
	(void)snprintf(text, sizeof text, "{\"a\": \"%s\"}", esc);
	found(body("application/vnd.x+json; charset=utf-8", text), "escaped");
	found(body("text/plain", text), "escaped in text");
	(void)snprintf(text, sizeof text, "{\"k\": \"%s\", \"k\": \"\"}", ghp);
	found(body("application/json", text), "duplicate key");
	(void)snprintf(text, sizeof text, "{\"x\":\"%.18s\",\"y\":\"zz\",\"q\":\"a\"}", ghp);
	passes(body("application/json", text), "half");
	(void)snprintf(text, sizeof text, "{\"b\":\"%.20s\",\"z\":1,\"a\":\"%s\"}", ghp, "x");
	passes(body("application/json", text), "half");
	(void)snprintf(text, sizeof text, "[\"%.8s\", 3, \"%s\"]", ghp, ghp + 8);
	found(body("application/json", text), "two strings");

	refused(body("application/json", "{\"a\":1} x"), "invalid JSON body");
	refused(body("application/json", "{'a':1}"), "invalid JSON body");
	refused(body("application/json", "[1,]"), "invalid JSON body");
	refused(body("application/json", "{\"a\":01}"), "invalid JSON body");
	refused(body("application/json", "{}\n{}"), "invalid JSON body");
	memset(text, '[', 200);
	text[200] = 0;
	refused(body("application/json", text), "deeper");
	passes(body("application/json", "{\"a\":[1.5e3,null,true,\"b\\n\"],\"c\":{}}"), "clean");
	passes(body("application/json", ""), "empty");
}

static void forms_are_decoded_and_must_be_valid(void **state)
{
	char text[512];
	size_t n = (size_t)sprintf(text, "a=1&b=");

	(void)state;
	for (const char *p = ghp; *p; p++)
		n += (size_t)sprintf(text + n, "%%%02x", *p);
	found(body("application/x-www-form-urlencoded", text), "percent");
	n = (size_t)sprintf(text, "a=");
	for (const char *p = ghp; *p; p++)
		n += (size_t)sprintf(text + n, "%02x", *p);
	found(body("application/x-www-form-urlencoded", text), "hex");
	passes(body("application/x-www-form-urlencoded", "password=hunter22&x=%20+"), "login");
	refused(body("application/x-www-form-urlencoded", "a=%2"),
	        "invalid application/x-www-form-urlencoded body");
	refused(body("application/x-www-form-urlencoded", "a=%zz"),
	        "invalid application/x-www-form");
}

static void multipart_is_taken_apart(void **state)
{
	static const char type[] = "multipart/form-data; boundary=\"b-1\"";
	char text[2048];

	(void)state;
	(void)snprintf(
	        text, sizeof text,
	        "--b-1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"%s\"\r\n\r\nx\r\n"
	        "--b-1--\r\n",
	        ghp);
	found(body(type, text), "filename");
	(void)snprintf(text, sizeof text, "--b-1\r\nX-Note: %s\r\n\r\nx\r\n--b-1--", ghp);
	found(body(type, text), "header");
	(void)snprintf(text, sizeof text,
	               "--b-1\nContent-Transfer-Encoding: quoted-printable\n\n%.9s=\r\n%s\n--b-1--",
	               ghp, ghp + 9);
	found(body(type, text), "quoted-printable");
	(void)snprintf(text, sizeof text,
	               "--b-1\r\nContent-Type: multipart/mixed; "
	               "boundary=in\r\n\r\n--in\r\n\r\n%s\r\n--in--"
	               "\r\n--b-1--",
	               ghp);
	found(body(type, text), "nested");
	(void)snprintf(text, sizeof text, "--b-1\r\n\r\nx\r\n--b-1--\r\n%s", ghp);
	found(body(type, text), "epilogue");
	passes(body(type,
	            "--b-1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhello\r\n--b-1--"),
	       "clean");
	refused(body("multipart/form-data", "--b-1--"), "boundary");
	refused(body(type, "hello"), "invalid multipart");
	refused(body(type, "--b-1\r\n\r\nx"), "invalid multipart");
	memset(text, 'n', sizeof text);
	(void)snprintf(text + 310, 1000, "\"\r\n\r\nx\r\n--b-1--");
	memcpy(text, "--b-1\r\nContent-Disposition: form-data; filename=\"", 48);
	refused(body(type, text), "filename");
}

static void an_empty_part_passes_whatever_its_encoding(void **state)
{
	static const char *const encodings[] = { "base64", "quoted-printable", "7bit" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(text, sizeof text,
		               "--b\r\nContent-Transfer-Encoding: %s\r\n\r\n\r\n--b--\r\n",
		               encodings[i]);
		passes(body("multipart/form-data; boundary=b", text), encodings[i]);
	}
}

static void a_hundred_parts_are_allowed_and_no_more(void **state)
{
	char text[101 * 16 + 16];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		n += (size_t)sprintf(text + n, "--b\r\n\r\nx\r\n");
	(void)sprintf(text + n, "--b--");
	passes(body("multipart/form-data; boundary=b", text), "100");
	(void)sprintf(text + n, "--b\r\n\r\nx\r\n--b--");
	refused(body("multipart/form-data; boundary=b", text), "100 parts");
}

static size_t deflate_with(int bits, const void *in, size_t n, uint8_t *out, size_t size)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in,
		       .avail_in = (uInt)n,
		       .next_out = out,
		       .avail_out = (uInt)size };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	(void)deflateEnd(&z);
	return size - z.avail_out;
}

static void every_known_coding_is_undone(void **state)
{
	uint8_t one[4096], two[4096];
	size_t n, m, size = sizeof two;
	char text[256];

	(void)state;
	(void)snprintf(text, sizeof text, "{\"token\": \"%s\"}", ghp);
	n = deflate_with(31, text, strlen(text), one, sizeof one);
	found(body_n("application/json", "gzip", one, n, 0), "gzip");
	found(body_n("application/json", " identity , X-GZIP", one, n, 0), "x-gzip");
	m = deflate_with(31, one, n, two, sizeof two);
	found(body_n("application/json", "gzip, gzip", two, m, 0), "gzip twice");
	refused(body_n("", "gzip, gzip, gzip", two, m, 0), "too many codings");
	refused(body_n("", "gzip", one, n - 3, 0), "\"gzip\"; it does not decode");
	refused(body_n("", "deflate", one, n, 0), "\"deflate\"; it does not decode");
	memcpy(two, one, n);
	two[n] = 'x';
	refused(body_n("", "gzip", two, n + 1, 0), "does not decode");
	n = deflate_with(15, text, strlen(text), one, sizeof one);
	found(body_n("application/json", "deflate", one, n, 0), "deflate");
	n = deflate_with(-15, text, strlen(text), one, sizeof one);
	found(body_n("application/json", "deflate", one, n, 0), "raw deflate");
	assert_int_equal(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, strlen(text),
	                                       (const uint8_t *)text, &size, two),
	                 BROTLI_TRUE);
	found(body_n("application/json", "br", two, size, 0), "br");
	refused(body_n("", "br", two, size - 2, 0), "does not decode");
	n = ZSTD_compress(one, sizeof one, text, strlen(text), 3);
	found(body_n("application/json", "zstd", one, n, 0), "zstd");
	refused(body_n("", "zstd", one, n - 2, 0), "does not decode");
	refused(body_n("", "snappy", one, n, 0), "request body uses Content-Encoding \"snappy\"; "
	                                         "compressed bodies cannot be scanned");
	struct result r = body_n("", ghp, one, n, 0);

	refused(r, "Content-Encoding \"...\"; ");
	assert_null(strstr(r.e.msg, "ghp_"));
}

/* RFC 1952 §2.3: flag and place of a name, a comment, a field of any kind. */
static void text_beside_what_is_compressed_is_looked_at(void **state)
{
	static const uint8_t flags[] = { 8, 16, 4 };
	uint8_t one[4096], two[4096];

	(void)state;
	size_t n = deflate_with(31, "hello", 5, one, sizeof one), len = strlen(ghp);

	for (size_t i = 0; i < sizeof flags; i++) {
		size_t at = 10;

		memcpy(two, one, at);
		two[3] = flags[i];
		if (flags[i] == 4) {
			two[at++] = (uint8_t)len;
			two[at++] = 0;
		}
		memcpy(two + at, ghp, len + 1);
		at += len + (flags[i] != 4);
		memcpy(two + at, one + 10, n - 10);
		at += n - 10;
		found(body_n("", "gzip", two, at, 0), "beside gzip");
		at = deflate_with(31, two, at, one + n, sizeof one - n);
		found(body_n("", "gzip, gzip", one + n, at, 0), "beside gzip in gzip");
	}
	memcpy(two, "\x50\x2a\x4d\x18", 4); /* RFC 8878 §3.1.2 */
	memcpy(two + 4, (uint8_t[]){ (uint8_t)len, 0, 0, 0 }, 4);
	memcpy(two + 8, ghp, len);
	n = ZSTD_compress(two + 8 + len, sizeof two - 8 - len, "hello", 5, 3);
	found(body_n("", "zstd", two, 8 + len + n, 0), "beside zstd");
}

static void a_part_is_looked_at_as_it_came_too(void **state)
{
	static const char *const encodings[] = { "base64", "quoted-printable", "x-none" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
		(void)snprintf(text, sizeof text,
		               "--b\r\nContent-Transfer-Encoding: %s\r\n\r\n%s\r\n--b--\r\n",
		               encodings[i], ghp);
		found(body("multipart/form-data; boundary=b", text), encodings[i]);
	}
}

static void a_bomb_stops_at_the_limit(void **state)
{
	size_t n = 1000000, size = 4096;
	BT_OWN_MEM char *zeros = bt_calloc(n, 1);
	uint8_t coded[4096];

	(void)state;
	memset(zeros, ' ', n);
	size = deflate_with(31, zeros, n, coded, sizeof coded);
	refused(body_n("text/plain", "gzip", coded, size, 999999), "unpacks to more");
	passes(body_n("text/plain", "gzip", coded, size, 1000000), "just fits");
	refused(body_n("text/plain", "", zeros, n, 999999),
	        "request body exceeds max_body_bytes (999999)");
	size = sizeof coded;
	assert_int_equal(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, n, (const uint8_t *)zeros,
	                                       &size, coded),
	                 BROTLI_TRUE);
	refused(body_n("text/plain", "br", coded, size, 999999), "unpacks to more");
	passes(body_n("text/plain", "br", coded, size, 1000000), "just fits");
	size = ZSTD_compress(coded, sizeof coded, zeros, n, 3);
	refused(body_n("text/plain", "zstd", coded, size, 999999), "unpacks to more");
	passes(body_n("text/plain", "zstd", coded, size, 1000000), "just fits");
}

static const char *url(const char *host, const char *path, const char *query, char *reason)
{
	struct bt_scan_url u = { bt_str(host), bt_str(path), bt_str(query), false };
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };
	const char *by = NULL;

	assert_ok(bt_scan_url(scanner, scratch, &u, &f, reason, &by, &e), &e);
	return by ? by : "";
}

static void a_url_is_judged_by_pattern_then_by_entropy(void **state)
{
	char reason[BT_SCAN_REASON], text[128];

	(void)state;
	assert_string_equal(url("api.example.com", "/p", "token=abcd", reason), "dlp");
	assert_string_equal(reason, "DLP match: Credential in URL (high)");
	(void)snprintf(text, sizeof text, "/%s", ghp);
	assert_string_equal(url("api.example.com", text, "", reason), "core_dlp");
	assert_string_equal(reason, "core DLP match: GitHub Token (critical)");
	(void)snprintf(text, sizeof text, "a=%.15s&b=%s", ghp, ghp + 15);
	(void)url("api.example.com", "/p", text, reason);
	assert_string_equal(reason, "core DLP match: GitHub Token (critical)");
	assert_string_equal(url("api.example.com", "/p",
	                        "k=q8Zr3Xv7Lm2Nc9Bt5Wy1Kd6Hg4Jf0SaPoIuEeRrTtYyUuXxCcVvBbNnMmQqWwAa",
	                        reason),
	                    "entropy");
	assert_non_null(strstr(reason, "high entropy query parameter \"k\" ("));
	assert_null(strstr(reason, "q8Zr"));
	assert_string_equal(
	        url("api.example.com", "/a/q8Zr3Xv7Lm2Nc9Bt5Wy1Kd6Hg4Jf0SaPoIuEe", "", reason),
	        "entropy");
	assert_non_null(strstr(reason, "high entropy path segment ("));
}

static void a_label_that_carries_data_is_refused(void **state)
{
	char reason[BT_SCAN_REASON];

	(void)state;
	assert_string_equal(url("q8zr3xv7lm2nc9bt5wy1kd6hg4jf0sap.wild.test", "/", "", reason),
	                    "subdomain_entropy");
	assert_non_null(strstr(reason, "high entropy subdomain label \"q8zr3xv7"));
	assert_string_equal(url("6768705f5a32787a3956623462346e6d.wild.test", "/", "", reason),
	                    "subdomain_entropy");
	assert_string_equal(url("6768705f5a32787a.3956623462346e6d.wild.test", "/", "", reason),
	                    "subdomain_entropy");
	assert_string_equal(url("m5uha427lj2hqqki4z4vgn2cgrhg2mks.wild.test", "/", "", reason),
	                    "subdomain_entropy");
}

static void usual_urls_pass(void **state)
{
	static const char *const paths[] = {
		"/repos/acme/app/commits/da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"/v1/items/123e4567-e89b-12d3-a456-426614174000",
		"/lodash/-/lodash-4.17.21.tgz",
		"/npm/sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg_SpIdNs6c5H0NE8XYXysP-"
		"DGNKHfuwvY7kxvUdBeoGlODJ6-SfaPg==",
		"/wiki/Behaviour_of_ordinary_titles_in_paths",
		"/",
	};
	static const char *const hosts[] = {
		"api.example.com",
		"d111111abcdef8.cloudfront.net",
		"raw.githubusercontent.com",
		"123e4567-e89b-12d3-a456-426614174000.apps.example.com",
		"10.0.0.1",
		"ec2-203-0-113-25.compute-1.amazonaws.com",
		"productionapigateway.eu-central-1.example.com",
		"registry-1.docker.io",
	};
	char reason[BT_SCAN_REASON];

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (*url("api.example.com", paths[i], "page=2&sort=name", reason))
			fail_msg("%s: %s", paths[i], reason);
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		if (*url(hosts[i], "/", "", reason))
			fail_msg("%s: %s", hosts[i], reason);
}

static int setup(void **state)
{
	fake_build(ghp, sizeof ghp, &fakes[FAKE_GITHUB]);
	return open_scanner(state);
}

/* Values are joined up to the next space only, but where a pattern that has one may begin. */
static void a_pattern_with_spaces_is_seen_in_two_values(void **state)
{
	static const struct {
		const char *first, *second, *name;
	} rows[] = {
		{ "-----BEGIN RSA", " PRIVATE KEY-----", "Private Key Header" },
		{ "see: -----BEG", "IN EC PRIVATE KEY-----", "Private Key Header" },
		{ "\xef\xbc\x8d----BEGIN", " PRIVATE KEY-----", "Private Key Header" },
		{ "the secret access", " key is: " FORTY " and so on", "AWS Secret Key" },
		{ "the sec", "ret access key is: " FORTY " and so on", "AWS Secret Key" },
		{ "it says \\\"type\\\" :", " \\\"service_account\\\" in it",
		  "GCP Service Account Key" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)snprintf(text, sizeof text, "{\"a\": \"%s\", \"b\": \"%s\"}", rows[i].first,
		               rows[i].second);
		struct result r = body("application/json", text);

		assert_int_equal(r.rc, 0);
		assert_int_equal(r.f.n, 1);
		assert_string_equal(r.f.at[0].name, rows[i].name);
		assert_int_equal(r.f.at[0].form, BT_FORM_JOINED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_with_spaces_is_seen_in_two_values),
		cmocka_unit_test(wrapped_base64_in_a_string_in_a_string_is_put_together),
		cmocka_unit_test(json_is_looked_into_and_must_be_valid),
		cmocka_unit_test(forms_are_decoded_and_must_be_valid),
		cmocka_unit_test(multipart_is_taken_apart),
		cmocka_unit_test(an_empty_part_passes_whatever_its_encoding),
		cmocka_unit_test(a_hundred_parts_are_allowed_and_no_more),
		cmocka_unit_test(every_known_coding_is_undone),
		cmocka_unit_test(text_beside_what_is_compressed_is_looked_at),
		cmocka_unit_test(a_part_is_looked_at_as_it_came_too),
		cmocka_unit_test(a_bomb_stops_at_the_limit),
		cmocka_unit_test(a_url_is_judged_by_pattern_then_by_entropy),
		cmocka_unit_test(a_label_that_carries_data_is_refused),
		cmocka_unit_test(usual_urls_pass),
	};
	return cmocka_run_group_tests_name("scan_body", tests, setup, close_scanner);
}
