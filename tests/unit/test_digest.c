#include "unit.h"
#include "bottle/digest.h"

static void sha256_agrees_with_the_standards_examples(void **state)
{
	char hex[BT_DIGEST_HEX];

	(void)state;
	bt_digest_sha256((struct bt_str){ "abc", 3 }, hex);
	assert_string_equal(hex,
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	bt_digest_sha256((struct bt_str){ "", 0 }, hex);
	assert_string_equal(hex,
	                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void the_standards_key_has_the_standards_answer(void **state)
{
	char out[BT_DIGEST_SHA1];

	(void)state; /* RFC 6455 §1.3 */
	bt_digest_sha1_base64(BT_STR_LIT("dGhlIHNhbXBsZSBub25jZQ=="
	                                 "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"),
	                      out);
	assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_agrees_with_the_standards_examples),
		cmocka_unit_test(the_standards_key_has_the_standards_answer),
	};
	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
