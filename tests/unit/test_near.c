#include "unit.h"
#include "bottle/near.h"

#define EDITS(a, b) bt_edit_distance(a, strlen(a), b, strlen(b))

static const char *nearest(const char *given, const char *const *names)
{
	struct bt_near near = bt_near(given, strlen(given));

	for (; *names; names++)
		bt_near_try(&near, *names, strlen(*names));
	return near.name;
}

static void distance_counts_edits(void **state)
{
	char big[100];

	(void)state;
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	assert_int_equal(EDITS("", ""), 0);
	assert_int_equal(EDITS("skills", "skils"), 1);
	assert_int_equal(EDITS("kitten", "sitting"), 3);
	assert_int_equal(EDITS("", "abc"), 3);
	assert_int_equal(EDITS("a", big), 99);
}

static void the_nearest_is_taken_and_of_equals_the_first(void **state)
{
	static const char *const names[] = { "list", "lint", "links", NULL };

	(void)state;
	assert_string_equal(nearest("lnks", names), "links");
	assert_string_equal(nearest("lit", names), "list");
	assert_string_equal(nearest("lint", names), "lint");
}

static void another_word_is_near_none(void **state)
{
	static const char *const names[] = { "run", "r", "completion", NULL };

	(void)state;
	assert_null(nearest("x", names));
	assert_null(nearest("oxo", names));
	assert_null(nearest("commissars", names));
	assert_null(nearest("", names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_counts_edits),
		cmocka_unit_test(the_nearest_is_taken_and_of_equals_the_first),
		cmocka_unit_test(another_word_is_near_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
