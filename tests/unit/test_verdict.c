#include "unit.h"
#include "bottle/verdict.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/test_verdict.XXXXXX";
static char path[64];
static char why[256], rule[160];
static unsigned points;

static void put(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int load(void **rules, const char *text, struct bt_err *e)
{
	const char *const files[] = { path };

	put(text, 0600);
	return bt_verdict_ops.open(rules, &points, files, 1, e);
}

/* What the rules asked for: "name=value;" and "-name;". */
static char edits[256];

static int on_edit(void *ctx, struct bt_str name, const struct bt_str *value, struct bt_err *e)
{
	size_t n = strlen(edits);

	if (ctx)
		return bt_fail(e, BT_INVALID, "not that one");
	(void)snprintf(edits + n, sizeof edits - n, value ? "%.*s=%.*s;" : "-%.*s;", (int)name.n,
	               name.p, value ? (int)value->n : 0, value ? value->p : "");
	return 0;
}

/* ctx: anything but NULL refuses all changes. */
static bool ask(void *rules, const struct bt_gate_subject *s, void *ctx)
{
	struct bt_gate_opinion o = { .edit = on_edit, .ctx = ctx };
	bool pass = bt_verdict_ops.verdict(rules, s, &o);

	edits[sizeof edits - 1] = '\0';
	(void)snprintf(why, sizeof why, "%s", o.reason);
	(void)snprintf(rule, sizeof rule, "%s", o.rule);
	return pass;
}

static const struct bt_http_field fields[] = {
	{ { "X-Site", 6 }, { "acme", 4 } },
	{ { "Accept", 6 }, { "a/b", 3 } },
	{ { "x-site", 6 }, { "two", 3 } },
};
static const struct bt_gate_subject request = {
	.point = BT_GATE_REQUEST,
	.method = { "POST", 4 },
	.scheme = { "https", 5 },
	.host = { "api.github.com", 14 },
	.path = { "/gists", 6 },
	.path_sent = { "/%67ists", 8 },
	.query = { "a=b", 3 },
	.port = 443,
	.bytes = 7,
	.fields = fields,
	.nfields = 3,
	.findings = "AWS",
};

/* The answer of a file with one rule of this body. */
static bool passes(const char *body)
{
	char text[1024];
	void *rules = NULL;
	struct bt_err e = { 0 };

	(void)snprintf(text, sizeof text,
	               "local policy <const> = require 'policy'\n"
	               "policy.rule('request', { id = 'acme/x', run = function(req)\n%s\nend })",
	               body);
	assert_ok(load(&rules, text, &e), &e);
	assert_non_null(rules);
	edits[0] = '\0';
	bool pass = ask(rules, &request, NULL);

	bt_verdict_ops.close(rules);
	return pass;
}

static void a_rule_sees_the_whole_request(void **state)
{
	(void)state;
	assert_true(passes("assert(req.method == 'POST' and req.scheme == 'https')\n"
	                   "assert(req.host == 'api.github.com' and req.port == 443)\n"
	                   "assert(req.path == '/gists' and req.path_sent == '/%67ists')\n"
	                   "assert(req.query == 'a=b')\n"
	                   "assert(req.size == 7 and req.findings == 'AWS')\n"
	                   "assert(req.headers['x-site'] == 'acme, two')\n"
	                   "assert(req.headers.accept == 'a/b' and not req.headers.Accept)"));
	assert_string_equal(why, "");
}

static void a_refusal_has_reason_and_rule(void **state)
{
	(void)state;
	assert_false(passes("if req.path:sub(1, 6) == '/gists' then return 'block', 'no gists' "
	                    "end"));
	assert_string_equal(why, "no gists");
	assert_string_equal(rule, "acme/x");
	assert_true(passes("return 'allow'"));
}

static void whatever_goes_wrong_is_a_refusal_that_names_the_rule(void **state)
{
	(void)state;
	assert_false(passes("return req.nothing.there"));
	assert_string_equal(rule, "acme/x");
	assert_non_null(strstr(why, "policy.lua:3:"));
	assert_false(passes("while true do end"));
	assert_string_equal(rule, "acme/x");
	assert_non_null(strstr(why, "budget spent"));
	assert_false(passes("return 'perhaps'"));
	assert_string_equal(rule, "acme/x");
	assert_false(passes("return require 'bottle.fs'.read '/etc/passwd'"));
	assert_non_null(strstr(why, "bottle.fs: not in the gate"));
}

static void a_path_of_two_readings_is_an_error_of_the_rule_that_reads_it(void **state)
{
	struct bt_gate_subject two = request;
	void *rules = NULL;
	struct bt_err e = { 0 };

	(void)state;
	two.path_why = "an escaped '/'";
	assert_ok(
	        load(&rules,
	             "local policy <const> = require 'policy'\n"
	             "policy.rule('request', { id = 'host', run = function(req)\n"
	             "assert(req.nothing == nil and req.path_sent == '/%67ists')\n"
	             "if req.host == 'a.test' and req.path == '/x' then return 'block' end end })\n"
	             "policy.rule('request', { id = 'path', run = function(req)\n"
	             "if req.path:sub(1, 4) == '/v1/' then return 'allow' end end })",
	             &e),
	        &e);
	assert_false(ask(rules, &two, NULL));
	assert_string_equal(rule, "path");
	assert_non_null(strstr(why, "path: an escaped '/'"));
	assert_true(ask(rules, &request, NULL));
	bt_verdict_ops.close(rules);
}

static void a_file_without_request_rules_costs_nothing(void **state)
{
	void *rules = &rules;
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(load(&rules,
	               "local policy, fs = require 'policy', require 'bottle.fs'\n"
	               "policy.point('mine', { kind = 'first' })\npolicy.include 'pipelock'\n"
	               "policy.rule('allowlist', { id = 'a', after = '*', run = function() end })\n"
	               "policy.remove('allowlist', 'defaults')\n"
	               "policy.rule('request', { id = 'x', run = fs and function() end })\n"
	               "policy.remove('request', 'x')\n",
	               &e),
	          &e);
	assert_null(rules);
}

static void a_rule_is_replaced_in_its_place(void **state)
{
	void *rules = NULL;
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(load(&rules,
	               "local policy = require 'policy'\n"
	               "policy.rule('request', { id = 'a', run = function() return 'allow' end })\n"
	               "policy.rule('request', { id = 'b', run = function() return 'block' end })\n"
	               "policy.rule('request', { id = 'a', replace = true,\n"
	               "  run = function() return 'block', 'first' end })\n",
	               &e),
	          &e);
	assert_false(ask(rules, &request, NULL));
	assert_string_equal(rule, "a");
	assert_string_equal(why, "first");
	bt_verdict_ops.close(rules);
}

static void refused(const char *text, const char *words)
{
	void *rules = NULL;
	struct bt_err e = { 0 };

	assert_int_equal(load(&rules, text, &e), -1);
	assert_null(rules);
	if (!strstr(e.msg, words))
		fail_msg("want %s, got %s", words, e.msg);
}

static void a_file_that_does_not_load_makes_no_rules(void **state)
{
	(void)state;
	refused("policy.rule(", "policy.lua:1:");
	refused("io.open('/etc/passwd')", "policy.lua:1:");
	refused("while true do end", "budget");
	refused("\033Lua", "");
	refused("policy.rule('request', { id = 'a', before = 'b', run = print })", "order");
	refused("local f = function() end policy.rule('request', { id = 'a', run = f })\n"
	        "policy.rule('request', { id = 'a', run = f })",
	        "exists already");
	refused("require('bottle.fs').read('/x')", "not in the gate");
}

static void a_file_that_others_can_write_makes_no_rules(void **state)
{
	const char *const files[] = { path };
	void *rules = NULL;
	struct bt_err e = { 0 };

	(void)state;
	put("", 0620);
	assert_int_equal(bt_verdict_ops.open(&rules, &points, files, 1, &e), -1);
	assert_non_null(strstr(e.msg, "can be written by others (mode 0620)"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(bt_verdict_ops.open(&rules, &points, files, 1, &e), -1);
}

static void headers_are_set_and_removed_and_later_rules_are_asked(void **state)
{
	void *rules = NULL;
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(load(&rules,
	               "local policy <const> = require 'policy'\n"
	               "policy.rule('request', { id = 'a', run = function(req)\n"
	               "  return 'set', 'X-Team', req.method end })\n"
	               "policy.rule('request', { id = 'b', run = function(req)\n"
	               "  assert(not req.headers['x-team']) return 'remove', 'Cookie' end })\n"
	               "policy.rule('request', { id = 'c', run = function()\n"
	               "  return 'allow' end })\n"
	               "policy.rule('request', { id = 'd', run = function()\n"
	               "  return 'block', 'never asked' end })",
	               &e),
	          &e);
	assert_int_equal(points, BT_GATE_REQUEST);
	edits[0] = '\0';
	assert_true(ask(rules, &request, NULL));
	assert_string_equal(edits, "X-Team=POST;-Cookie;");
	assert_false(ask(rules, &request, rules));
	assert_string_equal(rule, "a");
	assert_non_null(strstr(why, "rule a: not that one"));
	bt_verdict_ops.close(rules);
}

static void a_change_of_another_form_is_a_refusal(void **state)
{
	static const char *const bad[] = { "return 'set'",         "return 'set', 'a'",
		                           "return 'set', 'a', 1", "return 'set', 1, 'a'",
		                           "return 'remove'",      "return 'remove', 'a', 'b'",
		                           "return 'set', 'a', {}" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (passes(bad[i]))
			fail_msg("passes: %s", bad[i]);
		assert_string_equal(edits, "");
		assert_string_equal(rule, "acme/x");
	}
}

static void a_response_is_asked_about_at_its_own_point(void **state)
{
	struct bt_gate_subject answer = request;
	void *rules = NULL;
	struct bt_err e = { 0 };

	(void)state;
	answer.point = BT_GATE_RESPONSE;
	answer.status = 302;
	assert_ok(load(&rules,
	               "require 'policy'.rule('response', { id = 'r', run = function(res)\n"
	               "  assert(res.host == 'api.github.com' and res.path == '/gists')\n"
	               "  assert(res.size == nil and res.findings == nil)\n"
	               "  if res.status == 302 then return 'block', 'no redirects' end end })",
	               &e),
	          &e);
	assert_int_equal(points, BT_GATE_RESPONSE);
	assert_false(ask(rules, &answer, NULL));
	assert_string_equal(why, "no redirects");
	answer.status = 200;
	assert_true(ask(rules, &answer, NULL));
	bt_verdict_ops.close(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_set_and_removed_and_later_rules_are_asked),
		cmocka_unit_test(a_change_of_another_form_is_a_refusal),
		cmocka_unit_test(a_response_is_asked_about_at_its_own_point),
		cmocka_unit_test(a_rule_sees_the_whole_request),
		cmocka_unit_test(a_refusal_has_reason_and_rule),
		cmocka_unit_test(whatever_goes_wrong_is_a_refusal_that_names_the_rule),
		cmocka_unit_test(a_path_of_two_readings_is_an_error_of_the_rule_that_reads_it),
		cmocka_unit_test(a_file_without_request_rules_costs_nothing),
		cmocka_unit_test(a_rule_is_replaced_in_its_place),
		cmocka_unit_test(a_file_that_does_not_load_makes_no_rules),
		cmocka_unit_test(a_file_that_others_can_write_makes_no_rules),
	};

	if (!mkdtemp(dir))
		return 1;
	(void)snprintf(path, sizeof path, "%s/policy.lua", dir);
	int rc = cmocka_run_group_tests_name("verdict", tests, NULL, NULL);

	(void)unlink(path);
	(void)rmdir(dir);
	return rc;
}
