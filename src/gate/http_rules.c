/* http_rules.c - the operator's own rules about a whole request that everything else let pass. */
#include <stdio.h>
#include <string.h>

#include "http.h"

void bt_http_found(struct bt_conn *c, const struct bt_denial *d)
{
	char *at = bt_http(c)->x.findings;
	size_t cap = sizeof bt_http(c)->x.findings, n = strlen(at);
	const char *name = d->pattern[0] ? d->pattern : d->scanner;

	(void)snprintf(at + n, cap - n, "%s%s", n ? ", " : "", name);
}

bool bt_http_rules_refuse(struct bt_conn *c)
{
	const struct bt_policy *p = c->policy;
	struct bt_exchange *x = &bt_http(c)->x;
	char why[256] = "refused by a rule", rule[160] = "request";
	struct bt_str query = x->path, path;
	struct bt_denial d;

	if (!p->rules)
		return false;
	(void)bt_str_cut(&query, '?', &path);
	struct bt_gate_request r = { .method = x->req->method,
		                     .scheme = bt_str(x->https ? "https" : "http"),
		                     .host = { x->host.s, x->host.n },
		                     .port = x->port,
		                     .path = path,
		                     .query = query,
		                     .bytes = x->stream && x->req->body == BT_BODY_LENGTH
		                                      ? x->req->length
		                                      : x->body.len,
		                     .fields = x->req->fields,
		                     .nfields = x->req->nfields,
		                     .findings = x->findings };

	if (p->ops->verdict(p->rules, &r, why, sizeof why, rule, sizeof rule))
		return false;
	bt_deny(&d, 403, "request", rule, "%s", why);
	bt_http_refuse(c, "blocked: ", &d);
	return true;
}
