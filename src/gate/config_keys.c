/* config_keys.c - every key of gate.yaml, one row each (docs/reference/gate-config.md). */
#include <stdio.h>
#include <string.h>

#include "bottle/near.h"
#include "config_int.h"

#define AT(field) offsetof(struct bt_gate_config, field)
#define U32_MAX 4294967295.0
#define BYTES_MAX 1099511627776.0 /* 1 TiB: beyond it a number is a slip */
#define SECONDS_MAX 31536000.0

static const char *const modes[] = { "balanced", "strict", "audit", NULL };
static const char *const actions[] = { "warn", "block", NULL };
static const char *const header_modes[] = { "sensitive", "all", NULL };
static const char *const formats[] = { "json", NULL };
static const char *const outputs[] = { "stdout", NULL };

BT_SETTER(set_version);
BT_SETTER(set_header_mode);
BT_SETTER(set_only_word);

/* clang-format off */
static const struct bt_config_key keys[] = {
	{ "version", set_version, 0, 0, 1, NULL },
	{ "mode", bt_set_word, AT(mode), 0, 0, modes },
	{ "enforce", bt_set_bool, AT(enforce), 0, 0, NULL },
	{ "explain_blocks", bt_set_bool, AT(explain_blocks), 0, 0, NULL },
	{ "api_allowlist", bt_set_hosts, AT(allow), 0, 0, NULL },
	{ "trusted_domains", bt_set_names, AT(trusted), 0, 0, NULL },
	{ "internal", bt_set_cidrs, AT(ssrf.internal), 0, 0, NULL },
	{ "ssrf.ip_allowlist", bt_set_cidrs, AT(ssrf.allow), 0, 0, NULL },
	{ "ssrf.trusted_domains", bt_set_names, AT(trusted), 0, 0, NULL },

	{ "fetch_proxy.listen", bt_set_addr, AT(proxy.listen), 0, 0, NULL },
	{ "fetch_proxy.timeout_seconds", bt_set_seconds, AT(proxy.timeout_ms), 1, SECONDS_MAX, NULL },
	{ "fetch_proxy.max_response_mb", bt_set_unsupported, 0, 0, 0, NULL },
	{ "fetch_proxy.monitoring.max_url_length", bt_set_u32, AT(monitor.max_url_length), 0, 1048576, NULL },
	{ "fetch_proxy.monitoring.entropy_threshold", bt_set_double, AT(monitor.entropy), 0, 8, NULL },
	{ "fetch_proxy.monitoring.subdomain_entropy_threshold", bt_set_double, AT(monitor.subdomain_entropy), 0, 8, NULL },
	{ "fetch_proxy.monitoring.max_requests_per_minute", bt_set_u32, AT(monitor.requests_per_minute), 0, U32_MAX, NULL },
	{ "fetch_proxy.monitoring.max_data_per_minute", bt_set_unsupported, 0, 0, 0, NULL },
	{ "fetch_proxy.monitoring.blocklist", bt_set_hosts, AT(block), 0, 0, NULL },
	{ "fetch_proxy.monitoring.subdomain_entropy_exclusions", bt_set_names, AT(entropy_skip), 0, 0, NULL },
	{ "forward_proxy.enabled", bt_set_bool, AT(proxy.forward), 0, 0, NULL },
	{ "forward_proxy.max_tunnel_seconds", bt_set_seconds, AT(proxy.max_tunnel_ms), 0, SECONDS_MAX, NULL },
	{ "forward_proxy.idle_timeout_seconds", bt_set_seconds, AT(proxy.idle_ms), 1, SECONDS_MAX, NULL },
	{ "forward_proxy.sni_verification", bt_set_true, AT(proxy.sni_verification), 0, 0, NULL },
	{ "forward_proxy.redirect_websocket_hosts", bt_set_unsupported, 0, 0, 0, NULL },

	{ "seed_phrase_detection.enabled", bt_set_bool, AT(dlp.seed_phrase), 0, 0, NULL },
	{ "seed_phrase_detection.min_words", bt_set_seed_words, 0, 0, 0, NULL },
	{ "seed_phrase_detection.verify_checksum", bt_set_bool, AT(dlp.seed_checksum), 0, 0, NULL },
	{ "dlp.include_defaults", bt_set_bool, AT(dlp.include_defaults), 0, 0, NULL },
	{ "dlp.patterns", bt_set_patterns, 0, 0, 0, NULL },
	{ "dlp.action", bt_set_refused, 0, 0, 0, NULL },
	{ "dlp.scan_env", bt_set_unsupported, 0, 0, 0, NULL },
	{ "dlp.min_env_secret_length", bt_set_unsupported, 0, 0, 0, NULL },
	{ "dlp.secrets_file", bt_set_unsupported, 0, 0, 0, NULL },
	{ "request_body_scanning.enabled", bt_set_bool, AT(body.enabled), 0, 0, NULL },
	{ "request_body_scanning.action", bt_set_word, AT(body.action), 0, 0, actions },
	{ "request_body_scanning.max_body_bytes", bt_set_u64, AT(body.max_body_bytes), 0, BYTES_MAX, NULL },
	{ "request_body_scanning.scan_headers", bt_set_bool, AT(body.scan_headers), 0, 0, NULL },
	{ "request_body_scanning.header_mode", set_header_mode, 0, 0, 0, header_modes },
	{ "request_body_scanning.sensitive_headers", bt_set_lower, AT(body.sensitive), 0, 0, NULL },
	{ "request_body_scanning.ignore_headers", bt_set_lower, AT(body.ignore), 0, 0, NULL },
	{ "tls_interception.enabled", bt_set_bool, AT(tls.enabled), 0, 0, NULL },
	{ "tls_interception.ca_cert", bt_set_file, AT(tls.ca_cert), 0, 0, NULL },
	{ "tls_interception.ca_key", bt_set_file, AT(tls.ca_key), 0, 0, NULL },
	{ "tls_interception.passthrough_domains", bt_set_hosts, AT(passthrough), 0, 0, NULL },
	{ "tls_interception.cert_ttl", bt_set_duration, AT(tls.cert_ttl_s), 0, 0, NULL },
	{ "tls_interception.cert_cache_size", bt_set_u32, AT(limits.leaf_cache), 1, 1000000, NULL },
	{ "tls_interception.max_response_bytes", bt_set_unsupported, 0, 0, 0, NULL },
	{ "logging.format", set_only_word, 0, 0, 0, formats },
	{ "logging.output", set_only_word, 0, 0, 0, outputs },
	{ "logging.file", bt_set_unsupported, 0, 0, 0, NULL },
	{ "logging.include_allowed", bt_set_bool, AT(log.allowed), 0, 0, NULL },
	{ "logging.include_blocked", bt_set_bool, AT(log.blocked), 0, 0, NULL },

	{ "gate.slug", bt_set_string, AT(slug), 0, 0, NULL },
	{ "gate.user", bt_set_string, AT(user), 0, 0, NULL },
	{ "gate.listen", bt_set_listen, 0, 0, 0, NULL },
	{ "gate.transparent.tls", bt_set_addr, AT(transparent_tls), 0, 0, NULL },
	{ "gate.transparent.http", bt_set_addr, AT(transparent_http), 0, 0, NULL },
	{ "gate.dns.listen", bt_set_addr, AT(dns_listen), 0, 0, NULL },
	{ "gate.dns.address", bt_set_string, AT(dns_address), 0, 0, NULL },
	{ "gate.dns.names", bt_set_addresses, AT(dns_names), 0, 0, NULL },
	{ "gate.admin", bt_set_file, AT(admin), 0, 0, NULL },
	{ "gate.resolve", bt_set_addresses, AT(resolve), 0, 0, NULL },
	{ "gate.resolvers", bt_set_resolvers, 0, 0, 0, NULL },
	{ "gate.roots", bt_set_file, AT(roots), 0, 0, NULL },
	{ "gate.parent_proxy", bt_set_parent, 0, 0, 0, NULL },
	{ "gate.own_credentials", bt_set_own, 0, 0, 0, NULL },
	{ "gate.routes", bt_set_routes, 0, 0, 0, NULL },
	{ "gate.policies", bt_set_files, AT(policies), 0, 0, NULL },
	{ "gate.stream_bodies", bt_set_bool, AT(body.stream), 0, 0, NULL },
	{ "gate.forwards", bt_set_forwards, 0, 0, 0, NULL },
	{ "gate.requests_per_minute", bt_set_u32, AT(monitor.requests_per_minute), 0, U32_MAX, NULL },
	{ "gate.http2", bt_set_bool, AT(tls.http2), 0, 0, NULL },
	{ "gate.log_allowed", bt_set_bool, AT(log.allowed), 0, 0, NULL },
	{ "gate.limits.connections", bt_set_u32, AT(limits.connections), 1, 100000, NULL },
	{ "gate.limits.client_connections", bt_set_u32, AT(limits.client_connections), 0, 100000, NULL },
	{ "gate.limits.tunnels", bt_set_u32, AT(limits.tunnels), 1, 100000, NULL },
	{ "gate.limits.header_bytes", bt_set_u32, AT(limits.header_bytes), 1024, 1048576, NULL },
	{ "gate.limits.headers", bt_set_u32, AT(limits.headers), 8, 10000, NULL },
	{ "gate.limits.client_hello_ms", bt_set_u64, AT(limits.client_hello_ms), 1, 600000, NULL },
	{ "gate.limits.header_ms", bt_set_u64, AT(limits.header_ms), 1, 600000, NULL },
	{ "gate.limits.handshake_ms", bt_set_u64, AT(limits.handshake_ms), 1, 600000, NULL },
	{ "gate.limits.dial_ms", bt_set_u64, AT(limits.dial_ms), 1, 600000, NULL },
	{ "gate.limits.dns_ms", bt_set_u64, AT(limits.dns_ms), 1, 600000, NULL },
	{ "gate.limits.body_bytes", bt_set_u64, AT(limits.body_bytes), 65536, BYTES_MAX, NULL },
	{ "gate.limits.buffer_bytes", bt_set_u64, AT(limits.buffer_bytes), 65536, BYTES_MAX, NULL },
	{ "gate.limits.idle_upstreams", bt_set_u32, AT(limits.idle_upstreams), 0, 1024, NULL },
	{ "gate.limits.upstream_silent_ms", bt_set_u64, AT(limits.upstream_silent_ms), 1, 600000, NULL },
	{ "gate.limits.idle_upstream_ms", bt_set_u64, AT(limits.idle_upstream_ms), 1, 600000, NULL },
	{ "gate.limits.dns_tcp_clients", bt_set_u32, AT(limits.dns_tcp_clients), 1, 1024, NULL },

	{ "response_scanning", bt_set_unsupported, 0, 0, 0, NULL },
	{ "media_policy", bt_set_unsupported, 0, 0, 0, NULL },
	{ "redaction", bt_set_unsupported, 0, 0, 0, NULL },
	{ "suppress", bt_set_unsupported, 0, 0, 0, NULL },
	{ "kill_switch", bt_set_unsupported, 0, 0, 0, NULL },
	{ "metrics_listen", bt_set_unsupported, 0, 0, 0, NULL },
	{ "browser_shield", bt_set_unsupported, 0, 0, 0, NULL },
	{ "a2a", bt_set_unsupported, 0, 0, 0, NULL },
	{ "session_profiling", bt_set_unsupported, 0, 0, 0, NULL },
	{ "adaptive_enforcement", bt_set_unsupported, 0, 0, 0, NULL },
	{ "mediation_envelope", bt_set_unsupported, 0, 0, 0, NULL },
	{ "websocket_proxy", bt_set_unsupported, 0, 0, 0, NULL },
	{ "git_protection", bt_set_unsupported, 0, 0, 0, NULL },
	{ "taint", bt_set_unsupported, 0, 0, 0, NULL },
	{ "sentry", bt_set_unsupported, 0, 0, 0, NULL },
};
/* clang-format on */
#define NKEYS (sizeof keys / sizeof *keys)

