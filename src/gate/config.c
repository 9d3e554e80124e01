#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

#include "bottle/fs.h"
#include "bottle/hostset.h"
#include "bottle/ip.h"
#include "bottle/limits.h"
#include "bottle/mem.h"
#include "bottle/yaml.h"
#include "config_int.h"

#define DEFAULT_BODY (5u * BT_MIB)

static void strs(struct bt_strs *s, const char *const *words)
{
	for (; *words; words++)
		bt_strs_add(s, *words);
}

static void default_headers(struct bt_gate_config *c)
{
	static const char *const sensitive[] = {
		"authorization",       "cookie",         "x-api-key", "x-token",
		"proxy-authorization", "x-goog-api-key", NULL
	};
	static const char *const ignore[] = { "connection",   "keep-alive", "proxy-connection",
		                              "te",           "trailer",    "transfer-encoding",
		                              "upgrade",      "host",       "content-length",
		                              "content-type", "accept",     "accept-encoding",
		                              "user-agent",   NULL };

	strs(&c->body.sensitive, sensitive);
	strs(&c->body.ignore, ignore);
}

static struct bt_gate_config *defaults(void)
{
	struct bt_gate_config *c = bt_calloc(1, sizeof *c);

	c->enforce = true;
	c->allow = bt_hostset_new();
	c->block = bt_hostset_new();
	c->passthrough = bt_hostset_new();
	c->trusted = bt_hostset_new();
	c->entropy_skip = bt_hostset_new();
	c->proxy.sni_verification = true;
	c->proxy.timeout_ms = 30000;
	c->proxy.idle_ms = 120000;
	c->monitor.max_url_length = 2048;
	c->monitor.entropy = 4.5;
	c->monitor.subdomain_entropy = 4.0;
	c->body.enabled = true;
	c->body.scan_headers = true;
	c->body.max_body_bytes = DEFAULT_BODY;
	c->dlp.include_defaults = true;
	c->dlp.seed_phrase = true;
	c->dlp.seed_words = 12;
	c->dlp.seed_checksum = true;
	c->tls.cert_ttl_s = 86400;
	c->tls.http2 = true;
	c->log.allowed = c->log.blocked = true;
	c->limits = (struct bt_gate_limits){
		.connections = 1024,
		.tunnels = 1024,
		.header_bytes = 64 * BT_KIB,
		.headers = 200,
		.client_hello_ms = 5000,
		.header_ms = 30000,
		.handshake_ms = 30000,
		.dial_ms = 10000,
		.dns_ms = 5000,
		.body_bytes = 64 * (uint64_t)BT_MIB,
		.buffer_bytes = 64 * (uint64_t)BT_MIB,
		.idle_upstreams = 64,
		.idle_upstream_ms = 30000,
		.upstream_silent_ms = 5000,
		.leaf_cache = 1024,
		.dns_tcp_clients = 32,
	};
	default_headers(c);
	return c;
}

static void free_names(struct bt_gate_name *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].name);
		bt_strs_free(&v[i].addrs);
	}
	free(v);
}

static void free_lists(struct bt_gate_config *c)
{
	struct bt_strs *const lists[] = { &c->allow_text,        &c->block_text,
		                          &c->passthrough_text,  &c->trusted_text,
		                          &c->entropy_skip_text, &c->body.sensitive,
		                          &c->body.ignore,       &c->ssrf.allow,
		                          &c->ssrf.internal,     &c->policies };

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		bt_strs_free(lists[i]);
	for (size_t i = 0; i < c->dlp.npatterns; i++) {
		free(c->dlp.patterns[i].name);
		free(c->dlp.patterns[i].regex);
		free(c->dlp.patterns[i].severity);
		free(c->dlp.patterns[i].validator);
	}
	free(c->dlp.patterns);
	for (size_t i = 0; i < c->nforwards; i++)
		free(c->forwards[i].host);
	free(c->forwards);
	for (size_t i = 0; i < c->nown; i++) {
		free(c->own[i].name);
		bt_hostset_close(c->own[i].hosts);
	}
	free(c->own);
	for (size_t i = 0; i < c->nroutes; i++) {
		bt_strs_free(&c->routes[i].methods);
		bt_strs_free(&c->routes[i].paths);
		free(c->routes[i].header);
		free(c->routes[i].user);
		free(c->routes[i].credential);
	}
	free(c->routes);
	free_names(c->dns_names, c->ndns_names);
	free_names(c->resolve, c->nresolve);
}

