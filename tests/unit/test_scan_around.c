/* The scanner in large and hostile texts: what is passed over for speed must hold nothing. */
#include "open_scanner.h"
#include "bottle/mem.h"
#include "fakes.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define SIZE 65536u

/* How many kinds are found in the filler with text in its middle. */
static size_t found_in(char *filler, const char *text)
{
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };
	size_t n = strlen(text);
	char *kept = bt_calloc(n, 1);

	memcpy(kept, filler + SIZE / 2, n);
	memcpy(filler + SIZE / 2, text, n);
	assert_ok(bt_scan_text(scanner, scratch, (struct bt_str){ filler, SIZE }, &f, &e), &e);
	memcpy(filler + SIZE / 2, kept, n);
	free(kept);
	return f.n;
}

static void random_bytes(char *out, unsigned least, unsigned range)
{
	uint64_t x = 88172645463325252u;

	for (size_t i = 0; i < SIZE; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		out[i] = (char)(least + (unsigned)(x >> 40) % range);
	}
}

/* A GitHub token in disguises: what stands for its first character, and what is put into it. */
static const struct {
	const char *first, *between;
} disguises[] = {
	{ "g", "" },         { "%67", "" },     { "%2567", "" },         { "\\x67", "" },
	{ "\\u0067", "" },   { "g", "\n" },     { "g", "\xe2\x80\x8b" }, { "g", "\x01\x02" },
	{ "\\\\u0067", "" }, { "%67", "\r\n" }, { "g", "\xcc\x81" },
};

static void every_disguise_is_seen(char *filler)
{
	char token[64], text[256];

	fake_build(token, sizeof token, &fakes[FAKE_GITHUB]);
	for (size_t i = 0; i < sizeof disguises / sizeof *disguises; i++) {
		(void)snprintf(text, sizeof text, "|%s%.18s%s%s|", disguises[i].first, token + 1,
		               disguises[i].between, token + 19);
		if (found_in(filler, text) == 0)
			fail_msg("not found: disguise %zu", i);
	}
	assert_int_equal(found_in(filler, "nothing"), 0);
}

static void every_disguise_is_seen_between_words(void **state)
{
	BT_OWN_MEM char *filler = bt_calloc(SIZE, 1);

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		filler[i] = "look at this and that, "[i % 23];
	every_disguise_is_seen(filler);
}

static void every_disguise_is_seen_in_a_line_without_spaces(void **state)
{
	BT_OWN_MEM char *filler = bt_calloc(SIZE, 1);

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		filler[i] = "look,at:this(and)that;"[i % 22];
	every_disguise_is_seen(filler);
}

static void every_disguise_is_seen_among_random_characters_and_bytes(void **state)
{
	BT_OWN_MEM char *filler = bt_calloc(SIZE, 1);

	(void)state;
	random_bytes(filler, 32, 95);
	every_disguise_is_seen(filler);
	random_bytes(filler, 0, 256);
	every_disguise_is_seen(filler);
}

/* One escaped character must not shift a long run of base64 against its groups of four. */
static void base64_with_an_escape_far_away_is_decoded_from_its_start(void **state)
{
	static const char set[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	BT_OWN_MEM char *filler = bt_calloc(SIZE, 1);
	char token[64], text[128];
	size_t n = 0, places = 0;

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		filler[i] = "IGFuZCB0aGF0"[i % 12];
	memcpy(filler + 20000, "%41", 3); /* two bytes more than it stands for */
	fake_build(token, sizeof token, &fakes[FAKE_GITHUB]);
	assert_int_equal(strlen(token), 40);
	memcpy(token + 40, "  ", 3);
	for (size_t i = 0; i < 42; i += 3) {
		unsigned v = (unsigned)(uint8_t)token[i] << 16 |
		             (unsigned)(uint8_t)token[i + 1] << 8 | (uint8_t)token[i + 2];

		for (int k = 18; k >= 0; k -= 6)
			text[n++] = set[v >> k & 63];
	}
	text[n] = 0;
	/* Out of step with the run behind the escape and with the whole one it is found, too. */
	for (int shift = 0; shift < 4; shift++) {
		char padded[160];

		(void)snprintf(padded, sizeof padded, "%.*s%s", shift, "AAAA", text);
		places += found_in(filler, padded);
	}
	assert_int_equal(places, 4);
}

/* Shorter and longer ones are parts of digests in base64url, as in RECORD files of Python. */
static void whole_tokens_count_behind_a_hyphen(void **state)
{
	static const struct {
		const char *head;
		int n;
	} kinds[] = { { "hf", 34 }, { "r8", 37 }, { "fw", 24 }, { "ntn", 46 } };
	static const char body[] = "a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5";

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (int more = 0; more < 2; more++) {
			struct bt_findings f = { 0 };
			struct bt_err e = { 0 };
			char text[128];

			(void)snprintf(text, sizeof text, "X-%s_%.*s,1", kinds[i].head,
			               kinds[i].n + more, body);
			assert_ok(bt_scan_text(scanner, scratch, bt_str(text), &f, &e), &e);
			assert_int_equal(f.n, 1 - more);
		}
}

/* One in thirty has no digit and no sign that tells a credential from a word. */
static void an_access_id_of_capitals_is_seen_over_two_lines(void **state)
{
	struct bt_findings f = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_scan_text(scanner, scratch,
	                       bt_str("AK"
	                              "IAQWER\nTZUIOPASDFGH\n"),
	                       &f, &e),
	          &e);
	assert_int_equal(f.n, 1);
}

/* One that said nothing is not decoded again; one that is like it at both ends is. */
static void a_token_like_those_that_said_nothing_is_decoded(void **state)
{
	BT_OWN_MEM char *filler = bt_calloc(SIZE, 1);
	char token[64], text[128], coded[256], mute[256], with[300];

	(void)state;
	fake_build(token, sizeof token, &fakes[FAKE_GITHUB]);
	size_t n = (size_t)snprintf(text, sizeof text, "some text:%s:and more", token);

	n = (size_t)EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)text, (int)n);
	memcpy(mute, coded, n + 1);
	memset(mute + 10, 'z', n - 20);
	for (size_t i = 0; i < SIZE; i++)
		filler[i] = i % (n + 1) < n ? mute[i % (n + 1)] : ' ';
	assert_int_equal(found_in(filler, "nothing"), 0);
	(void)snprintf(with, sizeof with, " %s ", coded);
	assert_int_equal(found_in(filler, with), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_disguise_is_seen_between_words),
		cmocka_unit_test(every_disguise_is_seen_in_a_line_without_spaces),
		cmocka_unit_test(every_disguise_is_seen_among_random_characters_and_bytes),
		cmocka_unit_test(base64_with_an_escape_far_away_is_decoded_from_its_start),
		cmocka_unit_test(whole_tokens_count_behind_a_hyphen),
		cmocka_unit_test(a_token_like_those_that_said_nothing_is_decoded),
		cmocka_unit_test(an_access_id_of_capitals_is_seen_over_two_lines),
	};
	return cmocka_run_group_tests_name("scan_around", tests, open_scanner, close_scanner);
}