BT_SETTER(set_version)
{
	if (!cJSON_IsNumber(v) || (v->valuedouble != 0 && v->valuedouble != 1))
		return bt_config_bad(r, k->path, "want 1");
	return 0;
}

BT_SETTER(set_header_mode)
{
	struct bt_config_key into = *k;
	unsigned mode = 0;

	for (unsigned i = 0; k->words[i]; i++)
		if (cJSON_IsString(v) && strcmp(v->valuestring, k->words[i]) == 0)
			mode = i + 1;
	if (!mode)
		return bt_config_bad(r, into.path, "want one of: sensitive, all");
	r->c->body.all_headers = mode == 2;
	return 0;
}

/* A choice of which this engine has one. */
BT_SETTER(set_only_word)
{
	if (!cJSON_IsString(v) || strcmp(v->valuestring, k->words[0]) != 0)
		return bt_config_bad(r, k->path, "not supported by this engine: want %s",
		                     k->words[0]);
	return 0;
}

static const struct bt_config_key *find(const char *path, bool *section)
{
	size_t n = strlen(path);

	*section = false;
	for (size_t i = 0; i < NKEYS; i++) {
		if (strncmp(keys[i].path, path, n) != 0)
			continue;
		if (keys[i].path[n] == '\0')
			return &keys[i];
		*section = *section || keys[i].path[n] == '.';
	}
	return NULL;
}

