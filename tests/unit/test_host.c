#include "unit.h"
#include "bottle/host.h"

#include <stdlib.h>

static struct bt_host parse(const char *s)
{
	struct bt_host h;
	struct bt_err e = { 0 };

	assert_ok(bt_host_parse(&h, bt_str(s), &e), &e);
	return h;
}

static void a_name_gets_one_normal_form(void **state)
{
	(void)state;
	assert_string_equal(parse("API.Good.TEST.").s, "api.good.test");
	assert_string_equal(parse("_dmarc.a_b.test").s, "_dmarc.a_b.test");
	assert_int_equal(parse("127.0.0.1").kind, BT_HOST_V4);
	assert_string_equal(parse("[2001:DB8:0:0::1]").s, "2001:db8::1");
	assert_int_equal(parse("::ffff:192.0.2.1").kind, BT_HOST_V6);
	assert_int_equal(parse("xn--bcher-kva.example").kind, BT_HOST_NAME);
	assert_int_equal(parse("a1.2b").kind, BT_HOST_NAME);
}

static void what_is_no_host_is_refused_with_a_reason(void **state)
{
	static const char *const bad[] = {
		"",
		".",
		".wild.test",
		"a..wild.test",
		"a.test..",
		"evil.test%00.wild.test",
		"a%2eb",
		"good.test@evil.test",
		"[good.test]",
		"[[good.test]]",
		"[::1",
		"::1]",
		"[fe80::1%25eth0]",
		"[fe80::1%eth0]",
		"2130706433",
		"0x7f000001",
		"0177.0.0.1",
		"127.1",
		"127.0.0.1.",
		"0",
		"256.1.1.1",
		"1.2.3.4.5",
		"a.0x7f",
		"-a.test",
		"a-.test",
		"a.-b.test",
		"a b",
		" a.test",
		"a.test ",
		"a\ttest",
		"http://a.test",
		"a.test/",
		"\xd0\xb0pi.good.test",
		"a.test:80",
		"\xe2\x93\x90pi.good.test",
		"a\xe3\x80\x82test",
		"a\xc2\xadpi.test",
		"*.wild.test",
		"a\\b",
		"[]",
		"[::1]x",
		"1:2:3",
		"a,b",
		"a\x7f",
	};
	struct bt_host h = { .n = 77 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bt_err e = { 0 };

		if (bt_host_parse(&h, bt_str(bad[i]), &e) != -1)
			fail_msg("accepted '%s' as '%s'", bad[i], h.s);
		assert_int_equal(e.code, BT_INVALID);
		assert_true(e.msg[0] != 0);
		assert_int_equal(h.n, 77);
	}
	struct bt_err e = { 0 };

	assert_int_equal(bt_host_parse(&h, (struct bt_str){ "evil.test\0.wild.test", 20 }, &e), -1);
	assert_non_null(strstr(e.msg, "NUL"));
}

static void lengths_are_those_of_rfc_1035(void **state)
{
	char name[300];
	struct bt_host h;
	struct bt_err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof name; i++)
		name[i] = i % 64 == 63 ? '.' : 'a';
	assert_ok(bt_host_parse(&h, (struct bt_str){ name, 253 }, &e), &e);
	assert_int_equal(bt_host_parse(&h, (struct bt_str){ name, 254 }, &e), -1);
	name[63] = 'a';
	assert_int_equal(bt_host_parse(&h, (struct bt_str){ name, 64 }, &e), -1);
	assert_ok(bt_host_parse(&h, (struct bt_str){ name, 63 }, &e), &e);
}

static void an_authority_has_one_plain_port(void **state)
{
	static const char *const bad[] = {
		"a.test:0",      "a.test:65979",   "a.test:65536",
		"a.test:+443",   "a.test:0443",    "a.test: 443",
		"a.test:443x",   "a.test:",        "a.test:4294967739",
		"a.test:443:22", ":443",           "",
		"a.test",        "[[a.test]]:443", "[a.test]:443",
		"::1:443",       "[::1]443",       "[::1]:",
		"u@a.test:443",  "a.test :443",    "a.test:-1",
		"[::1]:443:1",   "a%2e:443",
	};
	struct bt_host h;
	uint16_t port = 0;
	struct bt_err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (bt_authority_parse(&h, &port, bt_str(bad[i]), 0, &e) != -1)
			fail_msg("accepted '%s'", bad[i]);
	assert_ok(bt_authority_parse(&h, &port, bt_str("A.test.:8443"), 0, &e), &e);
	assert_string_equal(h.s, "a.test");
	assert_int_equal(port, 8443);
	assert_ok(bt_authority_parse(&h, &port, bt_str("[::1]:65535"), 0, &e), &e);
	assert_int_equal(port, 65535);
	assert_ok(bt_authority_parse(&h, &port, bt_str("a.test"), 80, &e), &e);
	assert_int_equal(port, 80);
}

