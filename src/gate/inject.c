/* inject.c - on a route nobody speaks but the route: what else could say who asks is taken out of
 * the request, then the credential is put in. */
#include <stdio.h>
#include <string.h>

#include "bottle/mem.h"
#include "field_ends.h"
#include "route.h"

/* Names by which services take a key or a session. */
static const char *const credentials[] = {
	"authorization",
	"cookie",
	"cookie2",
	"x-api-key",
	"api-key",
	"apikey",
	"x-apikey",
	"x-api-token",
	"x-auth-token",
	"x-access-token",
	"x-auth-key",
	"x-authorization",
	"x-goog-api-key",
	"private-token",
	"job-token",
	"deploy-token",
	"x-token",
	"x-vault-token",
	"x-amz-security-token",
	"x-session-token",
};
/* What an answer could be cut or coded by, so that the credential is not known again in it. */
static const char *const shapes[] = {
	"accept-encoding",
	"accept-charset",
	"grpc-accept-encoding",
	"connect-accept-encoding",
	"range",
	"request-range", /* of a draft; Apache reads it */
	"x-ms-range",
	"x-range",
	"if-range",
	"a-im",
	"te",
};

static bool among(const char *const *list, size_t n, struct bt_str name)
{
	for (size_t i = 0; i < n; i++)
		if (bt_str_ieq(bt_str(list[i]), name))
			return true;
	return false;
}

/* A name as CGI and its heirs hand it on: all that is no letter or digit is one. */
static struct bt_str folded(struct bt_str name, char *room, size_t cap)
{
	size_t n = name.n < cap ? name.n : cap;

	for (size_t i = 0; i < n; i++) {
		char c = bt_ascii_lower(name.p[i]);

		room[i] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
	}
	return (struct bt_str){ room, n };
}

static bool speaks(const struct bt_route *r, struct bt_str name)
{
	char room[BT_LIM_EDIT_NAME];

	return r->is->scheme &&
	       (among(credentials, sizeof credentials / sizeof *credentials, name) ||
	        bt_str_eq(name, folded(bt_str(r->is->header), room, sizeof room)));
}

bool bt_inject_ends_here(const struct bt_route *r, struct bt_str name)
{
	char room[BT_LIM_EDIT_NAME + 1]; /* a longer name is none of these */
	struct bt_str plain = folded(name, room, sizeof room);

	return speaks(r, plain) || bt_field_ends_here(plain) ||
	       (r->echo && among(shapes, sizeof shapes / sizeof *shapes, plain));
}

/* Is it the placeholder of the route's own credential? */
static bool is_own(const struct bt_route *r, const struct bt_finding *f)
{
	const char *name = r->is->credential, *in = strchr(f->name, '(');
	size_t n = strlen(name);

	return f->guard == BT_KNOWN_PLACEHOLDER && in && strncmp(in + 1, name, n) == 0 &&
	       strcmp(in + 1 + n, ")") == 0;
}

/* What is taken out goes nowhere; but who sends the credential itself, or another's placeholder,
 * means something else. */
static enum bt_ruling look(const struct bt_policy *p, const struct bt_route *r,
                           const struct bt_http_field *f, struct bt_denial *d)
{
	struct bt_findings found = { .n = 0 }, other = { .n = 0 };
	struct bt_err e = { 0 };

	if (bt_scan_header(p->scanner, p->scratch, f->name, f->value, true, &found, &e) < 0) {
		bt_deny(d, 403, "header_dlp", "unscannable", "%s", e.msg);
		return BT_RULING_DENY;
	}
	for (size_t i = 0; i < found.n; i++)
		if (!r->is->scheme || !is_own(r, &found.at[i]))
			other.at[other.n++] = found.at[i];
	bt_deny(d, 403, "header_dlp", " ", "request header contains secret");
	return bt_guard_denies(&other, d) ? BT_RULING_DENY : BT_RULING_PASS;
}

/* Fields that end here for everybody do so later on: they are scanned as ever. */
enum bt_ruling bt_inject_strip(const struct bt_policy *p, const struct bt_route *r,
                               struct bt_http_head *h, struct bt_denial *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->nfields; i++) {
		const struct bt_http_field *f = &h->fields[i];

		if (bt_field_ends_here(f->name) || !bt_inject_ends_here(r, f->name))
			h->fields[kept++] = *f;
		else if (look(p, r, f, d) != BT_RULING_PASS)
			return BT_RULING_DENY;
	}
	h->nfields = kept;
	return BT_RULING_PASS;
}

int bt_inject_write(const struct bt_route *r, struct bt_buf *b, struct bt_err *e)
{
	struct bt_str plain = BT_STR_LIT("Accept-Encoding: identity\r\n");

	if (r->echo && bt_buf_add(b, plain.p, plain.n, e) < 0)
		return -1;
	if (!r->line.n)
		return 0;
	/* One with its end: what it is written to does not grow, and leave a copy, any more. */
	b->max += r->line.n;
	if (!bt_buf_reserve(b, r->line.n + 2, e))
		return -1;
	return bt_buf_add(b, r->line.p, r->line.n, e);
}

/* RFC 4559 §6. */
bool bt_inject_binds(const struct bt_route *r)
{
	struct bt_str value = r->line, name;

	(void)bt_str_cut(&value, ':', &name);
	value = bt_str_trim(value);
	return bt_str_istarts(value, BT_STR_LIT("NTLM")) ||
	       bt_str_istarts(value, BT_STR_LIT("Negotiate"));
}
