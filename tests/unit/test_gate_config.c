#include "gate_config_text.h"
#include "bottle/ca.h"
#include "bottle/gate.h"
#include "bottle/hostset.h"
#include "bottle/scratch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/stat.h>

#define STRICT "mode: strict\napi_allowlist: [a.test]\n"

static bool has(const struct bt_hostset *s, const char *host, uint16_t port)
{
	struct bt_host h;
	struct bt_err e = { 0 };

	assert_ok(bt_host_parse(&h, bt_str(host), &e), &e);
	return bt_hostset_has(s, &h, port, NULL);
}

static void an_empty_file_is_all_defaults(void **state)
{
	(void)state;
	BT_OWN(bt_gate_config) c = good("");

	assert_int_equal(c->mode, BT_MODE_BALANCED);
	assert_true(c->enforce);
	assert_false(c->explain_blocks);
	assert_false(c->proxy.forward);
	assert_true(c->proxy.sni_verification);
	assert_int_equal(c->proxy.idle_ms, 120000);
	assert_int_equal(c->proxy.max_tunnel_ms, 0);
	assert_int_equal(c->monitor.max_url_length, 2048);
	assert_true(c->monitor.entropy == 4.5);
	assert_true(c->monitor.subdomain_entropy == 4.0);
	assert_int_equal(c->monitor.requests_per_minute, 0);
	assert_true(c->body.enabled);
	assert_int_equal(c->body.action, BT_ACTION_WARN);
	assert_int_equal(c->body.max_body_bytes, 5242880);
	assert_true(c->body.scan_headers);
	assert_false(c->body.all_headers);
	assert_int_equal(c->body.sensitive.n, 6);
	assert_true(c->dlp.include_defaults);
	assert_true(c->dlp.seed_phrase);
	assert_int_equal(c->dlp.seed_words, 12);
	assert_true(c->dlp.seed_checksum);
	assert_false(c->tls.enabled);
	assert_int_equal(c->tls.cert_ttl_s, 86400);
	assert_int_equal(c->limits.leaf_cache, 1024);
	assert_true(c->log.allowed && c->log.blocked);
	assert_int_equal(c->nlisten, 1);
	assert_string_equal(c->listen[0].text, "127.0.0.1:8888");
	assert_false(c->ssrf.internal_set);
	assert_null(c->admin);
}

