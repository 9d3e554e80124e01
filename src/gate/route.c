/* route.c - which route a request takes. A path matches by its front, read in one way; behind the
 * front an escaped slash may stand ("group%2Fproject"): however the upstream reads that, it stays
 * below. */
#include "route.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/locked.h"
#include "bottle/log.h"
#include "bottle/mem.h"
#include "bottle/urlpath.h"

#define ESCAPED_SLASH '\xff' /* in no path: requests are ASCII, and no UTF-8 has it */

struct bt_routes {
	size_t n, nsets, nvalues;
	struct bt_route *at;
	struct bt_redact_set *sets; /* one a host with a credential */
	struct bt_str *values; /* of all sets; their bytes are in mem, or with the known values */
	size_t *open;          /* and what of each says nothing but the user */
	char *mem;             /* locked: the lines */
	size_t size, used;
};

static bool same_host(const struct bt_host *a, const struct bt_host *b)
{
	return a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
}

static int value_of(struct bt_str *out, const struct bt_known *known,
                    const struct bt_gate_route *is, struct bt_err *e)
{
	for (size_t i = 0; known && i < bt_known_count(known); i++)
		if (bt_known_kind(known, i) == BT_KNOWN_CREDENTIAL &&
		    bt_str_eq(bt_known_label(known, i), bt_str(is->credential))) {
			*out = bt_known_value(known, i);
			break;
		}
	if (!out->n)
		return bt_fail(e, BT_INVALID,
		               "gate.routes: %s: no value for credential %s was handed over",
		               is->host.s, is->credential);
	if (is->scheme != BT_AUTH_BASIC && bt_str_trim(*out).n != out->n)
		return bt_fail(e, BT_INVALID,
		               "gate.routes: %s: credential %s has a blank at an end", is->host.s,
		               is->credential);
	return 0;
}

static void put(struct bt_routes *r, struct bt_str s)
{
	if (s.n)
		memcpy(r->mem + r->used, s.p, s.n);
	r->used += s.n;
}

/* RFC 7617; user and value are put together in the locked memory, behind the line. Returns what is
 * said of them, without the padding: that is what an answer may show. */
static struct bt_str put_basic(struct bt_routes *r, const char *user, struct bt_str value)
{
	struct bt_str who = bt_str(user);
	size_t plain_n = who.n + 1 + value.n, room = 4 * ((plain_n + 2) / 3) + 1;
	char *plain = r->mem + r->used + room, *to = r->mem + r->used;
	int n;

	for (size_t i = 0; i < who.n; i++)
		plain[i] = who.p[i];
	plain[who.n] = ':';
	memcpy(plain + who.n + 1, value.p, value.n);
	n = EVP_EncodeBlock((unsigned char *)to, (const unsigned char *)plain, (int)plain_n);
	bt_wipe(plain, plain_n);
	r->used += (size_t)n;
	while (n > 0 && to[n - 1] == '=')
		n--;
	return (struct bt_str){ to, (size_t)n };
}

static size_t line_room(const struct bt_gate_route *is, struct bt_str value)
{
	size_t plain = (is->user ? strlen(is->user) : 0) + value.n;

	return strlen(is->header) + 64 + 3 * plain;
}

/* The field of one route, and what an answer may show of it. */
static void make_line(struct bt_routes *r, struct bt_route *to, struct bt_str value)
{
	const struct bt_gate_route *is = to->is;
	size_t from = r->used;

	r->values[r->nvalues++] = value;
	put(r, bt_str(is->header));
	put(r, BT_STR_LIT(": "));
	if (is->scheme == BT_AUTH_BEARER)
		put(r, BT_STR_LIT("Bearer "));
	if (is->scheme == BT_AUTH_BASIC) {
		put(r, BT_STR_LIT("Basic "));
		r->open[r->nvalues] = 4 * (strlen(is->user) + 1) / 3;
		r->values[r->nvalues++] = put_basic(r, is->user, value);
	} else {
		put(r, value);
	}
	put(r, BT_STR_LIT("\r\n"));
	to->line = (struct bt_str){ r->mem + from, r->used - from };
}

/* Values of one host stand side by side: routes of a host are made one after another. */
static void make_host(struct bt_routes *r, const struct bt_host *h, const struct bt_str *values)
{
	struct bt_redact_set *set = &r->sets[r->nsets];
	size_t from = r->nvalues;

	for (size_t i = 0; i < r->n; i++)
		if (same_host(&r->at[i].is->host, h) && r->at[i].is->scheme)
			make_line(r, &r->at[i], values[i]);
	if (r->nvalues == from)
		return;
	bt_redact_set(set, r->values + from, r->nvalues - from);
	set->open = r->open + from;
	r->nsets++;
	for (size_t i = 0; i < r->n; i++)
		if (same_host(&r->at[i].is->host, h))
			r->at[i].echo = set;
}

