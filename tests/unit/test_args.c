#include "unit.h"
#include "bottle/args.h"

static const struct bt_opt table[] = {
	{ "verbose", 'v', NULL, "say more", NULL },
	{ "yes", 'y', NULL, "do not ask", NULL },
	{ "manifest", 'm', "FILE", "the manifest", NULL },
	{ "format", 0, "FORMAT", "how", "text|json" },
	{ 0 },
};

static int parse(struct bt_args *a, const char **words, struct bt_err *e)
{
	int n = 0;

	while (words[n])
		n++;
	return bt_args_parse(a, table, n, (char **)words, e);
}

#define WORDS(...)                                                                                 \
	(const char *[])                                                                           \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void refused(const char **words, const char *why)
{
	struct bt_args a = { 0 };
	struct bt_err e = { 0 };

	assert_int_equal(parse(&a, words, &e), -1);
	assert_int_equal(e.code, BT_USAGE);
	if (!strstr(e.msg, why))
		fail_msg("got '%s', want '%s'", e.msg, why);
}

static void long_and_short_options_take_values_in_each_spelling(void **state)
{
	/* Named: the words of a point into it. */
	const char *words[] = { "-yv", "--manifest",    "a",     "pol",
		                "-mb", "--format=json", "agent", NULL };
	struct bt_args a = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(parse(&a, words, &e), &e);
	assert_string_equal(bt_args_get(&a, "manifest"), "b"); /* the last wins */
	assert_string_equal(bt_args_get(&a, "format"), "json");
	assert_string_equal(bt_args_get(&a, "yes"), "");
	assert_string_equal(bt_args_get(&a, "verbose"), "");
	assert_null(bt_args_get(&a, "name"));
	assert_int_equal(a.nwords, 2);
	assert_string_equal(a.words[1], "agent");
	assert_null(a.rest);
}

static void what_follows_two_dashes_is_left_alone(void **state)
{
	const char *words[] = { "pol", "-", "--", "-v", "--nonsense", NULL };
	struct bt_args a = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(parse(&a, words, &e), &e);
	assert_int_equal(a.nwords, 2); /* "-" is a word */
	assert_string_equal(a.rest[0], "-v");
	assert_string_equal(a.rest[1], "--nonsense");
	assert_null(a.rest[2]);
	assert_null(bt_args_get(&a, "verbose"));
}

static void mistakes_are_named_with_the_nearest_option(void **state)
{
	(void)state;
	refused(WORDS("--verbos"), "unknown option --verbos (did you mean --verbose?)");
	refused(WORDS("--bad"), "unknown option --bad");
	refused(WORDS("--zzzzzzzzzzzz"), "unknown option --zzzzzzzzzzzz");
	refused(WORDS("-x"), "unknown option -x");
	refused(WORDS("--manifest"), "--manifest needs FILE");
	refused(WORDS("-m"), "-m needs FILE");
	refused(WORDS("--yes=1"), "--yes takes no value");
	refused(WORDS("--format", "xml"), "want one of text|json");
	refused(WORDS("--format="), "want one of text|json");
}

static void words_are_taken_in_any_number_and_between_options(void **state)
{
	const char *words[1002];
	struct bt_args a = { 0 };
	struct bt_err e = { 0 };

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		words[i] = i == 500 ? "-v" : i == 999 ? "last" : "x";
	words[1000] = "-y";
	words[1001] = NULL;
	assert_ok(parse(&a, words, &e), &e);
	assert_int_equal(a.nwords, 999);
	assert_string_equal(a.words[0], "x");
	assert_string_equal(a.words[997], "x");
	assert_string_equal(a.words[998], "last");
	assert_string_equal(bt_args_get(&a, "yes"), "");
}

static void too_many_options_are_a_mistake_not_an_overflow(void **state)
{
	const char *words[BT_ARGS_OPTS + 2];

	(void)state;
	for (size_t i = 0; i < BT_ARGS_OPTS + 1; i++)
		words[i] = "-v";
	words[BT_ARGS_OPTS + 1] = NULL;
	refused(words, "more than 64 options");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_and_short_options_take_values_in_each_spelling),
		cmocka_unit_test(what_follows_two_dashes_is_left_alone),
		cmocka_unit_test(mistakes_are_named_with_the_nearest_option),
		cmocka_unit_test(words_are_taken_in_any_number_and_between_options),
		cmocka_unit_test(too_many_options_are_a_mistake_not_an_overflow),
	};
	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
