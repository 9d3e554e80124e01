#include "open_scanner.h"
#include "bottle/mem.h"
#include "fakes.h"

#include <ctype.h>
#include <stdlib.h>

static bool named(const struct bt_findings *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].name, name) == 0)
			return true;
	return false;
}

static struct bt_findings scan(const char *text, size_t n)
{
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };

	assert_ok(bt_scan_text(scanner, scratch, (struct bt_str){ text, n }, &f, &e), &e);
	return f;
}

static void finds(const char *text, size_t n, const char *name)
{
	struct bt_findings f = scan(text, n);

	if (!named(&f, name))
		fail_msg("%s not found (%zu others, first %s)", name, f.n, f.n ? f.at[0].name : "");
}

static void finds_in(const char *text, const char *name)
{
	finds(text, strlen(text), name);
}

static void clean(const char *what, const char *text)
{
	struct bt_findings f = scan(text, strlen(text));

	if (f.n)
		fail_msg("%s: false alarm: %s (form %d)", what, f.at[0].name, f.at[0].form);
}

static void github(char out[64])
{
	fake_build(out, 64, &fakes[FAKE_GITHUB]);
}

static void every_kind_is_found_alone_and_inside_text(void **state)
{
	char secret[512], text[1024];

	(void)state;
	assert_int_equal(bt_scanner_default_count(), 48);
	assert_int_equal(FAKES, 49);
	for (size_t i = 0; i < FAKES; i++) {
		fake_build(secret, sizeof secret, &fakes[i]);
		finds(secret, strlen(secret), fakes[i].name);
		(void)snprintf(text, sizeof text, "Hello,\nmy key is: %s , thanks\n", secret);
		finds(text, strlen(text), fakes[i].name);
	}
}

static size_t b64(char *out, const char *in, size_t n, const char *alphabet, bool pad)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)(unsigned char)in[i] << 16 |
		             (i + 1 < n ? (unsigned)(unsigned char)in[i + 1] << 8 : 0) |
		             (i + 2 < n ? (unsigned char)in[i + 2] : 0);
		unsigned chars = n - i >= 3 ? 4 : (unsigned)(n - i) + 1;

		for (unsigned k = 0; k < 4; k++) {
			if (k < chars)
				out[len++] = alphabet[v >> (18 - 6 * k) & 63];
			else if (pad)
				out[len++] = '=';
		}
	}
	out[len] = 0;
	return len;
}

#define STD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static size_t b32(char *out, const char *in, size_t n)
{
	unsigned long long acc = 0;
	size_t len = 0, bits = 0;

	for (size_t i = 0; i < n; i++) {
		acc = acc << 8 | (unsigned char)in[i];
		for (bits += 8; bits >= 5; bits -= 5)
			out[len++] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[acc >> (bits - 5) & 31];
	}
	if (bits)
		out[len++] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[acc << (5 - bits) & 31];
	out[len] = 0;
	return len;
}

static size_t pairs(char *out, const char *in, const char *before, const char *after)
{
	size_t len = 0;

	for (size_t i = 0; in[i]; i++)
		len += (size_t)sprintf(out + len, "%s%02x%s", before, (unsigned char)in[i], after);
	return len;
}

static void encodings_are_undone(void **state)
{
	char ghp[64], one[1024], two[1024], three[2048];

	(void)state;
	github(ghp);
	size_t n = strlen(ghp);

	finds(one, b64(one, ghp, n, STD, true), "GitHub Token");
	finds(one, b64(one, ghp, n, URL, false), "GitHub Token");
	finds(one, b32(one, ghp, n), "GitHub Token");
	finds(one, pairs(one, ghp, "", ""), "GitHub Token");
	finds(one, pairs(one, ghp, "", ":"), "GitHub Token");
	finds(one, pairs(one, ghp, "", " "), "GitHub Token");
	finds(one, pairs(one, ghp, "\\x", ""), "GitHub Token");
	finds(one, pairs(one, ghp, "0x", ", "), "GitHub Token");
	finds(one, pairs(one, ghp, "%", ""), "GitHub Token");
	finds(one, pairs(one, ghp, "\\u00", ""), "GitHub Token");
	(void)pairs(one, ghp, "%", "");
	(void)pairs(two, one, "%", "");
	finds(two, strlen(two), "GitHub Token");
	(void)pairs(one, ghp, "", "");
	(void)b64(two, one, strlen(one), STD, true);
	(void)b64(three, two, strlen(two), URL, false);
	finds(three, strlen(three), "GitHub Token");
	(void)b64(one, ghp, n, STD, true);
	(void)snprintf(three, sizeof three, "GET /a/%s/b?x=1&y=2 HTTP", one);
	finds(three, strlen(three), "GitHub Token");
}

