#include "unit.h"
#include "bottle/redact.h"

#include <stdio.h>

static const char key[] = "ghp_a1B2+c3/D4=\"<&e5";
static const char stars[] = "********************"; /* as long */
static const char basic[] = "eDpnaHBfYTFCMg==";
static const struct bt_str values[] = { { key, sizeof key - 1 }, { basic, sizeof basic - 1 } };

static struct bt_redact_set set(void)
{
	struct bt_redact_set s;

	bt_redact_set(&s, values, 2);
	return s;
}

static void becomes(const char *text, const char *want)
{
	struct bt_redact_set s = set();
	char p[512];
	size_t n = strlen(text);

	assert_int_equal(n, strlen(want));
	memcpy(p, text, n + 1);
	(void)bt_redact_text(&s, p, n);
	assert_string_equal(p, want);
}

static void a_value_is_masked_and_what_is_around_it_is_not(void **state)
{
	char text[128], want[128];

	(void)state;
	(void)snprintf(text, sizeof text, "{\"h\":\"Bearer %s\"} %s.", key, key);
	(void)snprintf(want, sizeof want, "{\"h\":\"Bearer %s\"} %s.", stars, stars);
	becomes(text, want);
	becomes("Basic eDpnaHBfYTFCMg==;", "Basic ****************;");
	becomes("ghp_a1B2+c3/D4=\"<&e", "ghp_a1B2+c3/D4=\"<&e");
	becomes("", "");
}

/* All of it, but for a mark behind it. */
static void all(const char *text)
{
	struct bt_redact_set s = set();
	char p[128];
	size_t n = (size_t)snprintf(p, sizeof p, "%s!", text);

	assert_int_equal(bt_redact_text(&s, p, n), 1);
	assert_int_equal(strspn(p, "*"), n - 1);
	assert_string_equal(p + n - 1, "!");
}

static void a_value_is_seen_in_every_spelling_and_in_mixtures(void **state)
{
	(void)state;
	all("GHP_A1b2+C3/d4=\"<&E5");
	all("ghp/a1B2-c3_D4=\"<&e5");
	all("ghp_a1B2%2Bc3%2fD4%3D%22%3C%26e5");
	all("ghp_a1B2+c3\\/D4=\\\"\\u003c\\u0026e5");
	all("ghp_a1B2&#43;c3/D4&#x3D;&quot;&lt;&amp;e5");
	all("%67hp\\x5fa1B2%2bc3/D4&equals;\"&#60;&e5");
}

static void text_like_a_value_stays(void **state)
{
	(void)state;
	becomes("ghp_a1B2+c3/D4=\"<&e6", "ghp_a1B2+c3/D4=\"<&e6");
	becomes("100% of &#; &#x; \\u12 %zz %", "100% of &#; &#x; \\u12 %zz %");
}

/* The text in two pieces, cut at i, then in bytes. */
static void cut(const char *text, size_t n, size_t i, const char *want)
{
	struct bt_redact_set s = set();
	struct bt_redact r = { .found = 0 };
	struct bt_buf out = BT_BUF(1024);
	struct bt_err e = { 0 };

	assert_ok(bt_redact_feed(&s, &r, (struct bt_str){ text, i }, &out, &e), &e);
	for (size_t at = i; at < n; at++)
		assert_ok(bt_redact_feed(&s, &r, (struct bt_str){ text + at, 1 }, &out, &e), &e);
	assert_ok(bt_redact_end(&s, &r, &out, &e), &e);
	assert_int_equal(out.len, n);
	assert_memory_equal(out.p, want, n);
	bt_redact_free(&r);
	bt_buf_free(&out);
}

static void where_the_text_is_cut_makes_no_difference(void **state)
{
	static const char text[] = "ghp_ghp_a1B2+c3/D4=\"<&e5eDpnaHBfYTFCMg==ghp_a1B2%2Bc3%2fD4%3D%"
	                           "22%3C%26e5 ghp_a1B2+c3/D4&equals";
	struct bt_redact_set s = set();
	char want[sizeof text];

	(void)state;
	memcpy(want, text, sizeof text);
	assert_int_equal(bt_redact_text(&s, want, sizeof text - 1), 3);
	for (size_t i = 0; i < sizeof text; i++)
		cut(text, sizeof text - 1, i, want);
}