static bool is_first_of_host(const struct bt_routes *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same_host(&r->at[i].is->host, &r->at[n].is->host))
			return false;
	return true;
}

static int make_all(struct bt_routes *r, const struct bt_known *known, struct bt_err *e)
{
	BT_OWN_MEM struct bt_str *values = bt_calloc(r->n, sizeof *values);
	void *mem = NULL;
	bool locked;

	for (size_t i = 0; i < r->n; i++) {
		const struct bt_gate_route *is = r->at[i].is;

		if (is->scheme && value_of(&values[i], known, is, e) < 0)
			return -1;
		r->size += is->scheme ? line_room(is, values[i]) : 0;
	}
	if (!r->size)
		return 0;
	if (bt_locked_alloc(&mem, r->size, &locked, e) < 0)
		return -1;
	if (!locked)
		log_warn("gate.routes",
		         "%zu bytes with credentials are not locked in memory: "
		         "RLIMIT_MEMLOCK",
		         r->size);
	r->mem = mem;
	for (size_t i = 0; i < r->n; i++)
		if (is_first_of_host(r, i))
			make_host(r, &r->at[i].is->host, values);
	return 0;
}

int bt_routes_open(struct bt_routes **out, const struct bt_gate_config *c,
                   const struct bt_known *known, bool values, struct bt_err *e)
{
	struct bt_routes *r;

	*out = NULL;
	if (!c->nroutes)
		return 0;
	r = bt_calloc(1, sizeof *r);
	r->n = c->nroutes;
	r->at = bt_calloc(r->n, sizeof *r->at);
	r->sets = bt_calloc(r->n, sizeof *r->sets);
	r->values = bt_calloc(2 * r->n, sizeof *r->values);
	r->open = bt_calloc(2 * r->n, sizeof *r->open);
	for (size_t i = 0; i < r->n; i++)
		r->at[i] = (struct bt_route){ .is = &c->routes[i], .n = (unsigned)i + 1 };
	if (values && make_all(r, known, e) < 0) {
		bt_routes_close(r);
		return -1;
	}
	*out = r;
	return 0;
}

void bt_routes_close(struct bt_routes *r)
{
	if (!r)
		return;
	if (r->mem)
		bt_locked_free(r->mem, r->size);
	free(r->at);
	free(r->sets);
	free(r->values);
	free(r->open);
	free(r);
}

bool bt_routes_govern(const struct bt_routes *r, const struct bt_host *h)
{
	for (size_t i = 0; r && i < r->n; i++)
		if (same_host(&r->at[i].is->host, h))
			return true;
	return false;
}