void bt_gate_config_free(struct bt_gate_config *c)
{
	if (!c)
		return;
	bt_hostset_close(c->allow);
	bt_hostset_close(c->block);
	bt_hostset_close(c->passthrough);
	bt_hostset_close(c->trusted);
	bt_hostset_close(c->entropy_skip);
	free_lists(c);
	free(c->listen);
	free(c->resolvers);
	free(c->path);
	free(c->slug);
	free(c->user);
	free(c->dns_address);
	free(c->admin);
	free(c->roots);
	if (c->parent.auth)
		bt_wipe(c->parent.auth, strlen(c->parent.auth));
	free(c->parent.auth);
	free(c->tls.ca_cert);
	free(c->tls.ca_key);
	free(c->tls.place);
	free(c->dlp.secrets_file);
	free(c);
}

static int check_listeners(const struct bt_config_reader *r)
{
	struct bt_gate_config *c = r->c;
	struct bt_ip ip;
	struct bt_err why = { 0 };

	if (!c->proxy.listen.len &&
	    bt_config_addr(r, "fetch_proxy.listen", "127.0.0.1:8888", &c->proxy.listen) < 0)
		return -1;
	if (!c->nlisten) {
		c->listen = bt_realloc(c->listen, sizeof *c->listen);
		c->listen[c->nlisten++] = c->proxy.listen;
	}
	c->proxy.listen = c->listen[0];
	if (c->dns_listen.len && !c->dns_address)
		return bt_config_bad(r, "gate.dns", "listen needs address, the one to answer with");
	if (c->dns_address && bt_ip_parse(&ip, bt_str(c->dns_address), &why) < 0)
		return bt_config_bad(r, "gate.dns.address", "%s", why.msg);
	if (c->admin && strlen(c->admin) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return bt_config_bad(r, "gate.admin", "too long for a unix socket");
	return 0;
}

static int check_tls(const struct bt_config_reader *r)
{
	struct bt_gate_config *c = r->c;

	if (!c->tls.enabled)
		return 0;
	if (!c->tls.ca_cert || !c->tls.ca_key)
		return bt_config_bad(r, "tls_interception",
		                     "enabled needs both ca_cert and ca_key");
	c->tls.place = bt_config_place(r, "tls_interception");
	return 0;
}

static int check(const struct bt_config_reader *r)
{
	struct bt_gate_config *c = r->c;

	if (c->mode == BT_MODE_STRICT && bt_hostset_count(c->allow) == 0)
		return bt_config_bad(r, "api_allowlist",
		                     "strict mode requires at least one domain in api_allowlist");
	if (c->body.max_body_bytes == 0)
		c->body.max_body_bytes = DEFAULT_BODY;
	if (check_listeners(r) < 0 || bt_config_check_routes(r) < 0)
		return -1;
	return check_tls(r);
}

static int read_text(struct bt_config_reader *r, struct bt_str text)
{
	BT_OWN_JSON *root = NULL;

	if (bt_yaml_decode(text, &root, &r->places, r->e) < 0)
		return bt_wrap(r->e, "%s", r->name);
	if (!cJSON_IsNull(root) && !cJSON_IsObject(root))
		return bt_fail(r->e, BT_INVALID, "%s: want a mapping at the top", r->name);
	if (bt_config_walk(r, root) < 0)
		return -1;
	return check(r);
}

static int read_named(struct bt_gate_config **out, struct bt_str text, const char *name,
                      const char *dir, struct bt_err *e)
{
	BT_OWN(bt_gate_config) c = defaults();
	struct bt_config_reader r = { .c = c, .name = name, .dir = dir, .e = e };
	int rc = read_text(&r, text);

	bt_places_free(&r.places);
	if (rc < 0)
		return -1;
	c->path = bt_strdup(name);
	*out = BT_STEAL(c);
	return 0;
}

int bt_gate_config_parse(struct bt_gate_config **out, struct bt_str text, const char *dir,
                         struct bt_err *e)
{
	return read_named(out, text, "config", dir, e);
}

int bt_gate_config_load(struct bt_gate_config **out, const char *path, struct bt_err *e)
{
	BT_OWN_BUF text = BT_BUF(BT_LIM_DOC_BYTES);
	const char *slash = strrchr(path, '/');
	BT_OWN_MEM char *dir = NULL;

	if (bt_fs_read(path, BT_LIM_DOC_BYTES, &text, e) < 0)
		return -1;
	if (!slash)
		dir = bt_strdup(".");
	else
		dir = slash == path ? bt_strdup("/") : bt_strndup(path, (size_t)(slash - path));
	return read_named(out, bt_buf_str(&text), path, dir, e);
}

const struct bt_strs *bt_gate_config_resolve(const struct bt_gate_config *c, const char *name)
{
	for (size_t i = 0; i < c->nresolve; i++)
		if (strcmp(c->resolve[i].name, name) == 0)
			return &c->resolve[i].addrs;
	return NULL;
}
