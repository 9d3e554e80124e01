#include "gate_config_text.h"
#include "../../src/gate/route.h"
#include "bottle/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define TLS "tls_interception: { enabled: true, ca_cert: a, ca_key: b }\n"
#define ONE(text) TLS "gate: { routes: [{ host: api.test, " text " }] }\n"

static const char records[] = "credential:KEY=real-5f2e9c1b\0credential:BLANK=real-5f2e9c1b ";

static void a_route_is_read(void **state)
{
	BT_OWN(bt_gate_config)
	c = good(ONE(
	        "methods: [GET], paths: [/a/b, /c/], auth: { scheme: basic, credential: KEY }"));
	const struct bt_gate_route *r = &c->routes[0];

	(void)state;
	assert_int_equal(c->nroutes, 1);
	assert_string_equal(r->host.s, "api.test");
	assert_int_equal(r->port, 443);
	assert_string_equal(r->methods.v[0], "GET");
	assert_string_equal(r->paths.v[1], "/c/");
	assert_int_equal(r->scheme, BT_AUTH_BASIC);
	assert_string_equal(r->header, "Authorization");
	assert_string_equal(r->user, "x-access-token");
	assert_string_equal(r->credential, "KEY");
}

static void what_cannot_be_meant_is_refused(void **state)
{
	(void)state;
	bad(TLS "gate: { routes: [{}] }\n", "gate.routes[1]: want host");
	bad(TLS "gate: { routes: [{ host: '*.test' }] }\n", "gate.routes[1]: host: ");
	bad(ONE("prot: 1"), "gate.routes[1].prot: unknown key (did you mean port?)");
	bad(ONE("port: 0"), "port: want 1 to 65535");
	bad(ONE("methods: []"), "gate.routes[1].methods: want a list of at least one");
	bad(ONE("methods: [get]"), "methods[1]: want a method, in upper case");
	bad(ONE("methods: [TRACE]"), "methods[1]: no method of a route");
	bad(ONE("paths: [a]"), "paths[1]: want a path that begins with /");
	bad(ONE("paths: ['/a?b']"), "paths[1]: want a path without escapes");
	bad(ONE("paths: [/a/../b]"), "paths[1]: can be read in more than one way");
	bad(ONE("paths: [/a//b]"), "paths[1]: can be read in more than one way");
	bad(ONE("auth: { scheme: digest, credential: KEY }"), "auth: scheme: want bearer");
	bad(ONE("auth: { scheme: bearer }"), "auth: want credential");
	bad(ONE("auth: { scheme: bearer, token: x }"), "gate.routes[1].auth.token: unknown key");
	bad(ONE("auth: { scheme: header, credential: KEY }"), "needs header");
	bad(ONE("auth: { scheme: header, header: 'a b', credential: KEY }"), "no name of a header");
	bad(ONE("auth: { scheme: header, header: Host, credential: KEY }"), "not a route's to set");
	bad(ONE("auth: { scheme: header, header: Cookie, credential: KEY }"), "not a route's");
	bad(ONE("auth: { scheme: bearer, header: x, credential: KEY }"), "only of scheme header");
	bad(ONE("auth: { scheme: bearer, user: x, credential: KEY }"), "only of scheme basic");
	bad(ONE("auth: { scheme: basic, user: 'a:b', credential: KEY }"), "user: holds ':'");
}

static void what_the_rest_of_the_file_would_break_is_refused(void **state)
{
	(void)state;
	bad("gate: { routes: [{ host: api.test }] }\n", "needs tls_interception");
	bad("tls_interception: { enabled: true, ca_cert: a, ca_key: b, passthrough_domains: "
	    "['*.test'] }\ngate: { routes: [{ host: api.test }] }\n",
	    "passthrough_domains");
	bad(TLS "gate: { routes: [{ host: api.test }], forwards: [{ listen: '127.0.0.1:1', host: "
	        "api.test, port: 443 }] }\n",
	    "gate.forwards");
	bad("request_body_scanning: { scan_headers: false }\n" ONE(
	            "auth: { scheme: bearer, credential: KEY }"),
	    "needs request_body_scanning");
}

static struct bt_known *known(void)
{
	struct bt_str text = { records, sizeof records };
	struct bt_known *k = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_known_build(&k, bt_calloc(1, bt_known_size(text)), text, &e), &e);
	return k;
}

static void a_missing_value_is_named_unless_only_the_file_is_looked_at(void **state)
{
	BT_OWN(bt_gate_config) c = good(ONE("auth: { scheme: bearer, credential: GONE }"));
	BT_OWN(bt_gate_config) blank = good(ONE("auth: { scheme: bearer, credential: BLANK }"));
	struct bt_known *k = known();
	struct bt_routes *r = NULL;
	struct bt_err e = { 0 };

	(void)state;
	assert_int_equal(bt_routes_open(&r, c, k, true, &e), -1);
	assert_non_null(strstr(e.msg, "no value for credential GONE"));
	assert_int_equal(bt_routes_open(&r, c, NULL, true, &e), -1);
	assert_int_equal(bt_routes_open(&r, blank, k, true, &e), -1);
	assert_non_null(strstr(e.msg, "credential BLANK has a blank at an end"));
	assert_null(strstr(e.msg, "real"));
	assert_ok(bt_routes_open(&r, c, NULL, false, &e), &e);
	bt_routes_close(r);
	free(k);
}