static void a_pattern_that_would_match_too_much_is_refused(void **state)
{
	static const struct {
		const char *in, *reason;
	} bad[] = {
		{ "*", "every host" },
		{ "*:443", "every host" },
		{ "*.com", "top-level" },
		{ "*.", "*.suffix" },
		{ "*.co.uk", "public suffix" },
		{ "", "empty" },
		{ "http://x/", "URL" },
		{ "x.test/p", "path" },
		{ "a.*.test", "wildcard" },
		{ "*x.test", "label" },
		{ "*.10.0.0.1", "address" },
		{ "x.test:0", "port" },
		{ "x.test:", "port" },
		{ "*.*.test", "wildcard" },
		{ ":443", "empty" },
		{ "*.[::1]", "address" },
		{ "u@x.test", "user" },
	};
	struct bt_host_pattern p;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bt_err e = { 0 };

		if (bt_host_pattern_parse(&p, bt_str(bad[i].in), &e) != -1)
			fail_msg("accepted '%s'", bad[i].in);
		if (!strstr(e.msg, bad[i].reason))
			fail_msg("'%s': %s", bad[i].in, e.msg);
	}
}

static void people_may_write_unicode_names_in_a_pattern(void **state)
{
	struct bt_host_pattern p;
	struct bt_err e = { 0 };
	char text[BT_HOST_PATTERN_TEXT];

	(void)state;
	assert_ok(bt_host_pattern_parse(&p,
	                                bt_str("*.B\xc3\xbc"
	                                       "cher.example:8443"),
	                                &e),
	          &e);
	size_t n = bt_host_pattern_text(&p, text);

	assert_int_equal(n, strlen(text));
	assert_string_equal(text, "*.xn--bcher-kva.example:8443");
	assert_ok(bt_host_pattern_parse(&p, bt_str("[::1]:8443"), &e), &e);
	(void)bt_host_pattern_text(&p, text);
	assert_string_equal(text, "[::1]:8443");
	assert_ok(bt_host_pattern_parse(&p, bt_str("::1"), &e), &e);
	assert_int_equal(p.port, 0);
}

static bool match(const char *pattern, const char *host, uint16_t port)
{
	struct bt_host_pattern p;
	struct bt_host h = parse(host);
	struct bt_err e = { 0 };

	assert_ok(bt_host_pattern_parse(&p, bt_str(pattern), &e), &e);
	return bt_host_pattern_match(&p, &h, port);
}

static void a_wildcard_matches_below_and_never_beside_or_at_the_suffix(void **state)
{
	(void)state;
	assert_true(match("*.wild.test", "a.wild.test", 443));
	assert_true(match("*.wild.test", "a.b.wild.test", 80));
	assert_false(match("*.wild.test", "wild.test", 443));
	assert_false(match("*.wild.test", "xwild.test", 443));
	assert_false(match("*.wild.test", "wild.test.evil.test", 443));
	assert_false(match("*.wild.test", "a.wild.test", 8443));
	assert_true(match("api.test:8443", "API.test.", 8443));
	assert_false(match("api.test:8443", "api.test", 443));
	assert_false(match("127.0.0.1", "127.0.0.2", 80));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_gets_one_normal_form),
		cmocka_unit_test(what_is_no_host_is_refused_with_a_reason),
		cmocka_unit_test(lengths_are_those_of_rfc_1035),
		cmocka_unit_test(an_authority_has_one_plain_port),
		cmocka_unit_test(a_pattern_that_would_match_too_much_is_refused),
		cmocka_unit_test(people_may_write_unicode_names_in_a_pattern),
		cmocka_unit_test(a_wildcard_matches_below_and_never_beside_or_at_the_suffix),
	};
	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
