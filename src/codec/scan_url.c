/* scan_url.c - patterns and entropy of a URL; headers. */
#include <stdio.h>
#include <string.h>

#include "bottle/mem.h"
#include "decode.h"
#include "docs.h"
#include "entropy.h"
#include "scanner.h"

#define SEGMENT 20 /* shorter ones cannot be random enough to tell */

struct verdict {
	char *reason;
	const char **scanner;
};

static void say_pattern(const struct verdict *v, const struct bt_findings *f, size_t from)
{
	const struct bt_finding *hit = &f->at[from];

	for (size_t i = from; i < f->n; i++) {
		if (f->at[i].core) {
			hit = &f->at[i];
			break;
		}
	}
	*v->scanner = hit->core ? "core_dlp" : "dlp";
	(void)snprintf(v->reason, BT_SCAN_REASON, "%sDLP match: %s (%s)", hit->core ? "core " : "",
	               hit->name, bt_severity_name(hit->severity));
}

/* The patterns over the URL as one text, and over its query as a document. */
static int patterns(const struct bt_scanner *s, struct bt_scan_scratch *k,
                    const struct bt_scan_url *u, struct bt_findings *f, struct bt_err *e)
{
	BT_TAKEN text = bt_scan_take(&k->text);
	BT_TAKEN strings = bt_scan_take(&k->strings);
	BT_TAKEN bits = bt_scan_take(&k->kinds);
	struct bt_kinds kinds = { bits, 0 };
	struct bt_err ignored;

	if (bt_buf_add(text, u->host.p, u->host.n, e) < 0 ||
	    bt_buf_add(text, u->path.p, u->path.n, e) < 0)
		return -1;
	if (u->query.n &&
	    (bt_buf_add(text, "?", 1, e) < 0 || bt_buf_add(text, u->query.p, u->query.n, e) < 0))
		return -1;
	if (bt_scan_forms(s, k, bt_buf_str(text), BT_FORM_RAW, f, e) < 0)
		return -1;
	/* Halves in two parameters. A query that is no form has no parameters. */
	if (!u->query.n || !memchr(u->query.p, '&', u->query.n) ||
	    bt_form_strings(strings, &kinds, u->query, &ignored) < 0)
		return 0;
	return bt_scan_strings(s, k, bt_buf_str(strings), &kinds, f, e);
}

/* "sha512-" and exactly a digest's length of base64: a subresource-integrity value (W3C SRI §3.1).
 */
static bool is_integrity(struct bt_str s)
{
	static const struct {
		const char *prefix;
		size_t n;
	} kinds[] = { { "sha256-", 44 }, { "sha384-", 64 }, { "sha512-", 88 } };

	for (size_t i = 0; i < 3; i++)
		if (bt_str_istarts(s, bt_str(kinds[i].prefix)) && s.n == 7 + kinds[i].n)
			return true;
	return false;
}

static bool random_piece(const struct bt_scanner *s, struct bt_str raw, double *bits)
{
	char text[4096];
	size_t n = 0;

	if (raw.n < SEGMENT)
		return false;
	if (raw.n > sizeof text)
		raw.n = sizeof text;
	(void)bt_percent_decode((uint8_t *)text, &n, raw, false);
	if (n < SEGMENT || is_integrity((struct bt_str){ text, n }))
		return false;
	*bits = bt_entropy((struct bt_str){ text, n });
	return *bits > s->entropy;
}

static bool path_entropy(const struct bt_scanner *s, struct bt_str path, const struct verdict *v)
{
	struct bt_str segment;
	double bits;

	while (path.n) {
		(void)bt_str_cut(&path, '/', &segment);
		if (!random_piece(s, segment, &bits))
			continue;
		*v->scanner = "entropy";
		(void)snprintf(v->reason, BT_SCAN_REASON,
		               "high entropy path segment (%.2f > %.2f threshold)", bits,
		               s->entropy);
		return true;
	}
	return false;
}

/* A key as it may be shown: short, and of the characters that names have. */
static int shown_key(struct bt_str key)
{
	for (size_t i = 0; i < key.n; i++) {
		char c = bt_ascii_lower(key.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '-' &&
		    c != '.')
			return 0;
	}
	return key.n <= 32 ? (int)key.n : 0;
}

