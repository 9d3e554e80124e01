#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "bottle/hostset.h"
#include "bottle/ip.h"
#include "bottle/mem.h"
#include "bottle/near.h"
#include "config_int.h"

#define FIELD(T) ((T *)(void *)((char *)r->c + k->off))

/* A list of hosts keeps what was written beside the set, for messages and reloads. */
static struct bt_strs *text_of(struct bt_gate_config *c, struct bt_hostset **set)
{
	return set == &c->allow         ? &c->allow_text
	       : set == &c->block       ? &c->block_text
	       : set == &c->passthrough ? &c->passthrough_text
	       : set == &c->trusted     ? &c->trusted_text
	                                : &c->entropy_skip_text;
}

static int add_host(struct bt_config_reader *r, const struct bt_config_item *at,
                    struct bt_hostset **set, bool ports)
{
	struct bt_host_pattern p;
	struct bt_err why = { 0 };

	if (!cJSON_IsString(at->v))
		return bt_config_bad(r, at->path, "want a host");
	if (bt_host_pattern_parse(&p, bt_str(at->v->valuestring), &why) < 0)
		return bt_config_bad(r, at->path, "%s", why.msg);
	if (p.port && !ports)
		return bt_config_bad(r, at->path, "\"%s\": no port here, it stands for all of them",
		                     at->v->valuestring);
	if (bt_hostset_add(*set, &p, (int)text_of(r->c, set)->n, &why) < 0)
		return bt_config_bad(r, at->path, "%s", why.msg);
	bt_strs_add(text_of(r->c, set), at->v->valuestring);
	return 0;
}

static int hosts(struct bt_config_reader *r, const struct bt_config_key *k, const cJSON *v,
                 bool ports)
{
	struct bt_hostset **set = FIELD(struct bt_hostset *);
	struct bt_config_item at = { .v = NULL };

	if (!bt_config_is_list(v))
		return bt_config_bad(r, k->path, "want a list of hosts");
	while (bt_config_next(k->path, v, &at))
		if (add_host(r, &at, set, ports) < 0)
			return -1;
	return 0;
}

BT_SETTER(bt_set_hosts)
{
	return hosts(r, k, v, true);
}

BT_SETTER(bt_set_names)
{
	return hosts(r, k, v, false);
}

BT_SETTER(bt_set_cidrs)
{
	struct bt_config_item at = { .v = NULL };
	struct bt_cidr cidr;
	struct bt_err why = { 0 };

	if (bt_set_strings(r, k, v) < 0)
		return -1;
	while (bt_config_next(k->path, v, &at))
		if (bt_cidr_parse(&cidr, bt_str(at.v->valuestring), &why) < 0)
			return bt_config_bad(r, at.path, "%s", why.msg);
	if (FIELD(struct bt_strs) == &r->c->ssrf.internal)
		r->c->ssrf.internal_set = true;
	return 0;
}

static int addrs(struct bt_config_reader *r, const char *path, const cJSON *v,
                 struct bt_gate_addr **list, size_t *n)
{
	struct bt_config_item at = { .v = NULL };

	if (!bt_config_is_list(v) || !v->child)
		return bt_config_bad(r, path, "want a list of ADDRESS:PORT");
	while (bt_config_next(path, v, &at)) {
		*list = bt_realloc(*list, (*n + 1) * sizeof **list);
		if (!cJSON_IsString(at.v))
			return bt_config_bad(r, at.path, "want ADDRESS:PORT");
		if (bt_config_addr(r, at.path, at.v->valuestring, &(*list)[*n]) < 0)
			return -1;
		++*n;
	}
	return 0;
}

BT_SETTER(bt_set_listen)
{
	return addrs(r, k->path, v, &r->c->listen, &r->c->nlisten);
}

BT_SETTER(bt_set_resolvers)
{
	struct bt_gate_config *c = r->c;

	if (addrs(r, k->path, v, &c->resolvers, &c->nresolvers) < 0)
		return -1;
	for (size_t i = 0; i < c->nresolvers; i++) /* both families have the port in one place */
		if (((const struct sockaddr_in *)&c->resolvers[i].sa)->sin_port == 0)
			return bt_config_bad(r, k->path, "%s: port 0", c->resolvers[i].text);
	return 0;
}