static int unknown(const struct bt_config_reader *r, const char *path)
{
	const char *dot = strrchr(path, '.');
	size_t in = dot ? (size_t)(dot - path) + 1 : 0; /* the names of its section begin here */
	struct bt_near near = bt_near(path + in, strlen(path + in));

	for (size_t i = 0; i < NKEYS; i++)
		if (strncmp(keys[i].path, path, in) == 0)
			bt_near_try(&near, keys[i].path + in, strcspn(keys[i].path + in, "."));
	if (!near.name)
		return bt_config_bad(r, path, "unknown key");
	return bt_config_bad(r, path, "unknown key (did you mean %.*s?)", (int)near.name_len,
	                     near.name);
}

/* A section at a time: keys are at most three names deep, so the recursion is too. */
static int walk(struct bt_config_reader *r, const cJSON *map, const char *prefix, unsigned depth)
{
	for (const cJSON *m = map->child; m; m = m->next) {
		char path[128];
		bool section;
		int n = snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "",
		                 m->string);
		bool fits = n > 0 && (size_t)n < sizeof path;
		const struct bt_config_key *k = fits ? find(path, &section) : NULL;

		if (!k && !(fits && section))
			return unknown(r, path);
		if (cJSON_IsNull(m))
			continue; /* null is absent, as in the other engine */
		if (k && k->set(r, k, m) < 0)
			return -1;
		if (k)
			continue;
		if (!cJSON_IsObject(m) && !bt_config_is_list(m))
			return bt_config_bad(r, path, "want a mapping");
		if (m->child && !m->child->string)
			return bt_config_bad(r, path, "want a mapping");
		if (depth < 4 && walk(r, m, path, depth + 1) < 0)
			return -1;
	}
	return 0;
}

int bt_config_walk(struct bt_config_reader *r, const cJSON *root)
{
	return walk(r, root, "", 0);
}
