#include "unit.h"
#include "bottle/gatevm.h"

#include <time.h>

static char reason[256];

static const struct bt_gatevm_field subject[] = {
	{ "host", { "api.github.com", 14 }, 0, NULL, 0, NULL },
	{ "method", { "POST", 4 }, 0, NULL, 0, NULL },
	{ "path", { "/gists/1", 8 }, 0, NULL, 0, NULL },
	{ "port", { NULL, 0 }, 443, NULL, 0, NULL },
};

static struct bt_gatevm *vm_of(const char *text)
{
	struct bt_gatevm *vm = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_gatevm_open(&vm, NULL, &e), &e);
	assert_ok(bt_gatevm_load(vm, "site.lua", bt_str(text), &e), &e);
	return vm;
}

static enum bt_gatevm_verdict ask(struct bt_gatevm *vm)
{
	return bt_gatevm_verdict(vm, "request", subject, 4, reason, sizeof reason);
}

/* A rule with this body is a denial whose reason holds text, and the next verdict is sound. */
static void denies(const char *body, const char *text)
{
	char chunk[1024];
	struct timespec a, b;

	(void)snprintf(chunk, sizeof chunk,
	               "local calm = false\n"
	               "policy.rule('request', { id = 'x', run = function(req)\n"
	               "if calm then return 'allow' end calm = true\n%s\nend })",
	               body);
	BT_OWN(bt_gatevm) vm = vm_of(chunk);

	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(ask(vm), BT_GATEVM_BLOCK);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	if (!strstr(reason, text))
		fail_msg("%s\nwant: %s\ngot:  %s", body, text, reason);
	assert_true(b.tv_sec - a.tv_sec < 4); /* sanitizers are slow; in earnest it is 20 ms */
	assert_int_equal(ask(vm), BT_GATEVM_ALLOW);
}

static void the_first_opinion_wins(void **state)
{
	(void)state;
	BT_OWN(bt_gatevm)
	vm = vm_of(
	        "policy.rule('request', { id = 'acme/none', run = function() end })\n"
	        "policy.rule('request', { id = 'acme/no-gists', run = function(req)\n"
	        "  if req.host == 'api.github.com' and req.method == 'POST' and req.port == 443\n"
	        "    and req.path:sub(1, 6) == '/gists' then return 'block', 'no gists' end end "
	        "})\n"
	        "policy.rule('request', { id = 'late', run = function() return 'allow' end })\n");

	assert_int_equal(bt_gatevm_rules(vm, "request"), 3);
	assert_int_equal(bt_gatevm_rules(vm, "response"), 0);
	assert_int_equal(ask(vm), BT_GATEVM_BLOCK);
	assert_string_equal(reason, "no gists");
	assert_string_equal(bt_gatevm_rule(vm), "acme/no-gists");
	assert_int_equal(bt_gatevm_verdict(vm, "response", subject, 4, reason, sizeof reason),
	                 BT_GATEVM_NONE);
	assert_string_equal(bt_gatevm_rule(vm), "");
}

static void a_rule_cannot_change_what_the_next_one_sees(void **state)
{
	(void)state;
	BT_OWN(bt_gatevm)
	vm = vm_of("policy.rule('request', { id = 'a', run = function(r) r.host = 'x' end })\n"
	           "policy.rule('request', { id = 'b', run = function(r)\n"
	           "  if r.host == 'api.github.com' then return 'allow' end end })\n");

	assert_int_equal(ask(vm), BT_GATEVM_ALLOW);
}

static void whatever_does_not_end_is_ended(void **state)
{
	(void)state;
	denies("while true do end", "budget spent");
	denies("while true do pcall(function() while true do end end) end", "budget spent");
	denies("local function f() pcall(f) f() end f()", "");
	denies("pcall(function() while true do end end) return 'allow'", "budget spent");
	denies("if xpcall then return 'allow' end return 'block', 'no handler to hide in'",
	       "no handler");
	denies("for i = 1, 1e9 do end return 'allow'", "budget spent");
}