/* Nothing has to stand between a name and what was encoded: x$(base64 file). */
static void what_was_encoded_is_seen_behind_other_characters(void **state)
{
	static const char *const before[] = {
		"x", "key", "id_", "a-b-c-d", "/x", "zeile7", "09af"
	};
	char ghp[64], one[512], text[1024];

	(void)state;
	github(ghp);
	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		for (size_t garbage = 0; garbage < 200; garbage += 67) {
			const char *more[] = { "", "x", "xyz", "_and_more", "/a" };

			for (size_t k = 0; k < sizeof more / sizeof *more; k++) {
				(void)b64(one, ghp, strlen(ghp), k % 2 ? STD : URL, false);
				(void)snprintf(text, sizeof text, "%s%0*d%s%s", before[i],
				               (int)garbage + 1, 7, one, more[k]);
				finds(text, strlen(text), "GitHub Token");
				(void)pairs(one, ghp, "", "");
				(void)snprintf(text, sizeof text, "%s%0*dx%s%s", before[i],
				               (int)garbage + 1, 7, one, more[k]);
				finds(text, strlen(text), "GitHub Token");
				(void)snprintf(text, sizeof text, "%s%s%s", before[i], one,
				               more[k]);
				finds(text, strlen(text), "GitHub Token");
			}
		}
		(void)b32(one, ghp, strlen(ghp));
		(void)snprintf(text, sizeof text, "%s_%s", before[i], one);
		finds(text, strlen(text), "GitHub Token");
	}
}

static void a_row_of_pairs_is_seen_behind_another(void **state)
{
	static const char *const before[] = { "69 ",    "01 02 03 ", "01 02 03 04 05 06 07 08 09 ",
		                              "de,ad-", "00, 01, ",  "aa\\xbb " };
	char ghp[64], row[256], text[512];

	(void)state;
	github(ghp);
	(void)pairs(row, ghp, "", ":");
	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		(void)snprintf(text, sizeof text, "%s%s", before[i], row);
		finds(text, strlen(text), "GitHub Token");
		(void)snprintf(text, sizeof text, "%*s%s%s", 47, "line", before[i], row);
		finds(text, strlen(text), "GitHub Token");
	}
}

/* As base64(1) writes it, with the credential over two lines. */
static void base64_in_lines_is_seen_beside_other_lines(void **state)
{
	static const char *const beside[][2] = {
		{ "", "" },
		{ "key\n", "" },
		{ "here is the content\n", "" },
		{ "", "hello\n" },
		{ "a\n", "done\n" },
		{ "-----BEGIN X-----\n", "-----END X-----\n" },
	};
	char ghp[64], plain[256], code[512], text[1024];

	(void)state;
	github(ghp);
	(void)snprintf(plain, sizeof plain, "%0*d %s and so on until three lines are full", 30, 0,
	               ghp);
	size_t n = b64(code, plain, strlen(plain) / 3 * 3, STD, false);

	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
		size_t len = (size_t)sprintf(text, "%s", beside[i][0]);

		for (size_t k = 0; k < n; k += 64)
			len += (size_t)sprintf(text + len, "%.64s\n", code + k);
		len += (size_t)sprintf(text + len, "%s", beside[i][1]);
		finds(text, len, "GitHub Token");
	}
}

