#include "unit.h"
#include "bottle/known.h"
#include "bottle/limits.h"
#include "bottle/mem.h"
#include "bottle/scan.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* No pattern knows these. */
static const char value[] = "Xk7+q/R2~9w \"Zb4%v";
static const char records[] = "ACME_TOKEN=Xk7+q/R2~9w \"Zb4%v\0SECOND=tr0ub4dor&3x\0TINY=abc1234";

static struct bt_known *set(struct bt_str text)
{
	struct bt_known *k = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_known_build(&k, bt_calloc(1, bt_known_size(text)), text, &e), &e);
	return k;
}

static struct bt_known *usual(void)
{
	return set((struct bt_str){ records, sizeof records });
}

static uint64_t find(const struct bt_known *k, const char *text)
{
	return bt_known_find(k, bt_str(text));
}

static void values_are_named_after_their_variables(void **state)
{
	struct bt_known *k = usual();

	(void)state;
	assert_int_equal(bt_known_count(k), 2);
	assert_string_equal(bt_known_name(k, 0), "Known Secret (ACME_TOKEN)");
	assert_string_equal(bt_known_name(k, 1), "Known Secret (SECOND)");
	assert_true(bt_str_eq(bt_known_value(k, 0), bt_str(value)));
	free(k);
}

static void a_record_may_say_what_it_is_for(void **state)
{
	static const char text[] = "credential:KEY=real-5f2e9c1b\0placeholder:KEY=bottle-001122\0"
	                           "other:KEY=tr0ub4dor&3x";
	struct bt_known *k = set((struct bt_str){ text, sizeof text });

	(void)state;
	assert_int_equal(bt_known_count(k), 3);
	assert_string_equal(bt_known_name(k, 0), "Known Secret (KEY)");
	assert_string_equal(bt_known_name(k, 1), "Placeholder (KEY)");
	assert_string_equal(bt_known_name(k, 2), "Known Secret (other:KEY)");
	assert_int_equal(bt_known_kind(k, 0), BT_KNOWN_CREDENTIAL);
	assert_int_equal(bt_known_kind(k, 1), BT_KNOWN_PLACEHOLDER);
	assert_int_equal(bt_known_kind(k, 2), BT_KNOWN_SECRET);
	assert_true(bt_str_eq(bt_known_label(k, 0), BT_STR_LIT("KEY")));
	assert_true(bt_str_eq(bt_known_label(k, 1), BT_STR_LIT("KEY")));
	assert_true(bt_str_eq(bt_known_value(k, 0), BT_STR_LIT("real-5f2e9c1b")));
	free(k);
}

static void refuses(const char *text, size_t n, const char *why)
{
	struct bt_str s = { text, n };
	struct bt_known *k = NULL;
	struct bt_err e = { 0 };
	void *mem = bt_calloc(1, bt_known_size(s));

	assert_int_equal(bt_known_build(&k, mem, s, &e), -1);
	assert_non_null(strstr(e.msg, why));
	assert_null(strstr(e.msg, "real"));
	free(mem);
}

static void a_credential_that_cannot_be_kept_safe_is_refused(void **state)
{
	static const char twice[] = "credential:KEY=real-5f2e9c1b\0credential:KEY=real-5f2e9c1c";
	static const char line[] = "credential:KEY=real-5f2e9c1b\r\nX: y";
	static const char brief[] = "credential:KEY=real", mark[] = "placeholder:KEY=abc";

	(void)state;
	refuses(twice, sizeof twice, "KEY: handed over twice");
	refuses(line, sizeof line, "credential KEY: holds a control character");
	refuses(brief, sizeof brief, "credential KEY: too short");
	refuses(mark, sizeof mark, "placeholder KEY: too short");
}

static void what_any_text_may_hold_is_not_watched(void **state)
{
	(void)state;
	assert_false(bt_known_worth(bt_str("abc1234")));
	assert_false(bt_known_worth(bt_str("a b c d e f\n")));
	assert_false(bt_known_worth(bt_str("abababababab")));
	assert_false(bt_known_worth(bt_str("")));
	assert_true(bt_known_worth(bt_str("abcd1234")));
}

