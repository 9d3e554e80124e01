/* rulings.c - what the policy says about hosts, addresses, URLs, headers and bodies, in the words
 * and in the order of docs/reference/pipelock-compatibility.md. A check that cannot be made is a
 * refusal. */
#include "policy.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bottle/hostset.h"
#include "bottle/urlpath.h"
#include "rate.h"
#include "route.h"

void bt_deny(struct bt_denial *d, int status, const char *scanner, const char *rule,
             const char *fmt, ...)
{
	va_list ap;

	*d = (struct bt_denial){ .status = status, .scanner = scanner };
	(void)snprintf(d->rule, sizeof d->rule, "%s", rule);
	va_start(ap, fmt);
	(void)vsnprintf(d->reason, sizeof d->reason, fmt, ap);
	va_end(ap);
}

/* enforce: false turns what was found into a warning; what could not be checked stays refused. */
static enum bt_ruling found(const struct bt_policy *p)
{
	return p->cfg->enforce ? BT_RULING_DENY : BT_RULING_WARN;
}

enum bt_ruling bt_policy_host(const struct bt_policy *p, const struct bt_host *h, uint16_t port,
                              struct bt_denial *d)
{
	const struct bt_gate_config *c = p->cfg;

	if (c->mode == BT_MODE_STRICT && !bt_hostset_has(c->allow, h, port, NULL)) {
		bt_deny(d, 403, "allowlist", "api_allowlist", "domain not in allowlist: %s", h->s);
		return found(p);
	}
	if (bt_hostset_has(c->block, h, port, NULL)) {
		bt_deny(d, 403, "blocklist", "fetch_proxy.monitoring.blocklist",
		        "domain blocked: %s", h->s);
		return found(p);
	}
	return BT_RULING_PASS;
}

enum bt_ruling bt_policy_rate(const struct bt_policy *p, const struct bt_host *h, uint64_t now_ms,
                              struct bt_denial *d)
{
	if (bt_rate_take(p->rate, h, now_ms))
		return BT_RULING_PASS;
	bt_deny(d, 429, "ratelimit", "requests_per_minute", "rate limit exceeded for %s", h->s);
	return found(p);
}

/* A list in which ports do not count: an entry written without one stands for 80 and 443. */
static bool named(const struct bt_hostset *s, const struct bt_host *h)
{
	return bt_hostset_has(s, h, 443, NULL) && bt_hostset_has(s, h, 80, NULL);
}

bool bt_policy_passthrough(const struct bt_policy *p, const struct bt_host *h, uint16_t port)
{
	if (!p->leafs)
		return true;
	return (bt_hostset_has(p->cfg->passthrough, h, port, NULL) ||
	        named(p->cfg->passthrough, h)) &&
	       !bt_routes_govern(p->routes, h);
}

