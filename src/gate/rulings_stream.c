/* rulings_stream.c - what the policy says about bodies that go on in pieces. */
#include "policy.h"

/* What has to be unpacked before it can be looked at; gRPC compresses message by message. */
static const char *packed(const struct bt_http_field *f)
{
	if (bt_str_ieq(f->name, BT_STR_LIT("content-encoding")) &&
	    !bt_str_ieq(f->value, BT_STR_LIT("identity")))
		return "compressed";
	if (bt_str_ieq(f->name, BT_STR_LIT("content-type")) &&
	    bt_str_istarts(f->value, BT_STR_LIT("application/grpc")))
		return "gRPC";
	return NULL;
}

enum bt_ruling bt_policy_stream(const struct bt_policy *p, const struct bt_http_head *h,
                                struct bt_denial *d)
{
	const char *how = NULL;

	for (size_t i = 0; !how && i < h->nfields; i++)
		how = packed(&h->fields[i]);
	if (!p->cfg->body.enabled || !how)
		return BT_RULING_PASS;
	bt_deny(d, 403, "body_dlp", "gate.stream_bodies",
	        "request body exceeds max_body_bytes (%llu) and is %s",
	        (unsigned long long)p->cfg->body.max_body_bytes, how);
	return BT_RULING_DENY;
}

enum bt_ruling bt_policy_streamed(const struct bt_policy *p, const struct bt_findings *f,
                                  struct bt_denial *d)
{
	bt_deny(d, 403, "body_dlp", f->at[0].name, " ");
	(void)bt_findings_text(f, "request body contains secret: ", d->reason, sizeof d->reason);
	(void)bt_findings_text(f, "", d->pattern, sizeof d->pattern);
	return bt_policy_content(p, f);
}