static void what_bottle_renders_is_read_key_by_key(void **state)
{
	(void)state;
	BT_OWN(bt_gate_config)
	c = good("version: 1\nmode: strict\nenforce: true\nexplain_blocks: true\n"
	         "api_allowlist: [api.good.test, '*.wild.test', 'x.test:8443']\n"
	         "fetch_proxy:\n  listen: 127.0.0.1:9\n  monitoring:\n    max_url_length: 0\n"
	         "    max_requests_per_minute: 600\n    blocklist: ['bad.wild.test']\n"
	         "    subdomain_entropy_exclusions: ['*.cdn.test']\n"
	         "forward_proxy: { enabled: true, max_tunnel_seconds: 300, sni_verification: true "
	         "}\n"
	         "request_body_scanning: { action: block, max_body_bytes: 0, header_mode: all }\n"
	         "seed_phrase_detection: { enabled: false }\n"
	         "tls_interception: { enabled: true, ca_cert: ca.pem, ca_key: /k.pem,\n"
	         "  passthrough_domains: ['*.pass.test'], cert_ttl: 1h30m, cert_cache_size: 7 }\n"
	         "ssrf: { ip_allowlist: [172.18.0.0/16] }\ntrusted_domains: [db.internal]\n"
	         "gate:\n  slug: impl-ab12c\n  listen: ['10.0.0.2:8888', '[fd00::2]:8888']\n"
	         "  transparent: { tls: '10.0.0.2:443', http: '10.0.0.2:80' }\n"
	         "  dns: { listen: '10.0.0.2:53', address: 10.0.0.2, names: { git.box: 10.0.0.9 } "
	         "}\n"
	         "  resolvers: ['10.0.0.53:53', '[fd00::53]:5353']\n"
	         "  admin: /run/a.sock\n  resolve: { API.good.test: [198.18.53.1, 'fd00::1'] }\n"
	         "  roots: roots.pem\n  forwards: [{listen: '10.0.0.2:22', host: gitea, port: "
	         "30009}]\n"
	         "  log_allowed: false\n  limits: { tunnels: 5, dial_ms: 100 }\n");

	assert_int_equal(c->mode, BT_MODE_STRICT);
	assert_true(c->explain_blocks);
	assert_true(has(c->allow, "api.good.test", 443));
	assert_true(has(c->allow, "a.b.wild.test", 80));
	assert_false(has(c->allow, "wild.test", 443));
	assert_true(has(c->allow, "x.test", 8443));
	assert_false(has(c->allow, "x.test", 443));
	assert_string_equal(c->allow_text.v[2], "x.test:8443");
	assert_true(has(c->block, "bad.wild.test", 443));
	assert_true(has(c->entropy_skip, "x.cdn.test", 443));
	assert_true(has(c->passthrough, "x.pass.test", 443));
	assert_true(has(c->trusted, "db.internal", 443));
	assert_int_equal(c->monitor.max_url_length, 0); /* off: ours */
	assert_int_equal(c->monitor.requests_per_minute, 600);
	assert_true(c->proxy.forward);
	assert_true(c->proxy.sni_verification);
	assert_int_equal(c->proxy.max_tunnel_ms, 300000);
	assert_int_equal(c->body.action, BT_ACTION_BLOCK);
	assert_int_equal(c->body.max_body_bytes, 5242880); /* 0 is the default */
	assert_true(c->body.all_headers);
	assert_false(c->dlp.seed_phrase);
	assert_string_equal(c->tls.ca_cert, "/etc/bottle/ca.pem");
	assert_string_equal(c->tls.ca_key, "/k.pem");
	assert_int_equal(c->tls.cert_ttl_s, 5400);
	assert_int_equal(c->limits.leaf_cache, 7);
	assert_string_equal(c->ssrf.allow.v[0], "172.18.0.0/16");
	assert_string_equal(c->slug, "impl-ab12c");
	assert_int_equal(c->nlisten, 2);
	assert_int_equal(ntohs(((struct sockaddr_in6 *)&c->listen[1].sa)->sin6_port), 8888);
	assert_string_equal(c->proxy.listen.text, "10.0.0.2:8888");
	assert_int_equal(c->nresolvers, 2);
	assert_string_equal(c->resolvers[1].text, "[fd00::53]:5353");
	assert_string_equal(c->transparent_tls.text, "10.0.0.2:443");
	assert_string_equal(c->transparent_http.text, "10.0.0.2:80");
	assert_string_equal(c->dns_address, "10.0.0.2");
	assert_string_equal(c->dns_names[0].name, "git.box");
	assert_string_equal(c->dns_names[0].addrs.v[0], "10.0.0.9");
	assert_int_equal(bt_gate_config_resolve(c, "api.good.test")->n, 2);
	assert_null(bt_gate_config_resolve(c, "other.test"));
	assert_string_equal(c->roots, "/etc/bottle/roots.pem");
	assert_string_equal(c->forwards[0].host, "gitea");
	assert_int_equal(c->forwards[0].port, 30009);
	assert_false(c->log.allowed);
	assert_int_equal(c->limits.tunnels, 5);
	assert_int_equal(c->limits.dial_ms, 100);
}

static void an_unknown_key_is_named_with_its_line(void **state)
{
	(void)state;
	bad(STRICT "wat: 1\n", "config:3: wat: unknown key");
	bad(STRICT "forwardproxy: {}\n",
	    "config:3: forwardproxy: unknown key (did you mean forward_proxy?)");
	bad(STRICT "forward_proxy:\n  enabld: true\n",
	    "config:4: forward_proxy.enabld: unknown key (did you mean enabled?)");
	bad(STRICT "gate: { dns: { lisen: x } }\n",
	    "gate.dns.lisen: unknown key (did you mean listen?)");
	bad(STRICT "gate: { forwards: [{listen: '1.2.3.4:5', host: a, port: 1, x: 2}] }\n",
	    "gate.forwards[1].x: unknown key");
	bad(STRICT "dlp: { patterns: [{name: a, regex: b, sevrity: c}] }\n",
	    "dlp.patterns[1].sevrity: unknown key (did you mean severity?)");
	bad("a\n---\nb\n", "config: ");
	bad("[1]\n", "want a mapping");
	bad("mode: strict\nmode: audit\n", "config: ");
}