static int add_ip(struct bt_config_reader *r, const char *path, const cJSON *v, struct bt_strs *to)
{
	struct bt_ip ip;
	struct bt_err why = { 0 };

	if (!cJSON_IsString(v))
		return bt_config_bad(r, path, "want an IP address");
	if (bt_ip_parse(&ip, bt_str(v->valuestring), &why) < 0)
		return bt_config_bad(r, path, "%s", why.msg);
	bt_strs_add(to, v->valuestring);
	return 0;
}

/* One "name: ip" or "name: [ip…]" at path. */
static int add_name(struct bt_config_reader *r, const char *path, const cJSON *v,
                    struct bt_gate_name *to)
{
	struct bt_config_item at = { .v = NULL };
	struct bt_host host;
	struct bt_err why = { 0 };

	if (bt_host_parse(&host, bt_str(v->string), &why) < 0)
		return bt_config_bad(r, path, "%s", why.msg);
	to->name = bt_strdup(host.s);
	if (!cJSON_IsArray(v))
		return add_ip(r, path, v, &to->addrs);
	while (bt_config_next(path, v, &at))
		if (add_ip(r, at.path, at.v, &to->addrs) < 0)
			return -1;
	return to->addrs.n ? 0 : bt_config_bad(r, path, "want at least one address");
}

BT_SETTER(bt_set_addresses)
{
	struct bt_gate_config *c = r->c;
	struct bt_gate_name **list = FIELD(struct bt_gate_name *);
	size_t *n = list == &c->resolve ? &c->nresolve : &c->ndns_names;

	if (!cJSON_IsObject(v) && !bt_config_is_list(v))
		return bt_config_bad(r, k->path, "want a mapping of names to addresses");
	for (const cJSON *m = v->child; m; m = m->next) {
		BT_OWN_BUF path = BT_BUF(BT_CONFIG_PATH);

		if (!m->string)
			return bt_config_bad(r, k->path, "want a mapping of names to addresses");
		if (bt_buf_addf(&path, r->e, "%s", k->path) < 0 ||
		    bt_path_step(&path, m->string, 0, r->e) < 0 ||
		    bt_buf_add(&path, "", 1, r->e) < 0)
			return bt_wrap(r->e, "%s", k->path);
		*list = bt_realloc(*list, (*n + 1) * sizeof **list);
		(*list)[*n] = (struct bt_gate_name){ 0 };
		(*n)++; /* counted before it is filled: freed on failure */
		if (add_name(r, (const char *)path.p, m, &(*list)[*n - 1]) < 0)
			return -1;
	}
	return 0;
}

int bt_config_only(const struct bt_config_reader *r, const struct bt_config_item *at,
                   const char *const *names)
{
	char path[BT_CONFIG_PATH + 64];

	if (!cJSON_IsObject(at->v))
		return bt_config_bad(r, at->path, "want a mapping");
	for (const cJSON *m = at->v->child; m; m = m->next) {
		struct bt_near near = bt_near(m->string, strlen(m->string));

		for (size_t i = 0; names[i]; i++)
			bt_near_try(&near, names[i], strlen(names[i]));
		if (near.name && strcmp(near.name, m->string) == 0)
			continue;
		(void)snprintf(path, sizeof path, "%s.%.60s", at->path, m->string);
		if (!near.name)
			return bt_config_bad(r, path, "unknown key");
		return bt_config_bad(r, path, "unknown key (did you mean %s?)", near.name);
	}
	return 0;
}

const char *bt_config_text(const cJSON *item, const char *name, bool *bad)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(item, name);

	if (!v || cJSON_IsNull(v))
		return NULL;
	if (!cJSON_IsString(v))
		*bad = true;
	return cJSON_GetStringValue(v);
}

