/* http_rules.c - the operator's own rules about a whole request that everything else let pass. */
#include <stdio.h>
#include <string.h>

#include "bottle/urlpath.h"
#include "http.h"

void bt_http_found(struct bt_conn *c, const struct bt_denial *d)
{
	char *at = bt_http(c)->x.findings;
	size_t cap = sizeof bt_http(c)->x.findings, n = strlen(at);
	const char *name = d->pattern[0] ? d->pattern : d->scanner;

	(void)snprintf(at + n, cap - n, "%s%s", n ? ", " : "", name);
}

static int on_edit(void *ctx, struct bt_str name, const struct bt_str *value, struct bt_err *e)
{
	return bt_edits_add(ctx, name, value, e);
}

/* Ask, and make the changes of whoever agreed. False: *d says why not. */
static bool agree(const struct bt_conn *c, const struct bt_gate_subject *s, struct bt_edits **edits,
                  struct bt_http_head *h, struct bt_denial *d)
{
	const struct bt_policy *p = c->policy;
	const char *scanner = s->point == BT_GATE_REQUEST ? "request" : "response";
	struct bt_gate_opinion o = { .reason = "refused by a rule", .edit = on_edit, .ctx = edits };
	struct bt_err e = { 0 };

	(void)snprintf(o.rule, sizeof o.rule, "%s", scanner);
	if (!p->ops->verdict(p->rules, s, &o)) {
		bt_deny(d, 403, scanner, o.rule, "%s", o.reason);
		return false;
	}
	if (bt_edits_make(*edits, h, &e) < 0) {
		bt_deny(d, 403, scanner, scanner, "%s", e.msg);
		return false;
	}
	return true;
}

/* plain and e hold the path as it is read, or why it is not. */
static struct bt_gate_subject subject(const struct bt_exchange *x, const struct bt_http_head *h,
                                      struct bt_buf *plain, struct bt_err *e)
{
	struct bt_str query = x->path, sent;

	(void)bt_str_cut(&query, '?', &sent);
	bool one = bt_path_read(plain, sent, e) == 0;

	return (struct bt_gate_subject){ .point = BT_GATE_REQUEST,
		                         .method = x->req->method,
		                         .scheme = bt_str(x->https ? "https" : "http"),
		                         .host = { x->host.s, x->host.n },
		                         .port = x->port,
		                         .path_sent = sent,
		                         .path = bt_buf_str(plain),
		                         .path_why = one ? NULL : e->msg,
		                         .query = query,
		                         .bytes = x->stream && x->req->body == BT_BODY_LENGTH
		                                          ? x->req->length
		                                          : x->body.len,
		                         .fields = h->fields,
		                         .nfields = h->nfields,
		                         .findings = x->findings };
}

bool bt_http_rules_refuse(struct bt_conn *c)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_denial d;

	if (!(c->policy->points & BT_GATE_REQUEST))
		return false;
	BT_OWN_BUF plain = BT_BUF(x->path.n);
	struct bt_err e = { 0 };
	struct bt_gate_subject s = subject(x, x->req, &plain, &e);

	if (agree(c, &s, &x->edits, x->req, &d))
		return false;
	bt_http_refuse(c, "blocked: ", &d);
	return true;
}

bool bt_http_rules_hold(struct bt_conn *c, struct bt_http_head *a)
{
	struct bt_exchange *x = &bt_http(c)->x;
	struct bt_denial d;

	if (!(c->policy->points & BT_GATE_RESPONSE))
		return false;
	BT_OWN_BUF plain = BT_BUF(x->path.n);
	struct bt_err e = { 0 };
	struct bt_gate_subject s = subject(x, a, &plain, &e);

	s.point = BT_GATE_RESPONSE;
	s.status = a->status;
	if (agree(c, &s, &x->answer_edits, a, &d))
		return false;
	bt_conn_drop_up(c);
	bt_http_refuse(c, "blocked: ", &d);
	return true;
}