static bool same_list(const struct bt_strs *a, const struct bt_strs *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = strcmp(a->v[i], b->v[i]) == 0;
	return same;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool bt_routes_have(const struct bt_routes *r, const struct bt_gate_route *is)
{
	for (size_t i = 0; r && i < r->n; i++) {
		const struct bt_gate_route *o = r->at[i].is;

		if (same_host(&o->host, &is->host) && o->port == is->port &&
		    same_list(&o->methods, &is->methods) && same_list(&o->paths, &is->paths) &&
		    o->scheme == is->scheme && same_text(o->header, is->header) &&
		    same_text(o->user, is->user) && same_text(o->credential, is->credential))
			return true;
	}
	return false;
}

static bool has_method(const struct bt_strs *methods, struct bt_str method)
{
	for (size_t i = 0; i < methods->n; i++)
		if (bt_str_eq(bt_str(methods->v[i]), method))
			return true;
	return methods->n == 0;
}

/* Where segments end: "/repos/acme" is no front of "/repos/acmeevil". */
static bool has_path(const struct bt_strs *paths, struct bt_str path)
{
	for (size_t i = 0; i < paths->n; i++) {
		struct bt_str front = bt_str(paths->v[i]);

		if (path.n < front.n || memcmp(path.p, front.p, front.n) != 0)
			continue;
		if (path.n == front.n || front.p[front.n - 1] == '/' || path.p[front.n] == '/')
			return true;
	}
	return paths->n == 0;
}

/* Dots that some file systems take for "." or "..": with blanks behind, wide, or in UTF-8 that is
 * none. */
static bool has_odd_dots(struct bt_str s)
{
	static const char *const odd[] = { "\xef\xbc\x8e", "\xef\xbc\x8f", "\xe2\x80\xa4",
		                           "\xe2\x80\xa5", "\xef\xb9\x92", "/. ",
		                           "/.. " };

	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		if (memmem(s.p, s.n, odd[i], strlen(odd[i])))
			return true;
	for (size_t i = 0; i < s.n;) {
		size_t n = s.p[i] == ESCAPED_SLASH ? 1 : bt_utf8_len(s.p + i, s.n - i);

		if (n == 0)
			return true;
		i += n;
	}
	return false;
}

/* The path with its escapes undone, but for an escaped slash. */
static int read_path(struct bt_buf *plain, struct bt_str sent, struct bt_err *e)
{
	BT_OWN_BUF marked = BT_BUF(sent.n + 1);
	struct bt_str rest = sent, path = sent;
	static const char slash = ESCAPED_SLASH;

	(void)bt_str_cut(&rest, '?', &path);
	if (bt_buf_add(&marked, "/", path.n == 0 || path.p[0] != '/', e) < 0)
		return -1;
	for (size_t i = 0; i < path.n; i++) {
		bool escaped = path.n - i >= 3 && memcmp(path.p + i, "%2", 2) == 0 &&
		               bt_ascii_lower(path.p[i + 2]) == 'f';

		if (bt_buf_add(&marked, escaped ? &slash : path.p + i, 1, e) < 0)
			return -1;
		i += escaped ? 2 : 0;
	}
	if (bt_path_read(plain, bt_buf_str(&marked), e) < 0)
		return -1;
	if (has_odd_dots(bt_buf_str(plain)))
		return bt_fail(e, BT_PROTO, "a segment of dots, or no UTF-8");
	return 0;
}

/* How far it gets with one route: 4 is all the way. */
static unsigned steps(const struct bt_gate_route *is, const struct bt_route_ask *a,
                      const struct bt_str *path)
{
	if (is->port != a->port)
		return 0;
	if (!has_method(&is->methods, a->method))
		return 1;
	if (is->paths.n && (!path || !has_path(&is->paths, *path)))
		return 2;
	return is->scheme && !a->https ? 3 : 4;
}

/* n: the route that it got furthest with. */
static void refuse(const struct bt_route_ask *a, unsigned n, unsigned got, const char *path_why,
                   struct bt_denial *d)
{
	const char *host = a->host->s;
	char rule[32];

	(void)snprintf(rule, sizeof rule, "gate.routes[%u]", n);
	if (got == 0)
		bt_deny(d, 403, "route", rule, "%s has routes, and none for port %u", host,
		        a->port);
	else if (got == 3)
		bt_deny(d, 403, "route", rule, "the route of %s is for HTTPS alone", host);
	else if (got == 1)
		bt_deny(d, 403, "route", rule, "no route of %s takes the method %.*s", host,
		        (int)a->method.n, a->method.p);
	else if (path_why)
		bt_deny(d, 403, "route", rule,
		        "the path can be read in more than one way: %s, and routes of %s judge it",
		        path_why, host);
	else
		bt_deny(d, 403, "route", rule, "no route of %s takes this path", host);
}

static bool reads_paths(const struct bt_routes *r, const struct bt_host *h)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->at[i].is->paths.n && same_host(&r->at[i].is->host, h))
			return true;
	return false;
}

enum bt_ruling bt_policy_route(const struct bt_policy *p, const struct bt_route_ask *a,
                               const struct bt_route **out, struct bt_denial *d)
{
	const struct bt_routes *r = p->routes;
	BT_OWN_BUF plain = BT_BUF(a->path.n + 1);
	struct bt_err e = { 0 };
	struct bt_str path;
	unsigned most = 0, nearest = 0;
	bool read;

	*out = NULL;
	if (!r || !bt_routes_govern(r, a->host))
		return BT_RULING_PASS;
	read = reads_paths(r, a->host) && read_path(&plain, a->path, &e) == 0;
	path = bt_buf_str(&plain);
	for (size_t i = 0; i < r->n; i++) {
		unsigned got;

		if (!same_host(&r->at[i].is->host, a->host))
			continue;
		got = steps(r->at[i].is, a, read ? &path : NULL);
		if (got == 4) {
			*out = &r->at[i];
			return BT_RULING_PASS;
		}
		nearest = !nearest || got > most ? r->at[i].n : nearest;
		most = got > most ? got : most;
	}
	refuse(a, nearest, most, e.code ? e.msg : NULL, d);
	return BT_RULING_DENY;
}