BT_SETTER(bt_set_forwards)
{
	static const char *const names[] = { "listen", "host", "port", NULL };
	struct bt_config_item at = { .v = NULL };
	struct bt_gate_config *c = r->c;

	if (!bt_config_is_list(v))
		return bt_config_bad(r, k->path, "want a list");
	while (bt_config_next(k->path, v, &at)) {
		struct bt_gate_forward f = { 0 };
		struct bt_host host;
		struct bt_err why = { 0 };
		bool bad = false;

		if (bt_config_only(r, &at, names) < 0)
			return -1;
		const char *listen = bt_config_text(at.v, "listen", &bad),
		           *to = bt_config_text(at.v, "host", &bad);
		const cJSON *port = cJSON_GetObjectItemCaseSensitive(at.v, "port");
		double p = cJSON_IsNumber(port) ? port->valuedouble : 0;

		if (bad || !listen || !to || p < 1 || p > 65535 || p != (double)(uint16_t)p)
			return bt_config_bad(r, at.path, "want listen, host and port");
		if (bt_config_addr(r, at.path, listen, &f.listen) < 0)
			return -1;
		if (bt_host_parse(&host, bt_str(to), &why) < 0)
			return bt_config_bad(r, at.path, "%s", why.msg);
		f.host = bt_strdup(host.s);
		f.port = (uint16_t)p;
		c->forwards = bt_realloc(c->forwards, (c->nforwards + 1) * sizeof *c->forwards);
		c->forwards[c->nforwards++] = f;
	}
	return 0;
}

static bool one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

static int add_pattern(struct bt_config_reader *r, const struct bt_config_item *at)
{
	static const char *const severities[] = { "low", "medium", "high", "critical", NULL };
	static const char *const validators[] = { "luhn", "mod97", "aba", "wif", NULL };
	struct bt_gate_config *c = r->c;
	bool bad = false;
	const char *name = bt_config_text(at->v, "name", &bad),
	           *regex = bt_config_text(at->v, "regex", &bad);
	const char *severity = bt_config_text(at->v, "severity", &bad);
	const char *validator = bt_config_text(at->v, "validator", &bad);
	const char *action = bt_config_text(at->v, "action", &bad);

	if (bad || !name || !*name || !regex || !*regex)
		return bt_config_bad(r, at->path, "want name and regex as texts");
	if (severity && !one_of(severity, severities))
		return bt_config_bad(r, at->path, "severity: want low, medium, high or critical");
	if (validator && *validator && !one_of(validator, validators))
		return bt_config_bad(r, at->path, "validator: want luhn, mod97, aba or wif");
	if (action && *action && strcmp(action, "warn") != 0)
		return bt_config_bad(r, at->path, "action: want warn, or leave it out");
	c->dlp.patterns =
	        bt_realloc(c->dlp.patterns, (c->dlp.npatterns + 1) * sizeof *c->dlp.patterns);
	c->dlp.patterns[c->dlp.npatterns++] = (struct bt_gate_pattern){
		.name = bt_strdup(name),
		.regex = bt_strdup(regex),
		.severity = bt_strdup(severity ? severity : "high"),
		.validator = bt_strdup(validator ? validator : ""),
		.warn = action && *action,
	};
	return 0;
}

BT_SETTER(bt_set_patterns)
{
	static const char *const names[] = { "name",      "regex",  "severity",
		                             "validator", "action", NULL };
	struct bt_config_item at = { .v = NULL };

	if (!bt_config_is_list(v))
		return bt_config_bad(r, k->path, "want a list");
	while (bt_config_next(k->path, v, &at))
		if (bt_config_only(r, &at, names) < 0 || add_pattern(r, &at) < 0)
			return -1;
	return 0;
}

BT_SETTER(bt_set_seed_words)
{
	double d = cJSON_IsNumber(v) ? v->valuedouble : 0;

	if (d != 12 && d != 15 && d != 18 && d != 21 && d != 24)
		return bt_config_bad(r, k->path, "want 12, 15, 18, 21 or 24");
	r->c->dlp.seed_words = (uint32_t)d;
	return 0;
}
