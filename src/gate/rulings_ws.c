/* rulings_ws.c - what the policy says about messages. */
#include "policy.h"

static enum bt_ruling ruling(const struct bt_policy *p, struct bt_findings *f,
                             const struct bt_to *to, struct bt_denial *d)
{
	bt_own_forget(p, to, f);
	if (f->n == 0)
		return BT_RULING_PASS;
	bt_deny(d, 403, "ws_dlp", f->at[0].name, " ");
	(void)bt_findings_text(f, "message contains secret: ", d->reason, sizeof d->reason);
	(void)bt_findings_text(f, "", d->pattern, sizeof d->pattern);
	return bt_policy_content(p, f, d);
}

static enum bt_ruling unscannable(struct bt_denial *d, const struct bt_err *e)
{
	bt_deny(d, 403, "ws_dlp", "unscannable", "%s", e->msg);
	return BT_RULING_DENY;
}

static bool looks_like_json(struct bt_str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r' || s.p[0] == '\n')) {
		s.p++;
		s.n--;
	}
	return s.n && (s.p[0] == '{' || s.p[0] == '[');
}

enum bt_ruling bt_policy_message(const struct bt_policy *p, struct bt_str text,
                                 const struct bt_to *to, struct bt_denial *d)
{
	struct bt_scan_body b = { .content_type = BT_STR_LIT("application/json"),
		                  .bytes = text,
		                  .max_unpacked = p->cfg->body.max_body_bytes };
	struct bt_findings f = { .n = 0 };
	struct bt_err e = { 0 };

	if (!p->cfg->body.enabled)
		return BT_RULING_PASS;
	/* Nobody says what type a message has; what reads as JSON is looked at as JSON. */
	if (looks_like_json(text)) {
		if (bt_scan_body(p->scanner, p->scratch, &b, &f, &e) == 0)
			return ruling(p, &f, to, d);
		if (e.code != BT_INVALID)
			return unscannable(d, &e);
		f.n = 0;
	}
	/* As text, and as protocol buffers: there a string has its length before it. */
	b.content_type = BT_STR_LIT("application/protobuf");
	if (bt_scan_body(p->scanner, p->scratch, &b, &f, &e) < 0)
		return unscannable(d, &e);
	return ruling(p, &f, to, d);
}

/* Unrelated messages side by side make numbers that look like some card's: only what tells by
 * itself counts. */
enum bt_ruling bt_policy_joined(const struct bt_policy *p, struct bt_str text,
                                const struct bt_to *to, struct bt_denial *d)
{
	struct bt_findings f = { .n = 0 }, sure = { .n = 0 };
	struct bt_err e = { 0 };

	if (!p->cfg->body.enabled)
		return BT_RULING_PASS;
	if (bt_scan_text(p->scanner, p->scratch, text, &f, &e) < 0)
		return unscannable(d, &e);
	for (size_t i = 0; i < f.n; i++)
		if (f.at[i].severity >= BT_SEV_HIGH)
			sure.at[sure.n++] = f.at[i];
	return ruling(p, &sure, to, d);
}
