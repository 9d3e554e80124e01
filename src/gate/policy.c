/* policy.c - a policy snapshot: built whole from the configuration, counted, taken down whole. */
#include "policy.h"

#include <stdlib.h>

#include "bottle/mem.h"
#include "early.h"
#include "rate.h"
#include "route.h"

#define SESSIONS 1024 /* upstream hosts whose last TLS session is kept */

static enum bt_severity severity(const char *name)
{
	for (enum bt_severity s = BT_SEV_LOW; s < BT_SEV_CRITICAL; s++)
		if (bt_str_eq(bt_str(name), bt_str(bt_severity_name(s))))
			return s;
	return BT_SEV_CRITICAL;
}

static enum bt_validator validator(const char *name)
{
	static const char *const names[] = { "", "luhn", "mod97", "aba", "wif" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (bt_str_eq(bt_str(name), bt_str(names[i])))
			return (enum bt_validator)i;
	return BT_VALID_NONE;
}

static int open_scanner(struct bt_policy *p, struct bt_err *e)
{
	const struct bt_gate_config *c = p->cfg;
	size_t n = c->dlp.npatterns;
	BT_OWN_MEM struct bt_scan_pattern *extra = bt_calloc(n ? n : 1, sizeof *extra);
	struct bt_scan_spec spec = { .no_defaults = !c->dlp.include_defaults,
		                     .no_seed_phrase = !c->dlp.seed_phrase,
		                     .seed_min_words = (int)c->dlp.seed_words,
		                     .seed_any_sum = !c->dlp.seed_checksum,
		                     .entropy = c->monitor.entropy,
		                     .subdomain_entropy = c->monitor.subdomain_entropy,
		                     .known = p->known,
		                     .extra = extra,
		                     .nextra = n };

	for (size_t i = 0; i < n; i++)
		extra[i] = (struct bt_scan_pattern){
			.name = c->dlp.patterns[i].name,
			.regex = c->dlp.patterns[i].regex,
			.severity = severity(c->dlp.patterns[i].severity),
			.validator = validator(c->dlp.patterns[i].validator),
			.soft = c->dlp.patterns[i].warn,
		};
	if (bt_scanner_open(&p->scanner, &spec, e) < 0 ||
	    bt_scan_scratch_open(&p->scratch, p->scanner, e) < 0)
		return bt_wrap(e, "%s: dlp", c->path);
	return bt_own_open(p, e);
}

static int cidrs(struct bt_cidr **out, size_t *n, const struct bt_strs *texts, struct bt_err *e)
{
	*out = bt_calloc(texts->n ? texts->n : 1, sizeof **out);
	for (*n = 0; *n < texts->n; ++*n)
		if (bt_cidr_parse(&(*out)[*n], bt_str(texts->v[*n]), e) < 0)
			return bt_wrap(e, "ssrf");
	return 0;
}

static int open_tls(struct bt_policy *p, struct bt_err *e)
{
	const struct bt_gate_config *c = p->cfg;

	if (bt_tls_client_open(&p->client, c->roots, SESSIONS, e) < 0)
		return -1;
	if (!c->tls.enabled)
		return 0;
	if (bt_ca_load(&p->ca, c->tls.ca_cert, c->tls.ca_key, e) < 0)
		return bt_wrap(e, "%s", c->tls.place);
	if (bt_leafs_open(&p->leafs, p->ca, c->tls.cert_ttl_s, c->limits.leaf_cache, e) < 0)
		return -1;
	bt_leafs_offer_h2(p->leafs, c->tls.http2);
	return 0;
}

static int open_rules(struct bt_policy *p, struct bt_err *e)
{
	const struct bt_strs *files = &p->cfg->policies;

	if (!files->n)
		return 0;
	if (!p->ops || !p->ops->open)
		return bt_fail(e, BT_INVALID, "%s: gate.policies: nobody here can ask rules",
		               p->cfg->path);
	if (p->ops->open(&p->rules, &p->points, (const char *const *)files->v, files->n, e) < 0)
		return bt_wrap(e, "%s: gate.policies", p->cfg->path);
	return 0;
}

static int load(struct bt_policy **out, const char *path, const struct bt_gate_ops *ops,
                const struct bt_known *known, bool values, struct bt_err *e)
{
	struct bt_policy *p = bt_calloc(1, sizeof *p);

	p->refs = 1;
	p->ops = ops;
	p->known = known;
	p->cfg = bt_early_config(path);
	if ((!p->cfg && bt_gate_config_load(&p->cfg, path, e) < 0) || open_scanner(p, e) < 0 ||
	    cidrs(&p->allow, &p->nallow, &p->cfg->ssrf.allow, e) < 0 ||
	    cidrs(&p->internal, &p->ninternal, &p->cfg->ssrf.internal, e) < 0 ||
	    bt_routes_open(&p->routes, p->cfg, known, values, e) < 0 || open_tls(p, e) < 0 ||
	    open_rules(p, e) < 0) {
		bt_policy_unref(p);
		return -1;
	}
	p->rate = bt_rate_new(p->cfg->monitor.requests_per_minute);
	*out = p;
	return 0;
}

int bt_policy_load(struct bt_policy **out, const char *path, const struct bt_gate_ops *ops,
                   const struct bt_known *known, struct bt_err *e)
{
	return load(out, path, ops, known, true, e);
}

int bt_policy_check(struct bt_policy **out, const char *path, const struct bt_gate_ops *ops,
                    struct bt_err *e)
{
	return load(out, path, ops, NULL, false, e);
}

struct bt_policy *bt_policy_ref(struct bt_policy *p)
{
	p->refs++;
	return p;
}

void bt_policy_unref(struct bt_policy *p)
{
	if (!p || --p->refs)
		return;
	if (p->rules)
		p->ops->close(p->rules);
	bt_routes_close(p->routes);
	bt_leafs_close(p->leafs);
	bt_ca_free(p->ca);
	bt_tls_client_close(p->client);
	bt_scan_scratch_close(p->scratch);
	bt_scanner_close(p->scanner);
	bt_gate_config_free(p->cfg);
	free(p->own);
	bt_rate_free(p->rate);
	free(p->allow);
	free(p->internal);
	free(p);
}