static void a_value_is_found_as_it_is_and_without_its_blanks_and_case(void **state)
{
	struct bt_known *k = usual();

	(void)state;
	assert_int_equal(find(k, value), 1);
	assert_int_equal(find(k, "-Xk7+q/R2~9w \"Zb4%v-"), 1);
	assert_int_equal(find(k, "x X\tk7+q/\r\nR2~9W\x01\"zb4%V"), 1);
	assert_int_equal(find(k, "tr0ub4dor&3x and Xk7+q/R2~9w\"Zb4%v"), 3);
	assert_int_equal(find(k, "Xk7+q/R2~9w \"Zb4%w"), 0);
	assert_int_equal(find(k, "k7+q/R2~9w \"Zb4%v"), 0);
	assert_int_equal(find(k, ""), 0);
	free(k);
}

static void base64(char *out, const char *in, bool url)
{
	int n = EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)in, (int)strlen(in));

	for (int i = 0; url && i < n; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
}

static void base64_is_found_at_every_alignment_in_both_alphabets(void **state)
{
	static const char *const ahead[] = { "", "u", "us", "user:", "a longer text before:" };
	static const char *const behind[] = { "", "!", "!!", "!!!" };
	struct bt_known *k = usual();
	char text[256], coded[512];

	(void)state;
	for (size_t i = 0; i < 5 * 4 * 2; i++) {
		(void)snprintf(text, sizeof text, "%s%s%s", ahead[i % 5], value, behind[i / 5 % 4]);
		base64(coded, text, i / 20);
		if (find(k, coded) != 1)
			fail_msg("not found: %s", coded);
		coded[strcspn(coded, "=")] = '\0';
		assert_int_equal(find(k, coded), 1);
	}
	free(k);
}

static void hexadecimal_percent_and_json_are_found(void **state)
{
	struct bt_known *k = usual();
	char hex[128] = "", upper[128] = "", percent[256] = "";

	(void)state;
	for (size_t i = 0; value[i]; i++) {
		(void)snprintf(hex + 2 * i, 3, "%02x", (unsigned char)value[i]);
		(void)snprintf(upper + 2 * i, 3, "%02X", (unsigned char)value[i]);
		(void)snprintf(percent + 3 * i, 4, "%%%02X", (unsigned char)value[i]);
	}
	assert_int_equal(find(k, hex), 1);
	assert_int_equal(find(k, upper), 1);
	assert_int_equal(find(k, percent), 1);
	assert_int_equal(find(k, "k=Xk7%2Bq%2FR2~9w%20%22Zb4%25v&x"), 1);
	assert_int_equal(find(k, "{\"a\":\"Xk7+q/R2~9w \\\"Zb4%v\"}"), 1);
	free(k);
}

static void a_text_in_pieces_is_the_text(void **state)
{
	struct bt_known *k = usual();
	size_t n = 3 * sizeof((struct bt_known_run *)0)->window;
	BT_OWN_MEM char *text = bt_calloc(1, n);

	(void)state;
	memset(text, 'x', n);
	for (size_t at = 4000; at < 4100; at++) {
		memcpy(text + at, value, sizeof value - 1);
		struct bt_known_run r = { 0 };

		for (size_t i = 0; i < n; i += 7)
			bt_known_feed(k, &r, (struct bt_str){ text + i, n - i < 7 ? n - i : 7 });
		assert_int_equal(bt_known_end(k, &r), 1);
		assert_int_equal(bt_known_find(k, (struct bt_str){ text, n }), 1);
		memset(text + at, 'x', sizeof value - 1);
	}
	assert_int_equal(bt_known_find(k, (struct bt_str){ text, n }), 0);
	free(k);
}