static void whatever_grows_is_stopped(void **state)
{
	(void)state;
	denies("return ('x'):rep(1 << 30)", "longer than");
	denies("local s = 'x' while true do s = s .. s end", "not enough memory");
	denies("local t = {} for i = 1, 1e8 do t[i] = i end", "");
	denies("local function f() return 1 + f() end return f()", "policy: ");
	denies("local s = ('x'):rep(8000) s = s .. s .. s .. s .. s .. s .. s .. s\n"
	       "for i = 1, 1e6 do s:reverse() end return 'allow'",
	       "budget spent");
	denies("return ('%99999d'):format(1)", "invalid");
	denies("return table.concat({}, ('x'):rep(8000), 1, 1e9)", "");
	denies("local a = {} for i = 1, 1000 do a[i] = ('x'):rep(8000) end\n"
	       "return 'bloc' .. table.concat(a) .. table.concat(a) .. table.concat(a)",
	       "");
}

static void patterns_cannot_blow_up(void **state)
{
	(void)state;
	denies("return (('a'):rep(5000)):find(('a*'):rep(100) .. 'b')", "repetitions");
	denies("return (('a'):rep(8000)):match('.-.-b')", "too long for 2");
	denies("return (('a'):rep(300)):gsub('.-.-.-b', '')", "too long for 3");
	denies("return ('a'):find(('('):rep(300))", "pattern longer");
	denies("local s = ('a'):rep(8000) for w in (s .. s):gmatch('a') do end", "for a pattern");
}

static void there_is_no_world(void **state)
{
	static const char *const names[] = {
		"os",           "io",           "package",        "debug",
		"load",         "loadfile",     "dofile",         "coroutine",
		"setmetatable", "getmetatable", "collectgarbage", "string.dump",
		"table.sort",   "print"
	};
	char body[128];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(body, sizeof body,
		               "if %s ~= nil then return 'allow' end return 'block', 'absent'",
		               names[i]);
		denies(body, "absent");
	}
	denies("os.execute('id')", "os");
}

static void an_answer_that_is_none_is_a_denial(void **state)
{
	(void)state;
	denies("return true", "want \"allow\"");
	denies("return 'alow'", "want \"allow\"");
	denies("return {}", "want \"allow\"");
	denies("error({})", "policy: ");
	denies("error('no such thing')", "no such thing");
	denies("return 'block'", "refused by policy");
}

static void a_file_that_does_not_load_leaves_only_denials(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *why;
	} bad[] = { { "policy.rule(", 12, "site.lua:1:" },
		    { "\x1bLua", 4, "binary" },
		    { "while true do end", 17, "budget spent" },
		    { "policy.rule('request', {})", 26, "want id" },
		    { "policy.rule('request', {id='a'})", 32, "want run" } };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		BT_OWN(bt_gatevm) vm = NULL;
		struct bt_err e = { 0 };

		assert_ok(bt_gatevm_open(&vm, NULL, &e), &e);
		assert_int_equal(bt_gatevm_load(vm, "site.lua",
		                                (struct bt_str){ bad[i].text, bad[i].n }, &e),
		                 -1);
		if (!strstr(e.msg, bad[i].why))
			fail_msg("want: %s\ngot:  %s", bad[i].why, e.msg);
		assert_int_equal(ask(vm), BT_GATEVM_BLOCK);
		assert_string_equal(reason, "policy did not load");
	}
}

static void hosts_are_matched_as_the_gate_does(void **state)
{
	(void)state;
	BT_OWN(bt_gatevm)
	vm = vm_of("policy.rule('request', { id = 'h', run = function(r)\n"
	           "  assert(host.normal('API.Test.') == 'api.test')\n"
	           "  assert(host.normal('a b') == nil)\n"
	           "  assert(not host.match('*.github.com', 'github.com'))\n"
	           "  if host.match('*.github.com', r.host) then return 'allow' end end })\n");

	assert_int_equal(ask(vm), BT_GATEVM_ALLOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_opinion_wins),
		cmocka_unit_test(a_rule_cannot_change_what_the_next_one_sees),
		cmocka_unit_test(whatever_does_not_end_is_ended),
		cmocka_unit_test(whatever_grows_is_stopped),
		cmocka_unit_test(patterns_cannot_blow_up),
		cmocka_unit_test(there_is_no_world),
		cmocka_unit_test(an_answer_that_is_none_is_a_denial),
		cmocka_unit_test(a_file_that_does_not_load_leaves_only_denials),
		cmocka_unit_test(hosts_are_matched_as_the_gate_does),
	};
	return cmocka_run_group_tests_name("gatevm", tests, NULL, NULL);
}
