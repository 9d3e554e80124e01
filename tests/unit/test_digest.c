#include "unit.h"
#include "bottle/digest.h"

static void sha256_agrees_with_the_standards_examples(void **state)
{
	struct bt_err e = { 0 };
	char hex[BT_DIGEST_HEX];

	(void)state;
	assert_ok(bt_digest_sha256((struct bt_str){ "abc", 3 }, hex, &e), &e);
	assert_string_equal(hex,
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_ok(bt_digest_sha256((struct bt_str){ "", 0 }, hex, &e), &e);
	assert_string_equal(hex,
	                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_agrees_with_the_standards_examples),
	};
	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
