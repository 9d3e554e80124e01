/* rulings_stream.c - what the policy says about bodies that go on in pieces. */
#include "policy.h"

static const struct bt_http_field *only(const struct bt_http_head *h, const char *name, size_t *n)
{
	const struct bt_http_field *found = NULL;

	*n = 0;
	for (size_t i = 0; i < h->nfields; i++)
		if (bt_str_ieq(h->fields[i].name, bt_str(name))) {
			found = &h->fields[i];
			++*n;
		}
	return found;
}

enum bt_ruling bt_policy_stream(const struct bt_policy *p, const struct bt_http_head *h,
                                struct bt_denial *d)
{
	size_t n;
	const struct bt_http_field *f = only(h, "content-encoding", &n);

	if (!p->cfg->body.enabled || n == 0 ||
	    (n == 1 && bt_str_ieq(f->value, BT_STR_LIT("identity"))))
		return BT_RULING_PASS;
	bt_deny(d, 403, "body_dlp", "gate.stream_bodies",
	        "request body exceeds max_body_bytes (%llu) and is compressed",
	        (unsigned long long)p->cfg->body.max_body_bytes);
	return BT_RULING_DENY;
}

enum bt_ruling bt_policy_streamed(const struct bt_policy *p, const struct bt_findings *f,
                                  struct bt_denial *d)
{
	bt_deny(d, 403, "body_dlp", f->at[0].name, " ");
	(void)bt_findings_text(f, "request body contains secret: ", d->reason, sizeof d->reason);
	(void)bt_findings_text(f, "", d->pattern, sizeof d->pattern);
	return bt_policy_content(p);
}