static void the_last_word_is_kept_back_whatever_it_is(void **state)
{
	struct bt_redact_set s = set();
	struct bt_redact r = { .found = 0 };
	struct bt_buf out = BT_BUF(1024);
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_redact_feed(&s, &r, BT_STR_LIT("data: hello\n\n"), &out, &e), &e);
	assert_int_equal(out.len, 13);
	assert_ok(bt_redact_feed(&s, &r, BT_STR_LIT("data: ghp_a1"), &out, &e), &e);
	assert_int_equal(out.len, 19);
	assert_int_equal(bt_redact_holds(&r), 6);
	assert_ok(bt_redact_feed(&s, &r, BT_STR_LIT("x\n\n"), &out, &e), &e);
	assert_int_equal(out.len, 28);
	assert_ok(bt_redact_feed(&s, &r, BT_STR_LIT("data: other1"), &out, &e), &e);
	assert_int_equal(bt_redact_holds(&r), 6);
	assert_ok(bt_redact_feed(&s, &r, BT_STR_LIT("\n{\"a\": 1}"), &out, &e), &e);
	assert_int_equal(bt_redact_holds(&r), 0);
	for (int i = 0; i < 100; i++)
		assert_ok(bt_redact_feed(&s, &r, BT_STR_LIT("abcdefgh"), &out, &e), &e);
	assert_int_equal(bt_redact_holds(&r), BT_REDACT_SPELL * (sizeof key - 1));
	bt_redact_free(&r);
	bt_buf_free(&out);
}

static void values_that_overlap_are_masked_together(void **state)
{
	static const struct bt_str two[] = { { "abcabcabd", 9 }, { "cabdef", 6 } };
	struct bt_redact_set s;
	char text[] = "abcabcabcabdefg";

	(void)state;
	bt_redact_set(&s, two, 2);
	(void)bt_redact_text(&s, text, sizeof text - 1);
	assert_string_equal(text, "abc***********g");
}

static void behind_a_pause_the_second_half_is_masked(void **state)
{
	struct bt_redact_set s = set();
	struct bt_redact r = { .found = 0 };
	struct bt_buf out = BT_BUF(1024);
	struct bt_err e = { 0 };

	(void)state;
	for (size_t i = 0; key[i]; i++) {
		assert_ok(bt_redact_feed(&s, &r, (struct bt_str){ key + i, 1 }, &out, &e), &e);
		assert_ok(bt_redact_pause(&s, &r, &out, &e), &e);
		assert_int_equal(bt_redact_holds(&r), 0);
		assert_int_equal(out.len, i + 1);
	}
	assert_ok(bt_redact_feed(&s, &r, BT_STR_LIT(" and on"), &out, &e), &e);
	assert_ok(bt_redact_end(&s, &r, &out, &e), &e);
	assert_int_equal(out.len, sizeof key - 1 + 7);
	assert_memory_equal(out.p, "ghp_a1B2+", 9);
	assert_memory_equal(out.p + 9, "*********** and on", 18);
	bt_redact_free(&r);
	bt_buf_free(&out);
}

/* As of Basic: who knows the user has its front, and guesses the rest letter by letter. */
static void half_of_a_value_is_half_of_what_is_secret_of_it(void **state)
{
	static const struct bt_str value = { "eC1hY2Nlc3MtdG9rZW46c2VjcmV0", 28 };
	static const size_t open = 20;
	struct bt_redact_set s;

	(void)state;
	bt_redact_set(&s, &value, 1);
	s.open = &open;
	for (size_t i = 1; i < value.n; i++) {
		struct bt_redact r = { .found = 0 };
		struct bt_buf out = BT_BUF(1024);
		struct bt_err e = { 0 };

		assert_ok(bt_redact_feed(&s, &r, (struct bt_str){ value.p, i }, &out, &e), &e);
		assert_ok(bt_redact_pause(&s, &r, &out, &e), &e);
		assert_int_equal(out.len, i);
		assert_int_equal(out.p[0] == '*', i >= 24);
		bt_redact_free(&r);
		bt_buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_masked_and_what_is_around_it_is_not),
		cmocka_unit_test(a_value_is_seen_in_every_spelling_and_in_mixtures),
		cmocka_unit_test(text_like_a_value_stays),
		cmocka_unit_test(where_the_text_is_cut_makes_no_difference),
		cmocka_unit_test(the_last_word_is_kept_back_whatever_it_is),
		cmocka_unit_test(values_that_overlap_are_masked_together),
		cmocka_unit_test(behind_a_pause_the_second_half_is_masked),
		cmocka_unit_test(half_of_a_value_is_half_of_what_is_secret_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
