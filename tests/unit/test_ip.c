#include "unit.h"
#include "bottle/ip.h"

static struct bt_ip ip(const char *s)
{
	struct bt_ip v;
	struct bt_err e = { 0 };

	assert_ok(bt_ip_parse(&v, bt_str(s), &e), &e);
	return v;
}

static void only_plain_spellings_are_addresses(void **state)
{
	static const char *const bad[] = { "",          "1",          "127.1", "0177.0.0.1",
		                           "1.2.3.4 ",  "1.2.3.04",   "[::1]", "::1%lo",
		                           "1.2.3.256", "0x7f.0.0.1", ":::",   "1.2.3.4.5" };
	struct bt_ip v;
	struct bt_err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (bt_ip_parse(&v, bt_str(bad[i]), &e) != -1)
			fail_msg("accepted '%s'", bad[i]);
	assert_int_equal(ip("10.0.0.1").family, 4);
	assert_int_equal(ip("::1").family, 6);
}

static void a_cidr_says_what_is_wrong_with_it(void **state)
{
	static const struct {
		const char *in, *reason;
	} bad[] = {
		{ "172.18.0.5", "did you mean 172.18.0.5/32?" },
		{ "172.18.0.5/16", "did you mean 172.18.0.0/16?" },
		{ "2001:db8::1/32", "did you mean 2001:db8::/32?" },
		{ "0.0.0.0/0", "every address" },
		{ "::/0", "every address" },
		{ "10.0.0.0/33", "prefix" },
		{ "10.0.0.0/", "prefix" },
		{ "10.0.0.0/08", "prefix" },
		{ "x/8", "not a CIDR" },
		{ "", "not a CIDR" },
		{ "10.0.0.0/8/8", "prefix" },
	};
	struct bt_cidr c;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bt_err e = { 0 };

		if (bt_cidr_parse(&c, bt_str(bad[i].in), &e) != -1 || !strstr(e.msg, bad[i].reason))
			fail_msg("'%s': %s", bad[i].in, e.msg);
	}
}

static void every_special_range_is_refused_and_its_neighbours_are_not(void **state)
{
	static const char *const no[] = {
		"0.0.0.0",
		"0.1.2.3",
		"10.255.255.255",
		"127.0.0.1",
		"127.255.0.1",
		"100.64.0.1",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.168.0.1",
		"192.0.0.8",
		"198.18.53.1",
		"198.19.255.255",
		"224.0.0.1",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"fc00::1",
		"fdff::1",
		"fe80::1",
		"febf::1",
		"ff02::1",
		"::ffff:169.254.169.254",
		"::ffff:a9fe:a9fe",
		"64:ff9b::a9fe:a9fe",
		"64:ff9b:1::808:808",
		"2002:a9fe:a9fe::1",
		"::169.254.169.254",
		"2001:0:4136:e378:8000:63bf:5601:5601",
		"2001::1",
		"::8.8.8.8",
		"::ffff:0:0",
		"2002:7f00:1::",
		"64:ff9b::10.0.0.1",
		"2001:db8::1",
		"100::1",
	};
	static const char *const yes[] = {
		"1.1.1.1",         "9.255.255.255",  "11.0.0.0",         "100.63.255.255",
		"100.128.0.0",     "172.15.255.255", "172.32.0.0",       "169.253.255.255",
		"192.0.1.1",       "198.17.255.255", "198.20.0.0",       "223.255.255.255",
		"2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
		"2a00::1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		struct bt_ip v = ip(no[i]);

		if (!bt_ip_forbidden(&v, NULL, 0))
			fail_msg("may be dialled: %s", no[i]);
	}
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		struct bt_ip v = ip(yes[i]);

		if (bt_ip_forbidden(&v, NULL, 0))
			fail_msg("refused: %s (%s)", yes[i], bt_ip_forbidden(&v, NULL, 0));
	}
}

static void an_exception_opens_that_range_only(void **state)
{
	struct bt_cidr allow;
	struct bt_err e = { 0 };
	struct bt_ip in = ip("172.18.0.5"), mapped = ip("::ffff:172.18.0.5"),
	             out = ip("172.19.0.1"), carried = ip("64:ff9b::172.18.0.5");

	(void)state;
	assert_ok(bt_cidr_parse(&allow, bt_str("172.18.0.0/16"), &e), &e);
	assert_null(bt_ip_forbidden(&in, &allow, 1));
	assert_null(bt_ip_forbidden(&mapped, &allow, 1));
	assert_non_null(bt_ip_forbidden(&out, &allow, 1));
	assert_non_null(bt_ip_forbidden(&carried, &allow, 1));
	assert_true(bt_cidr_has(&allow, &mapped));
	assert_false(bt_cidr_has(&allow, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_plain_spellings_are_addresses),
		cmocka_unit_test(a_cidr_says_what_is_wrong_with_it),
		cmocka_unit_test(every_special_range_is_refused_and_its_neighbours_are_not),
		cmocka_unit_test(an_exception_opens_that_range_only),
	};
	return cmocka_run_group_tests_name("ip", tests, NULL, NULL);
}