static void disguises_are_seen_through(void **state)
{
	char ghp[64], text[256];
	size_t n = 0;

	(void)state;
	github(ghp);
	(void)snprintf(text, sizeof text, "gh\xe2\x80\x8bp_%s", ghp + 4); /* zero-width space */
	finds(text, strlen(text), "GitHub Token");
	(void)snprintf(text, sizeof text, "gh\xd1\x80_%s", ghp + 4); /* Cyrillic er */
	finds(text, strlen(text), "GitHub Token");
	(void)snprintf(text, sizeof text, "\xef\xbd\x87hp_%s", ghp + 4); /* full-width g */
	finds(text, strlen(text), "GitHub Token");
	(void)snprintf(text, sizeof text, "ghp\xcc\x81_%s", ghp + 4); /* combining acute */
	finds(text, strlen(text), "GitHub Token");
	(void)snprintf(text, sizeof text, "%.20s\r\n\t%s", ghp, ghp + 20);
	finds(text, strlen(text), "GitHub Token");
	(void)snprintf(text, sizeof text, "key: %.10s %.10s %s", ghp, ghp + 10, ghp + 20);
	finds(text, strlen(text), "GitHub Token");
	(void)snprintf(text, sizeof text, "%.10s.%.10s.%s", ghp, ghp + 10, ghp + 20);
	finds(text, strlen(text), "GitHub Token");
	for (const char *p = ghp; *p; p++) { /* UTF-16, both orders */
		text[n++] = *p;
		text[n++] = 0;
	}
	finds(text, n, "GitHub Token");
	memmove(text + 1, text, n);
	text[0] = 0;
	finds(text, n, "GitHub Token");
	for (char *p = ghp; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	finds(ghp, strlen(ghp), "GitHub Token");
}

static void numbers_need_their_check_digits(void **state)
{
	(void)state;
	clean("card", "4111 1111 1111 1112");
	clean("card", "order 1234567812345670 shipped"); /* Luhn holds, nobody issues it */
	clean("fraction", "0.4111111111111111");
	clean("identifier", "a4111111111111111");
	finds_in("pay 5555-5555-5555-4444 now", "Credit Card Number");
	finds_in("378282246310005", "Credit Card Number");
	clean("iban", "GB82WEST12345698765433");
	clean("iban", "xGB82WEST12345698765432");
	clean("wif", "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDg");
	clean("aws", "southeast Asia pacific markets are growing quickly");
	clean("aws", "asiapacificregionmarkets");
}

#define PHRASE                                                                                     \
	"abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "

static void a_seed_phrase_needs_its_checksum(void **state)
{
	struct bt_scan_spec spec = { .no_seed_phrase = true };
	BT_OWN(bt_scanner) off = NULL;
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	finds_in(PHRASE "about", "BIP-39 Seed Phrase");
	finds_in("zoo, zoo, zoo\nZoo zoo zoo zoo zoo zoo|zoo zoo: wrong", "BIP-39 Seed Phrase");
	clean("checksum", PHRASE "abandon");
	clean("eleven words", "abandon abandon abandon abandon abandon abandon about");
	clean("prose",
	      "You must believe that people will become what they learn about, even when time "
	      "and money cannot bring ability under control; never give up hope this year");
	assert_ok(bt_scanner_open(&off, &spec, &e), &e);
	assert_ok(bt_scan_text(off, scratch, bt_str(PHRASE "about"), &f, &e), &e);
	assert_int_equal(f.n, 0);
}

static void ordinary_code_and_lock_files_are_left_alone(void **state)
{
	(void)state;
	clean("git", "commit da39a3ee5e6b4b0d3255bfef95601890afd80709\nAuthor: A <a@x.test>\n");
	clean("uuid", "id: 123e4567-e89b-12d3-a456-426614174000");
	clean("npm",
	      "\"integrity\": \"sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+"
	      "DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==\",\n\"resolved\": "
	      "\"https://registry.npmjs.org/lodash/-/lodash-4.17.21.tgz\"");
	clean("js", "!function(e,t){\"object\"==typeof exports&&\"undefined\"!=typeof "
	            "module?module.exports=t("
	            "):\"function\"==typeof "
	            "define&&define.amd?define(t):(e=e||self).Vue=t()}(this,(function"
	            "(){\"use strict\";var e=Object.freeze({});function t(e){return null==e}}));");
	clean("cargo", "[[package]]\nname = \"serde\"\nversion = \"1.0.193\"\nchecksum = "
	               "\"25dd9975e68d0cb5aa1120c288333fc98731bd1dd12f561e468ea4728c042b89\"\n");
	clean("prose",
	      "The prefix ghp_ is used by GitHub for personal access tokens of every developer.");
	clean("css", "'border', 'border-bottom', 'border-left', 'color', 'border-right', 'border', "
	             "'border-bottom', 'color', 'left', 'border-color', 'right', 'border-left', "
	             "'color', 'border', 'bottom', 'left', 'right', 'border-left', 'color'");
	clean("record", "version.py,sha256=qaN-fw_htIgKUVXoAuAEVgKxQu3tZ9qE2eiKkWIS7LA,160");
	clean("enum", "U_MULTIPLE_ANCHOR_TOKEN=0x10306,\n U_BAD_KEY=0x1030A; ");
	clean("time", "2026-11-22T01:51:27Z 1700000000000 127.0.0.1:8888 [info] started");
}

static void patterns_of_the_operator_are_added_and_judged(void **state)
{
	static const struct bt_scan_pattern extra[] = {
		{ "Acme Key", "acme_[0-9]{8}", BT_SEV_HIGH, BT_VALID_NONE, false },
		{ "Routing Number", "\\b[0-9]{9}\\b", BT_SEV_LOW, BT_VALID_ABA, false },
	};
	static const struct bt_scan_pattern bad = { "Broken", "a(", BT_SEV_LOW, BT_VALID_NONE,
		                                    false };
	struct bt_scan_spec spec = { .extra = extra, .nextra = 2, .no_defaults = true };
	struct bt_err e = { 0 };
	struct bt_findings f = { 0 };
	BT_OWN(bt_scanner) s = NULL;
	BT_OWN(bt_scan_scratch) k = NULL;
	char ghp[64];

	(void)state;
	assert_ok(bt_scanner_open(&s, &spec, &e), &e);
	assert_ok(bt_scan_scratch_open(&k, s, &e), &e);
	assert_ok(bt_scan_text(s, k, bt_str("ACME_12345678 111000025"), &f, &e), &e);
	assert_true(named(&f, "Acme Key"));
	assert_true(named(&f, "Routing Number"));
	f.n = 0;
	assert_ok(bt_scan_text(s, k, bt_str("111000026 4111 1111 1111 1111"), &f, &e), &e);
	assert_int_equal(f.n, 0);
	github(ghp); /* core: stays without the defaults */
	assert_ok(bt_scan_text(s, k, bt_str(ghp), &f, &e), &e);
	assert_true(named(&f, "GitHub Token"));
	spec = (struct bt_scan_spec){ .extra = &bad, .nextra = 1 };
	struct bt_scanner *none = NULL;

	assert_int_equal(bt_scanner_open(&none, &spec, &e), -1);
	assert_non_null(strstr(e.msg, "Broken"));
	assert_null(none);
}

static void a_text_for_people_names_each_kind_once(void **state)
{
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };
	char ghp[64], text[256], out[128];

	(void)state;
	github(ghp);
	(void)snprintf(text, sizeof text, "%s\n%s 078-05-1120", ghp, ghp);
	assert_ok(bt_scan_text(scanner, scratch, bt_str(text), &f, &e), &e);
	(void)bt_findings_text(&f, "request body contains secret: ", out, sizeof out);
	assert_non_null(strstr(out, "request body contains secret: "));
	assert_ptr_equal(strstr(out, "GitHub Token"), strstr(out, "GitHub"));
	assert_null(strstr(strstr(out, "GitHub") + 1, "GitHub"));
	assert_null(strstr(out, ghp));
}

