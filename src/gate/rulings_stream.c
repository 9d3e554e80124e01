/* rulings_stream.c - what the policy says about bodies that go on in pieces. */
#include "policy.h"

/* gRPC compresses message by message. */
static bool is_grpc(const struct bt_http_head *h)
{
	const struct bt_http_field *f = bt_http_find(h, "content-type");

	return f && bt_str_istarts(f->value, BT_STR_LIT("application/grpc"));
}

static bool twice(const struct bt_http_head *h, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < h->nfields; i++)
		n += bt_str_ieq(h->fields[i].name, bt_str(name));
	return n > 1;
}

static struct bt_str coding_of(const struct bt_http_head *h)
{
	const struct bt_http_field *f = bt_http_find(h, "content-encoding");

	return f ? f->value : (struct bt_str){ "", 0 };
}

struct bt_str bt_policy_stream_coding(const struct bt_http_head *h)
{
	struct bt_str coding = coding_of(h);

	return bt_scan_coded_takes(coding) ? coding : (struct bt_str){ "", 0 };
}

enum bt_ruling bt_policy_stream(const struct bt_policy *p, const struct bt_http_head *h,
                                struct bt_denial *d)
{
	const char *how = NULL;

	if (!p->cfg->body.enabled)
		return BT_RULING_PASS;
	if (twice(h, "content-type") || twice(h, "content-encoding")) {
		bt_deny(d, 403, "body_dlp", "ambiguous",
		        "request has more than one Content-Type or Content-Encoding");
		return BT_RULING_DENY;
	}
	if (is_grpc(h))
		how = "gRPC";
	else if (!bt_scan_coded_takes(coding_of(h)))
		how = "in codings that are not undone in pieces";
	if (!how)
		return BT_RULING_PASS;
	bt_deny(d, 403, "body_dlp", "gate.stream_bodies",
	        "request body exceeds max_body_bytes (%llu) and is %s",
	        (unsigned long long)p->cfg->body.max_body_bytes, how);
	return BT_RULING_DENY;
}

enum bt_ruling bt_policy_streamed(const struct bt_policy *p, struct bt_findings *f,
                                  const struct bt_to *to, struct bt_denial *d)
{
	bt_own_forget(p, to, f);
	if (f->n == 0)
		return BT_RULING_PASS;
	bt_deny(d, 403, "body_dlp", f->at[0].name, " ");
	(void)bt_findings_text(f, "request body contains secret: ", d->reason, sizeof d->reason);
	(void)bt_findings_text(f, "", d->pattern, sizeof d->pattern);
	return bt_policy_content(p, f, d);
}