/* The number of the route, 0: refused, -1: the host has none. */
static int route(const struct bt_policy *p, const char *host, const char *method, const char *path)
{
	const struct bt_route *r = NULL;
	struct bt_denial d;
	struct bt_host h;
	struct bt_err e = { 0 };

	assert_ok(bt_host_parse(&h, bt_str(host), &e), &e);
	struct bt_route_ask a = { &h, 443, true, bt_str(method), bt_str(path) };

	if (bt_policy_route(p, &a, &r, &d) == BT_RULING_DENY) {
		assert_string_equal(d.scanner, "route");
		return 0;
	}
	return r ? (int)r->n : -1;
}

static void the_first_route_that_matches_counts(void **state)
{
	BT_OWN(bt_gate_config)
	c = good(TLS
	         "gate: { routes: ["
	         "{ host: api.test, methods: [GET], paths: [/a/b] },"
	         "{ host: api.test, paths: [/a/, /q], auth: { scheme: bearer, credential: KEY } },"
	         "{ host: any.test, methods: [PUT] }] }\n");
	struct bt_known *k = known();
	struct bt_policy p = { .refs = 1 };
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_routes_open(&p.routes, c, k, true, &e), &e);
	assert_int_equal(route(&p, "api.test", "GET", "/a/b"), 1);
	assert_int_equal(route(&p, "api.test", "GET", "/a/b/c?x=/y"), 1);
	assert_int_equal(route(&p, "api.test", "GET", "/a/bc"), 2);
	assert_int_equal(route(&p, "api.test", "PUT", "/a/b"), 2);
	assert_int_equal(route(&p, "api.test", "PUT", "/a"), 0);
	assert_int_equal(route(&p, "api.test", "PUT", "/q"), 2);
	assert_int_equal(route(&p, "api.test", "PUT", "/q/x%2Fy"), 2);
	assert_int_equal(route(&p, "api.test", "PUT", "/q%2Fy"), 0);
	assert_int_equal(route(&p, "api.test", "PUT", "/q;x"), 0);
	assert_int_equal(route(&p, "api.test", "PUT", "/q//x"), 0);
	assert_int_equal(route(&p, "api.test", "PUT", ""), 0);
	assert_int_equal(route(&p, "any.test", "PUT", "/x//y"), 3);
	assert_int_equal(route(&p, "any.test", "GET", "/"), 0);
	assert_int_equal(route(&p, "other.test", "GET", "/"), -1);
	bt_routes_close(p.routes);
	free(k);
}

static void the_credential_is_the_last_field_and_the_agents_own_are_gone(void **state)
{
	static const char *const gone[] = { "authorization",   "X-Acme", "x_acme",
		                            "X.ACME",          "Cookie", "X-Api-Key",
		                            "x_forwarded_for", "Range",  "accept-encoding" };
	static const char *const kept[] = { "accept", "x-acm", "content-type", "x-acme-id" };
	BT_OWN(bt_gate_config)
	c = good(ONE("auth: { scheme: header, header: x-acme, credential: KEY }"));
	struct bt_known *k = known();
	struct bt_policy p = { .refs = 1 };
	const struct bt_route *r = NULL;
	BT_OWN_BUF b = BT_BUF(64);
	struct bt_denial d;
	struct bt_err e = { 0 };

	(void)state;
	assert_ok(bt_routes_open(&p.routes, c, k, true, &e), &e);
	struct bt_route_ask a = { &c->routes[0].host, 443, true, bt_str("GET"), bt_str("/") };

	assert_int_equal(bt_policy_route(&p, &a, &r, &d), BT_RULING_PASS);
	assert_ok(bt_inject_write(r, &b, &e), &e);
	assert_true(bt_str_eq(bt_buf_str(&b), BT_STR_LIT("Accept-Encoding: identity\r\n"
	                                                 "x-acme: real-5f2e9c1b\r\n")));
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		assert_true(bt_inject_ends_here(r, bt_str(gone[i])));
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		assert_false(bt_inject_ends_here(r, bt_str(kept[i])));
	assert_false(bt_inject_binds(r));
	bt_routes_close(p.routes);
	free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_is_read),
		cmocka_unit_test(what_cannot_be_meant_is_refused),
		cmocka_unit_test(what_the_rest_of_the_file_would_break_is_refused),
		cmocka_unit_test(a_missing_value_is_named_unless_only_the_file_is_looked_at),
		cmocka_unit_test(the_first_route_that_matches_counts),
		cmocka_unit_test(the_credential_is_the_last_field_and_the_agents_own_are_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