static void values_of_the_wrong_kind_are_refused(void **state)
{
	(void)state;
	bad("mode: lax\n", "config:1: mode: want one of: balanced, strict, audit");
	bad("mode: strict\n", "strict mode requires at least one domain");
	bad("mode: strict\napi_allowlist: []\n", "strict mode requires at least one domain");
	bad("version: 2\n", "version: want 1");
	bad("enforce: 'yes'\n", "enforce: want true or false");
	bad("request_body_scanning: { action: ask }\n", "action: want one of: warn, block");
	bad("request_body_scanning: { max_body_bytes: -1 }\n", "must not be negative");
	bad("gate: { limits: { client_connections: -1 } }\n",
	    "client_connections: must not be negative");
	bad("request_body_scanning: { header_mode: some }\n", "want one of: sensitive, all");
	bad("fetch_proxy: { monitoring: { max_url_length: -5 } }\n", "must not be negative");
	bad("fetch_proxy: { monitoring: { entropy_threshold: 9 } }\n", "want a number from 0 to 8");
	bad("fetch_proxy: { monitoring: { blocklist: [''] } }\n", "blocklist[1]");
	bad("fetch_proxy: { listen: localhost:8888 }\n", "not a name");
	bad("fetch_proxy: { listen: 127.0.0.1:70000 }\n", "no ADDRESS:PORT");
	bad("forward_proxy: { idle_timeout_seconds: 0 }\n", "too small");
	bad("forward_proxy: true\n", "forward_proxy: want a mapping");
	bad("tls_interception: { cert_ttl: 0s }\n", "want a duration");
	bad("tls_interception: { cert_ttl: 24 }\n", "want a duration");
	bad("seed_phrase_detection: { min_words: 13 }\n", "want 12, 15, 18, 21 or 24");
	bad("api_allowlist: a.test\n", "api_allowlist: want a list of hosts");
	bad("api_allowlist: ['https://a.test/']\n", "api_allowlist[1]");
	bad("api_allowlist: ['*']\n", "api_allowlist[1]");
	bad("api_allowlist: [a.test, '*.com']\n", "api_allowlist[2]");
	bad("trusted_domains: ['a.test:443']\n", "no port here");
	bad("gate: { listen: [] }\n", "gate.listen");
	bad("gate: { resolvers: [] }\n", "gate.resolvers: want a list");
	bad("gate: { resolvers: [10.0.0.1] }\n", "gate.resolvers[1]");
	bad("gate: { resolvers: ['10.0.0.1:0'] }\n", "port 0");
	bad("gate: { resolvers: ['dns.test:53'] }\n", "gate.resolvers[1]");
	bad("gate: { dns: { listen: '10.0.0.1:53' } }\n", "listen needs address");
	bad("gate: { dns: { names: { a.test: b.test } } }\n", "gate.dns.names");
	bad("gate: { resolve: { a.test: [] } }\n", "at least one address");
	bad("gate: { forwards: [{listen: '1.2.3.4:5', host: a, port: 0}] }\n", "want listen, host");
	bad("gate: { limits: { tunnels: 0 } }\n", "too small");
}

static void ssrf_takes_cidrs_only(void **state)
{
	(void)state;
	bad("ssrf: { ip_allowlist: [172.18.0.5] }\n", "config:1: ssrf.ip_allowlist[1]");
	bad("ssrf: { ip_allowlist: [0.0.0.0/0] }\n", "ssrf.ip_allowlist[1]");
	bad("ssrf: { ip_allowlist: [172.18.0.5/16] }\n", "172.18.0.0/16");
	bad("ssrf: { ip_allowlist: [a.test] }\n", "ssrf.ip_allowlist[1]");
	bad("internal: [10.0.0.0]\n", "internal[1]");
	BT_OWN(bt_gate_config) c = good("internal: []\n");

	assert_true(c->ssrf.internal_set);
	assert_int_equal(c->ssrf.internal.n, 0);
}

