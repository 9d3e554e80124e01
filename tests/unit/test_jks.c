#include "unit.h"
#include "bottle/jks.h"

#include <openssl/evp.h>

#define ONE "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n"

static void each_certificate_is_an_entry_and_the_whole_is_signed(void **state)
{
	static const uint8_t want[] = {
		0xfe, 0xed, 0xfe, 0xed, 0, 0, 0,   2,   0,   0,   0,   2, /* two entries */
		0,    0,    0,    2,    0, 8, 'b', 'o', 't', 't', 'l', 'e', '-', '0', /* the first
		                                                                       */
		0,    0,    0,    0,    0, 0, 0,   0,   0,   5,   'X', '.', '5', '0', '9',
		0,    0,    0,    3,    1, 2, 3,
	};
	struct bt_buf out = BT_BUF(4096);
	struct bt_err e = { 0 };
	uint8_t md[EVP_MAX_MD_SIZE];
	char text[256] = "";
	unsigned n;

	(void)state;
	assert_ok(bt_jks_write(BT_STR_LIT("# a root\n" ONE "between\n" ONE), &out, &e), &e);
	assert_memory_equal(out.p, want, sizeof want);
	/* password in UTF-16, phrase, content */
	size_t at = 0;

	for (const char *p = BT_JKS_PASSWORD; *p; p++) {
		text[at++] = 0;
		text[at++] = *p;
	}
	memcpy(text + at, "Mighty Aphrodite", 16);
	at += 16;
	memcpy(text + at, out.p, out.len - 20);
	assert_int_equal(EVP_Digest(text, at + out.len - 20, md, &n, EVP_sha1(), NULL), 1);
	assert_memory_equal(out.p + out.len - 20, md, 20);
	bt_buf_free(&out);
}

static void no_certificate_is_an_empty_store(void **state)
{
	struct bt_buf out = BT_BUF(4096);
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_jks_write(BT_STR_LIT("nothing here"), &out, &e), &e);
	assert_int_equal(out.len, 12 + 20);
	bt_buf_free(&out);
}

static void what_is_no_certificate_is_refused(void **state)
{
	static const char *const bad[] = {
		"-----BEGIN CERTIFICATE-----\nAQID\n",
		"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bt_buf out = BT_BUF(4096);
		struct bt_err e = { 0 };

		assert_int_equal(bt_jks_write(bt_str(bad[i]), &out, &e), -1);
		assert_int_equal(e.code, BT_INVALID);
		bt_buf_free(&out);
	}
}

static void a_store_over_its_cap_is_refused(void **state)
{
	struct bt_buf out = BT_BUF(40);
	struct bt_err e = { 0 };

	(void)state;
	assert_int_equal(bt_jks_write(BT_STR_LIT(ONE), &out, &e), -1);
	assert_int_equal(e.code, BT_LIMIT);
	bt_buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_certificate_is_an_entry_and_the_whole_is_signed),
		cmocka_unit_test(no_certificate_is_an_empty_store),
		cmocka_unit_test(what_is_no_certificate_is_refused),
		cmocka_unit_test(a_store_over_its_cap_is_refused),
	};

	return cmocka_run_group_tests_name("jks", tests, NULL, NULL);
}