static void of_a_long_value_the_middle_is_enough(void **state)
{
	char text[2048] = "LONG=", *v = text + 5;
	uint32_t seed = 7;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		seed = seed * 1664525 + 1013904223;
		v[i] = (char)('!' + (seed >> 16) % 90);
	}
	struct bt_known *k = set((struct bt_str){ text, 5 + 1000 + 1 });

	assert_int_equal(find(k, v), 1);
	v[600] = '\0';
	assert_int_equal(find(k, v + 400), 1);
	v[500] = '\0';
	assert_int_equal(find(k, v), 0);
	free(k);
}

static void there_may_be_none_and_there_may_be_64(void **state)
{
	struct bt_known *k = set(bt_str(""));
	char text[4096];
	size_t n = 0;
	struct bt_err e = { 0 };

	(void)state;
	assert_int_equal(find(k, value), 0);
	free(k);
	for (int i = 0; i < 64; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "N%d=secret%dvalue", i, i) + 1;
	k = set((struct bt_str){ text, n });
	assert_int_equal(bt_known_count(k), BT_LIM_KNOWN);
	assert_true(find(k, "secret63value secret0value") == (1 | (uint64_t)1 << 63));
	free(k);
	n += (size_t)snprintf(text + n, sizeof text - n, "M=one too many") + 1;
	struct bt_str all = { text, n };
	void *mem = bt_calloc(1, bt_known_size(all));

	assert_int_equal(bt_known_build(&k, mem, all, &e), -1);
	free(mem);
}

static void other_records_are_refused_without_a_word_of_them(void **state)
{
	static const char *const bad[] = { "NO-SEPARATOR-hunter2", "=hunter2hunter2" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bt_str text = { bad[i], strlen(bad[i]) + 1 };
		void *mem = bt_calloc(1, bt_known_size(text));
		struct bt_known *k = NULL;
		struct bt_err e = { 0 };

		assert_int_equal(bt_known_build(&k, mem, text, &e), -1);
		assert_null(strstr(e.msg, "hunter2"));
		free(mem);
	}
}

static void the_scanner_sees_them_in_its_own_forms(void **state)
{
	struct bt_known *k = usual();
	struct bt_scan_spec spec = { .known = k };
	struct bt_scanner *s = NULL;
	struct bt_scan_scratch *scratch = NULL;
	struct bt_err e = { 0 };
	/* Escapes, hexadecimal in pairs, a zero-width space, base64 in percent. */
	static const char *const texts[] = { "\\u0074r0ub4dor&3x",
		                             "74:72:30:75:62:34:64:6f:72:26:33:78",
		                             "tr0ub4\xe2\x80\x8b"
		                             "dor&3x",
		                             "%64HIwdWI0ZG9yJjN4", "\xef\xbd\x94r0ub4dor&3x" };

	(void)state;
	assert_ok(bt_scanner_open(&s, &spec, &e), &e);
	assert_ok(bt_scan_scratch_open(&scratch, s, &e), &e);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct bt_findings f = { .n = 0 };

		assert_ok(bt_scan_text(s, scratch, bt_str(texts[i]), &f, &e), &e);
		if (f.n == 0)
			fail_msg("not found: %s", texts[i]);
		assert_string_equal(f.at[0].name, "Known Secret (SECOND)");
		assert_true(f.at[0].core);
	}
	bt_scan_scratch_close(scratch);
	bt_scanner_close(s);
	free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_named_after_their_variables),
		cmocka_unit_test(a_record_may_say_what_it_is_for),
		cmocka_unit_test(a_credential_that_cannot_be_kept_safe_is_refused),
		cmocka_unit_test(what_any_text_may_hold_is_not_watched),
		cmocka_unit_test(a_value_is_found_as_it_is_and_without_its_blanks_and_case),
		cmocka_unit_test(base64_is_found_at_every_alignment_in_both_alphabets),
		cmocka_unit_test(hexadecimal_percent_and_json_are_found),
		cmocka_unit_test(a_text_in_pieces_is_the_text),
		cmocka_unit_test(of_a_long_value_the_middle_is_enough),
		cmocka_unit_test(there_may_be_none_and_there_may_be_64),
		cmocka_unit_test(other_records_are_refused_without_a_word_of_them),
		cmocka_unit_test(the_scanner_sees_them_in_its_own_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