static void null_is_absent(void **state)
{
	(void)state;
	BT_OWN(bt_gate_config)
	c = good("enforce: ~\ndlp: ~\nrequest_body_scanning: { enabled: null, scan_headers: }\n");

	assert_true(c->enforce);
	assert_true(c->body.enabled && c->body.scan_headers);
}

static void patterns_of_the_operator_are_checked(void **state)
{
	(void)state;
	BT_OWN(bt_gate_config)
	c = good("dlp: { patterns: [{name: Card, regex: '[0-9]{16}', validator: luhn,"
	         " severity: low, action: warn}, {name: B, regex: b}] }\n");

	assert_int_equal(c->dlp.npatterns, 2);
	assert_string_equal(c->dlp.patterns[0].validator, "luhn");
	assert_true(c->dlp.patterns[0].warn);
	assert_string_equal(c->dlp.patterns[1].severity, "high");
	assert_false(c->dlp.patterns[1].warn);
	bad("dlp: { action: block }\n", "dlp.action: refused");
	bad("dlp: { patterns: [{name: a}] }\n", "want name and regex");
	bad("dlp: { patterns: [{name: a, regex: b, validator: crc}] }\n", "validator");
	bad("dlp: { patterns: [{name: a, regex: b, action: block}] }\n", "action");
}

static void what_we_have_not_may_only_be_off(void **state)
{
	static const char *const sections[] = { "response_scanning",
		                                "media_policy",
		                                "redaction",
		                                "kill_switch",
		                                "browser_shield",
		                                "a2a",
		                                "session_profiling",
		                                "adaptive_enforcement",
		                                "mediation_envelope",
		                                "websocket_proxy",
		                                "taint" };
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		(void)snprintf(text, sizeof text, "%s: { enabled: false, x: 1 }\n", sections[i]);
		bt_gate_config_free(good(text));
		(void)snprintf(text, sizeof text, "%s: { enabled: true }\n", sections[i]);
		bad(text, "not supported by this engine");
		(void)snprintf(text, sizeof text, "%s: { x: 1 }\n", sections[i]);
		bad(text, "not supported by this engine");
	}
	bad("gate: { policies: [''] }\n", "gate.policies[1]: want a text");
	bad("metrics_listen: ':9090'\n", "not supported");
	bad("logging: { output: file, file: /x }\n", "not supported by this engine: want stdout");
	bad("dlp: { scan_env: true }\n", "dlp.scan_env: not supported");
	bad("fetch_proxy: { monitoring: { max_data_per_minute: 5 } }\n", "not supported");
	bt_gate_config_free(good("dlp: { scan_env: false }\nsuppress: []\n"
	                         "fetch_proxy: { monitoring: { max_data_per_minute: 0 } }\n"));
}

static void a_parent_proxy_is_read_and_its_credentials_are_never_told(void **state)
{
	static const char *const wrong[] = { "https://sEcret:x@p:1",       "http://sEcret@p:1",
		                             "http://sEcret:x%0d%0aX@p:1", "http://sEcret:%zz@p:1",
		                             "http://sEcret:x@p",          "http://sEcret:x@p:0",
		                             "http://sEcret:x@p:x",        "http://sEcret:x@a b:1",
		                             "http://sEcret:%1@p:1" };
	struct bt_gate_config *c;
	char text[128];

	(void)state;
	c = good("gate: { parent_proxy: 'http://proxy.acme.example:3128' }\n");
	assert_string_equal(c->parent.host.s, "proxy.acme.example");
	assert_int_equal(c->parent.port, 3128);
	assert_null(c->parent.auth);
	bt_gate_config_free(c);
	c = good("gate: { parent_proxy: 'http://Aladdin:open%20sesame@10.0.0.1:8080/' }\n");
	assert_string_equal(c->parent.auth, "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
	assert_string_equal(c->parent.host.s, "10.0.0.1");
	bt_gate_config_free(c);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		BT_OWN(bt_gate_config) none = NULL;
		struct bt_err e = { 0 };

		(void)snprintf(text, sizeof text, "gate: { parent_proxy: \"%s\" }\n", wrong[i]);
		assert_int_equal(bt_gate_config_parse(&none, bt_str(text), ".", &e), -1);
		assert_non_null(strstr(e.msg, "gate.parent_proxy: want"));
		assert_null(strstr(e.msg, "sEcret"));
	}
}