static bool query_entropy(const struct bt_scanner *s, struct bt_str query, const struct verdict *v)
{
	struct bt_str value, key;
	double bits;

	while (query.n) {
		(void)bt_str_cut(&query, '&', &value);
		(void)bt_str_cut(&value, '=', &key);
		bool in_key = random_piece(s, key, &bits);

		if (!in_key && !random_piece(s, value, &bits))
			continue;
		*v->scanner = "entropy";
		if (in_key)
			(void)snprintf(v->reason, BT_SCAN_REASON,
			               "high entropy query key (%.2f > %.2f threshold)", bits,
			               s->entropy);
		else
			(void)snprintf(v->reason, BT_SCAN_REASON,
			               "high entropy query parameter \"%.*s\" (%.2f > %.2f "
			               "threshold)",
			               shown_key(key), key.p, bits, s->entropy);
		return true;
	}
	return false;
}

static bool numeric(struct bt_str host)
{
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] != '.' && (host.p[i] < '0' || host.p[i] > '9'))
			return memchr(host.p, ':', host.n) != NULL;
	return true;
}

static bool label_entropy(const struct bt_scanner *s, struct bt_str host, const struct verdict *v)
{
	struct bt_str label;
	double bits = 0;

	if (numeric(host) || !bt_label_exfil(host, s->subdomain_entropy, &label, &bits))
		return false;
	*v->scanner = "subdomain_entropy";
	/* The front of the label tells people which one; all of it might be a secret. */
	int shown = label.n > 8 ? 8 : (int)label.n;

	if (bits > s->subdomain_entropy)
		(void)snprintf(v->reason, BT_SCAN_REASON,
		               "high entropy subdomain label \"%.*s…\" (%.2f > %.2f threshold)",
		               shown, label.p, bits, s->subdomain_entropy);
	else
		(void)snprintf(v->reason, BT_SCAN_REASON,
		               "high entropy subdomain label \"%.*s…\" (encoded data)", shown,
		               label.p);
	return true;
}

/* NOLINTNEXTLINE(readability-function-size): two results beside the findings */
int bt_scan_url(const struct bt_scanner *s, struct bt_scan_scratch *k, const struct bt_scan_url *u,
                struct bt_findings *f, char *reason, const char **scanner, struct bt_err *e)
{
	struct verdict v = { reason, scanner };
	struct bt_findings mine = { .n = 0 };

	reason[0] = 0;
	*scanner = NULL;
	if (patterns(s, k, u, &mine, e) < 0)
		return -1;
	bool hard = false;

	for (size_t i = 0; i < mine.n; i++) {
		bt_findings_add(f, &mine.at[i]);
		hard = hard || !mine.at[i].soft;
	}
	if (mine.n)
		say_pattern(&v, &mine, 0);
	/* What only warns hides nothing that would be refused. */
	if (!hard && !path_entropy(s, u->path, &v) && !query_entropy(s, u->query, &v) &&
	    !u->host_listed)
		(void)label_entropy(s, u->host, &v);
	return 0;
}

/* NOLINTNEXTLINE(readability-function-size): a field is a name and a value */
int bt_scan_header(const struct bt_scanner *s, struct bt_scan_scratch *k, struct bt_str name,
                   struct bt_str value, bool whole, struct bt_findings *f, struct bt_err *e)
{
	BT_OWN_WIPED both = BT_BUF(BT_LIM_SCAN);

	if (!whole)
		return bt_scan_forms(s, k, value, BT_FORM_RAW, f, e);
	if (bt_buf_add(&both, name.p, name.n, e) < 0 || bt_buf_add(&both, "", 1, e) < 0 ||
	    bt_buf_add(&both, value.p, value.n, e) < 0 || bt_buf_add(&both, "", 1, e) < 0)
		return -1;
	return bt_scan_strings(s, k, bt_buf_str(&both), &(struct bt_kinds){ 0 }, f, e);
}

bool bt_scan_header_sensitive(struct bt_str name)
{
	static const char *const names[] = { "authorization",       "cookie",
		                             "x-api-key",           "x-token",
		                             "proxy-authorization", "x-goog-api-key" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (bt_str_ieq(name, bt_str(names[i])))
			return true;
	return false;
}