static bool ip_of(const struct sockaddr *sa, struct bt_ip *ip)
{
	if (sa->sa_family == AF_INET)
		*ip = bt_ip_from(&((const struct sockaddr_in *)sa)->sin_addr, 4);
	else if (sa->sa_family == AF_INET6)
		*ip = bt_ip_from(&((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
	else
		return false;
	return true;
}

static const char *internal(const struct bt_policy *p, const struct bt_ip *ip)
{
	const char *why = bt_ip_forbidden(ip, p->allow, p->nallow);

	for (size_t i = 0; !why && i < p->nallow; i++)
		if (bt_cidr_has(&p->allow[i], ip))
			return NULL;
	for (size_t i = 0; !why && i < p->ninternal; i++)
		if (bt_cidr_has(&p->internal[i], ip))
			why = "internal";
	return why;
}

enum bt_ruling bt_policy_address(const struct bt_policy *p, const struct bt_host *h,
                                 const struct sockaddr *sa, struct bt_denial *d)
{
	char text[BT_IP_TEXT];
	const char *why;
	struct bt_ip ip;

	if (!ip_of(sa, &ip)) {
		bt_deny(d, 403, "ssrf", "family", "SSRF blocked: %s", h->s);
		return BT_RULING_DENY;
	}
	why = internal(p, &ip);
	if (!why)
		return BT_RULING_PASS;
	if (h->kind == BT_HOST_NAME && named(p->cfg->trusted, h))
		return BT_RULING_PASS;
	bt_deny(d, 403, "ssrf", why, "SSRF blocked: %s resolves to internal IP %s", h->s,
	        bt_ip_text(&ip, text));
	return BT_RULING_DENY;
}

bool bt_policy_tells(const struct bt_policy *p, const char *text)
{
	struct bt_findings f = { .n = 0 };
	struct bt_err e = { 0 };

	return bt_scan_text(p->scanner, p->scratch, bt_str(text), &f, &e) < 0 || f.n;
}

static void names_of(const struct bt_findings *f, char *out, size_t cap)
{
	out[0] = '\0';
	if (f->n)
		(void)bt_findings_text(f, "", out, cap);
}

/* By a name of its own, not by a wildcard: whoever wrote the entry chose the labels. */
static bool listed_exactly(const struct bt_policy *p, const struct bt_host *h, uint16_t port)
{
	struct bt_host_pattern entry = { .host = *h, .port = port };

	if (bt_hostset_source(p->cfg->allow, &entry) >= 0)
		return true;
	entry.port = 0;
	return (port == 80 || port == 443) && bt_hostset_source(p->cfg->allow, &entry) >= 0;
}

/* Is there one that does more than warn? */
static bool hard(const struct bt_findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (!f->at[i].soft)
			return true;
	return false;
}

/* Where the name of a parameter ends that has an access key's id in it: of signed URLs of S3. */
static size_t key_id_at(struct bt_str path, size_t i)
{
	static const char *const names[] = { "X-Amz-Credential=", "AWSAccessKeyId=" };
	struct bt_str rest = { path.p + i, path.n - i };

	if (i == 0 || (path.p[i - 1] != '?' && path.p[i - 1] != '&'))
		return 0;
	for (size_t k = 0; k < sizeof names / sizeof *names; k++)
		if (bt_str_istarts(rest, bt_str(names[k])))
			return i + strlen(names[k]);
	return 0;
}

/* A signed URL names the key that signed it, which is no secret. It is told from the rest by its
 * place: 20 characters, and no more than that, are not looked at. */
static int scan_signed(const struct bt_policy *p, struct bt_str path, struct bt_findings *f,
                       struct bt_err *e)
{
	BT_OWN_BUF text = BT_BUF(path.n);
	size_t at, n;

	if (bt_buf_add(&text, path.p, path.n, e) < 0)
		return -1;
	for (size_t i = 0; i < path.n; i++) {
		at = key_id_at(path, i);
		for (n = 0; at && at + n < path.n && n < 20; n++)
			if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", path.p[at + n]))
				break;
		if (at && n == 20)
			memset(text.p + at, '-', n);
	}
	return bt_scan_text(p->scanner, p->scratch, bt_buf_str(&text), f, e);
}

static int scan_url(const struct bt_policy *p, const struct bt_request_url *u,
                    struct bt_findings *f, char reason[BT_SCAN_REASON], const char **scanner,
                    struct bt_err *e)
{
	struct bt_scan_url su = { .host = { u->host->s, u->host->n }, .path = u->path };
	struct bt_str rest = u->path;

	if (u->host->kind != BT_HOST_NAME)
		su.host.n = 0; /* an address has no labels that could carry anything */
	if (bt_str_cut(&rest, '?', &su.path))
		su.query = rest;
	su.host_listed = listed_exactly(p, u->host, u->port);
	if (!named(p->cfg->entropy_skip, u->host))
		return bt_scan_url(p->scanner, p->scratch, &su, f, reason, scanner, e);
	/* Excluded from entropy in path, query and labels; patterns are looked for all the same. */
	if (scan_signed(p, u->path, f, e) < 0)
		return -1;
	if (f->n) {
		*scanner = "dlp";
		(void)snprintf(reason, BT_SCAN_REASON, "DLP match: %s (%s)", f->at[0].name,
		               bt_severity_name(f->at[0].severity));
	}
	return 0;
}

/* A path is about what it says, or it is refused: whoever judges it by its front has to be right.
 */
static bool climbs(const struct bt_request_url *u, struct bt_denial *d)
{
	struct bt_str rest = u->path, path;

	(void)bt_str_cut(&rest, '?', &path);
	if (!bt_path_climbs(path))
		return false;
	bt_deny(d, 403, "path_traversal", "path", "path traversal: a segment \"..\" in the path");
	d->redact = true;
	return true;
}

enum bt_ruling bt_policy_url(const struct bt_policy *p, const struct bt_request_url *u,
                             struct bt_denial *d)
{
	size_t whole = (u->https ? 8 : 7) + u->host->n + u->path.n;
	struct bt_findings f = { .n = 0 };
	char reason[BT_SCAN_REASON] = "";
	const char *scanner = "dlp";
	struct bt_err e = { 0 };
	bool warned = false;

	if (climbs(u, d))
		return found(p);
	if (scan_url(p, u, &f, reason, &scanner, &e) < 0) {
		bt_deny(d, 403, "dlp", "unscannable", "%s", e.msg);
		d->redact = true;
		return BT_RULING_DENY;
	}
	if (reason[0]) {
		bt_deny(d, 403, scanner, f.n ? f.at[0].name : scanner, "%s", reason);
		names_of(&f, d->pattern, sizeof d->pattern);
		d->redact = true;
		if (bt_guard_denies(&f, d))
			return BT_RULING_DENY;
		/* What is only warned of may be too random, or too long, as well. */
		warned = f.n && !hard(&f) && strcmp(scanner, "dlp") == 0;
		if (!warned)
			return found(p);
	}
	if (p->cfg->monitor.max_url_length && whole > p->cfg->monitor.max_url_length) {
		bt_deny(d, 403, "length", "fetch_proxy.monitoring.max_url_length",
		        "URL length %zu exceeds maximum %u", whole, p->cfg->monitor.max_url_length);
		d->redact = warned;
		return found(p);
	}
	return warned ? BT_RULING_WARN : BT_RULING_PASS;
}

static bool listed(const struct bt_strs *l, struct bt_str name)
{
	for (size_t i = 0; i < l->n; i++)
		if (bt_str_ieq(bt_str(l->v[i]), name))
			return true;
	return false;
}

static bool header_looked_at(const struct bt_gate_config *c, struct bt_str name)
{
	return c->body.all_headers ? !listed(&c->body.ignore, name)
	                           : listed(&c->body.sensitive, name);
}

enum bt_ruling bt_policy_content(const struct bt_policy *p, const struct bt_findings *f,
                                 struct bt_denial *d)
{
	const struct bt_gate_config *c = p->cfg;

	if (bt_guard_denies(f, d))
		return BT_RULING_DENY;
	return hard(f) && c->enforce && c->body.action == BT_ACTION_BLOCK ? BT_RULING_DENY
	                                                                  : BT_RULING_WARN;
}

/* What routes guard is looked for in every field, whatever is said of the others. */
static int scan_field(const struct bt_policy *p, const struct bt_http_field *field,
                      struct bt_findings *f, struct bt_err *e)
{
	const struct bt_gate_config *c = p->cfg;
	bool all = c->body.all_headers, looked = header_looked_at(c, field->name);
	struct bt_findings guarded = { .n = 0 };

	if (looked && (all || !p->routes))
		return bt_scan_header(p->scanner, p->scratch, field->name, field->value, all, f, e);
	if (looked &&
	    bt_scan_header(p->scanner, p->scratch, field->name, field->value, all, f, e) < 0)
		return -1;
	if (!p->routes)
		return 0;
	if (bt_scan_header(p->scanner, p->scratch, field->name, field->value, true, &guarded, e) <
	    0)
		return -1;
	bt_guard_only(&guarded);
	for (size_t i = 0; i < guarded.n && f->n < BT_LIM_FINDINGS; i++)
		f->at[f->n++] = guarded.at[i];
	return 0;
}

enum bt_ruling bt_policy_headers(const struct bt_policy *p, const struct bt_http_head *h,
                                 const struct bt_to *to, struct bt_denial *d)
{
	const struct bt_gate_config *c = p->cfg;
	struct bt_findings f = { .n = 0 };
	struct bt_err e = { 0 };

	if (!c->body.enabled || !c->body.scan_headers)
		return BT_RULING_PASS;
	for (size_t i = 0; i < h->nfields; i++)
		if (scan_field(p, &h->fields[i], &f, &e) < 0) {
			bt_deny(d, 403, "header_dlp", "unscannable", "%s", e.msg);
			return BT_RULING_DENY;
		}
	bt_own_forget(p, to, &f);
	if (f.n == 0)
		return BT_RULING_PASS;
	bt_deny(d, 403, "header_dlp", f.at[0].name, "request header contains secret");
	names_of(&f, d->pattern, sizeof d->pattern);
	return bt_policy_content(p, &f, d);
}

static struct bt_str value_of(const struct bt_http_head *h, const char *name)
{
	const struct bt_http_field *f = bt_http_find(h, name);

	return f ? f->value : (struct bt_str){ NULL, 0 };
}

static size_t count_of(const struct bt_http_head *h, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < h->nfields; i++)
		n += bt_str_ieq(h->fields[i].name, bt_str(name));
	return n;
}

enum bt_ruling bt_policy_body(const struct bt_policy *p, const struct bt_http_head *h,
                              struct bt_str body, const struct bt_to *to, struct bt_denial *d)
{
	const struct bt_gate_config *c = p->cfg;
	struct bt_scan_body b = { .content_type = value_of(h, "content-type"),
		                  .content_encoding = value_of(h, "content-encoding"),
		                  .bytes = body,
		                  .max_unpacked = c->body.max_body_bytes };
	struct bt_findings f = { .n = 0 };
	struct bt_err e = { 0 };

	if (!c->body.enabled)
		return BT_RULING_PASS;
	if (count_of(h, "content-type") > 1 || count_of(h, "content-encoding") > 1) {
		bt_deny(d, 403, "body_dlp", "ambiguous",
		        "request has more than one Content-Type or Content-Encoding");
		return BT_RULING_DENY;
	}
	if (bt_grpc_opaque(h, body)) {
		bt_deny(d, 403, "body_dlp", "unscannable",
		        "gRPC messages are compressed or malformed and cannot be scanned");
		return BT_RULING_DENY;
	}
	if (bt_scan_body(p->scanner, p->scratch, &b, &f, &e) < 0) {
		bt_deny(d, 403, "body_dlp", "unscannable", "%s", e.msg);
		return BT_RULING_DENY;
	}
	bt_own_forget(p, to, &f);
	if (f.n == 0)
		return BT_RULING_PASS;
	bt_deny(d, 403, "body_dlp", f.at[0].name, " ");
	(void)bt_findings_text(&f, "request body contains secret: ", d->reason, sizeof d->reason);
	names_of(&f, d->pattern, sizeof d->pattern);
	return bt_policy_content(p, &f, d);
}