static void interception_needs_both_files_and_a_private_key(void **state)
{
	BT_OWN(bt_scratch) s = NULL;
	BT_OWN(bt_ca) ca = NULL;
	BT_OWN(bt_gate_config) c = NULL;
	struct bt_gate_config *none = NULL;
	struct bt_err e = { 0 };
	char path[300];
	static const char text[] = "tls_interception: { enabled: true, ca_cert: ca.pem,"
	                           " ca_key: ca-key.pem }\n";

	(void)state;
	bad("tls_interception: { enabled: true }\n", "needs both");
	bad("tls_interception: { enabled: true, ca_cert: a }\n", "needs both");
	assert_ok(bt_scratch_open(&s, NULL, &e), &e);
	(void)snprintf(path, sizeof path, "%s/gate.yaml", bt_scratch_path(s));
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
	assert_int_equal(bt_gate_check(path, NULL, &e), -1); /* no file is opened before */
	assert_non_null(strstr(e.msg, "gate.yaml:1: tls_interception: "));
	assert_non_null(strstr(e.msg, "ca.pem"));
	assert_ok(bt_ca_create(&ca, bt_scratch_path(s), "x", 0, &e), &e);
	assert_ok(bt_gate_config_load(&c, path, &e), &e);
	assert_string_equal(c->tls.ca_key, bt_ca_key_path(ca));
	assert_string_equal(c->path, path);
	assert_int_equal(chmod(bt_ca_key_path(ca), 0644), 0);
	assert_int_equal(bt_gate_check(path, NULL, &e), -1);
	assert_non_null(strstr(e.msg, "0600 or 0640"));
	assert_int_equal(bt_gate_config_load(&none, "/nonexistent/gate.yaml", &e), -1);
	assert_non_null(strstr(e.msg, "/nonexistent/gate.yaml"));
	assert_null(none);
}

static void own_credentials_are_names_with_hosts(void **state)
{
	(void)state;
	BT_OWN(bt_gate_config)
	c = good("gate: { own_credentials: { GitHub Token: [api.github.com, "
	         "'*.ghe.test'], B: [b.test:8443] } }\n");
	assert_int_equal(c->nown, 2);
	assert_string_equal(c->own[0].name, "GitHub Token");
	assert_int_equal(bt_hostset_count(c->own[0].hosts), 2);
	bad("gate: { own_credentials: [a] }\n", "want a list of hosts");
	bad("gate: { own_credentials: { A: [] } }\n", "want a list of hosts");
	bad("gate: { own_credentials: { A: b.test } }\n", "want a list of hosts");
	bad("gate: { own_credentials: { A: ['*'] } }\n", "own_credentials[1]");
	bad("gate: { own_credentials: x }\n", "want a mapping");
}

static void what_would_make_it_blind_is_refused(void **state)
{
	(void)state;
	bad("forward_proxy: { sni_verification: false }\n", "want true");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_credentials_are_names_with_hosts),
		cmocka_unit_test(what_would_make_it_blind_is_refused),
		cmocka_unit_test(an_empty_file_is_all_defaults),
		cmocka_unit_test(what_bottle_renders_is_read_key_by_key),
		cmocka_unit_test(an_unknown_key_is_named_with_its_line),
		cmocka_unit_test(values_of_the_wrong_kind_are_refused),
		cmocka_unit_test(ssrf_takes_cidrs_only),
		cmocka_unit_test(null_is_absent),
		cmocka_unit_test(patterns_of_the_operator_are_checked),
		cmocka_unit_test(what_we_have_not_may_only_be_off),
		cmocka_unit_test(a_parent_proxy_is_read_and_its_credentials_are_never_told),
		cmocka_unit_test(interception_needs_both_files_and_a_private_key),
	};
	return cmocka_run_group_tests_name("gate_config", tests, NULL, NULL);
}