static void headers_are_decoded_too(void **state)
{
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };
	char ghp[64], basic[128], coded[128], value[256];

	(void)state;
	github(ghp);
	(void)snprintf(basic, sizeof basic, "x:%s", ghp);
	(void)b64(coded, basic, strlen(basic), STD, true);
	(void)snprintf(value, sizeof value, "Basic %s", coded);
	assert_ok(bt_scan_header(scanner, scratch, bt_str("Authorization"), bt_str(value), false,
	                         &f, &e),
	          &e);
	assert_true(named(&f, "GitHub Token"));
	f.n = 0;
	(void)snprintf(value, sizeof value, "X-%s", ghp);
	assert_ok(bt_scan_header(scanner, scratch, bt_str(value), bt_str("1"), false, &f, &e), &e);
	assert_int_equal(f.n, 0);
	assert_ok(bt_scan_header(scanner, scratch, bt_str(value), bt_str("1"), true, &f, &e), &e);
	assert_true(named(&f, "GitHub Token"));
	assert_true(bt_scan_header_sensitive(bt_str("authoriZation")));
	assert_false(bt_scan_header_sensitive(bt_str("Accept")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_found_alone_and_inside_text),
		cmocka_unit_test(encodings_are_undone),
		cmocka_unit_test(what_was_encoded_is_seen_behind_other_characters),
		cmocka_unit_test(a_row_of_pairs_is_seen_behind_another),
		cmocka_unit_test(base64_in_lines_is_seen_beside_other_lines),
		cmocka_unit_test(disguises_are_seen_through),
		cmocka_unit_test(numbers_need_their_check_digits),
		cmocka_unit_test(a_seed_phrase_needs_its_checksum),
		cmocka_unit_test(ordinary_code_and_lock_files_are_left_alone),
		cmocka_unit_test(patterns_of_the_operator_are_added_and_judged),
		cmocka_unit_test(a_text_for_people_names_each_kind_once),
		cmocka_unit_test(headers_are_decoded_too),
	};
	return cmocka_run_group_tests_name("scan", tests, open_scanner, close_scanner);
}
