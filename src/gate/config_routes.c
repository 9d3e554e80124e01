/* config_routes.c - gate.routes: [{ host, port, methods, paths, auth: { scheme, credential, header,
 * user } }]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/hostset.h"
#include "bottle/http1.h"
#include "bottle/limits.h"
#include "bottle/mem.h"
#include "bottle/urlpath.h"
#include "config_int.h"
#include "field_ends.h"

#define DEFAULT_USER "x-access-token" /* what git's hosts take beside a token */

static bool is_token(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (!bt_http_tchar((uint8_t)s[i]))
			return false;
	return n > 0;
}

/* As http1.h has them, and none that the gate answers itself. */
static const char *method_fault(const char *s)
{
	size_t n = strlen(s);

	if (strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != n || n == 0 ||
	    n > BT_LIM_HTTP_METHOD)
		return "want a method, in upper case";
	if (strcmp(s, "CONNECT") == 0 || strcmp(s, "TRACE") == 0 || strcmp(s, "TRACK") == 0)
		return "no method of a route";
	return NULL;
}

/* Written as it is after its escapes are undone, and readable in one way. */
static const char *path_fault(const char *s)
{
	BT_OWN_BUF plain = BT_BUF(BT_LIM_HTTP_TARGET);
	struct bt_err why = { 0 };

	if (s[0] != '/')
		return "want a path that begins with /";
	if (strpbrk(s, "%?#"))
		return "want a path without escapes, query and fragment";
	if (bt_path_climbs(bt_str(s)) || bt_path_read(&plain, bt_str(s), &why) < 0)
		return "can be read in more than one way";
	return NULL;
}

static int texts(const struct bt_config_reader *r, const struct bt_config_item *route,
                 const char *name, const char *(*fault)(const char *), struct bt_strs *out)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(route->v, name);
	struct bt_config_item at = { .v = NULL };
	char path[BT_CONFIG_PATH + 16];

	if (!v || cJSON_IsNull(v))
		return 0;
	(void)snprintf(path, sizeof path, "%s.%s", route->path, name);
	if (!bt_config_is_list(v) || !v->child)
		return bt_config_bad(r, path, "want a list of at least one");
	while (bt_config_next(path, v, &at)) {
		const char *why = cJSON_IsString(at.v) ? fault(at.v->valuestring) : "want a text";

		if (why)
			return bt_config_bad(r, at.path, "%s", why);
		bt_strs_add(out, at.v->valuestring);
	}
	return 0;
}

/* No value of a route's: what frames a message, belongs to the hop, or is told from the rest by the
 * gate itself. */
static bool is_taken(struct bt_str name)
{
	static const char *const all[] = { "cookie",
		                           "set-cookie",
		                           "accept-encoding",
		                           "range",
		                           "if-range",
		                           "content-type",
		                           "content-range",
		                           "content-encoding",
		                           "user-agent",
		                           "accept",
		                           "date",
		                           "age" };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (bt_str_ieq(name, bt_str(all[i])))
			return true;
	return bt_field_ends_here(name) || bt_str_istarts(name, BT_STR_LIT("sec-"));
}

static int read_header(const struct bt_config_reader *r, const struct bt_config_item *at,
                       const char *header, struct bt_gate_route *to)
{
	if (to->scheme != BT_AUTH_HEADER && header)
		return bt_config_bad(r, at->path, "header: only of scheme header");
	if (to->scheme != BT_AUTH_HEADER)
		header = "Authorization";
	if (!header)
		return bt_config_bad(r, at->path, "scheme header needs header, the name of one");
	if (!is_token(header) || strlen(header) > BT_LIM_EDIT_NAME)
		return bt_config_bad(r, at->path, "header: no name of a header");
	if (is_taken(bt_str(header)))
		return bt_config_bad(r, at->path, "header: %s is not a route's to set", header);
	to->header = bt_strdup(header);
	return 0;
}

static int read_user(const struct bt_config_reader *r, const struct bt_config_item *at,
                     const char *user, struct bt_gate_route *to)
{
	if (to->scheme != BT_AUTH_BASIC)
		return user ? bt_config_bad(r, at->path, "user: only of scheme basic") : 0;
	user = user ? user : DEFAULT_USER;
	for (const char *p = user; *p; p++)
		if (*p == ':' || (uint8_t)*p < 0x20 || *p == 0x7f) /* RFC 7617 §2 */
			return bt_config_bad(r, at->path, "user: holds ':' or a control character");
	to->user = bt_strdup(user);
	return 0;
}

static int read_auth(const struct bt_config_reader *r, const struct bt_config_item *route,
                     struct bt_gate_route *to)
{
	static const char *const names[] = { "scheme", "credential", "header", "user", NULL };
	static const char *const schemes[] = { "bearer", "basic", "header" };
	struct bt_config_item at = { .v = cJSON_GetObjectItemCaseSensitive(route->v, "auth") };
	bool bad = false;

	if (!at.v || cJSON_IsNull(at.v))
		return 0;
	(void)snprintf(at.path, sizeof at.path, "%.*s.auth", BT_CONFIG_PATH - 8, route->path);
	if (bt_config_only(r, &at, names) < 0)
		return -1;
	const char *scheme = bt_config_text(at.v, "scheme", &bad);
	const char *credential = bt_config_text(at.v, "credential", &bad);
	const char *header = bt_config_text(at.v, "header", &bad);
	const char *user = bt_config_text(at.v, "user", &bad);

	for (unsigned i = 0; scheme && i < 3; i++)
		if (strcmp(scheme, schemes[i]) == 0)
			to->scheme = (enum bt_gate_scheme)(i + 1);
	if (bad || to->scheme == BT_AUTH_NONE)
		return bt_config_bad(r, at.path, "scheme: want bearer, basic or header");
	if (!credential || !*credential)
		return bt_config_bad(r, at.path, "want credential, the name of a value");
	to->credential = bt_strdup(credential);
	if (read_header(r, &at, header, to) < 0)
		return -1;
	return read_user(r, &at, user, to);
}

static int read_whom(const struct bt_config_reader *r, const struct bt_config_item *at,
                     struct bt_gate_route *to)
{
	const cJSON *port = cJSON_GetObjectItemCaseSensitive(at->v, "port");
	double p = cJSON_IsNumber(port) ? port->valuedouble : !port || cJSON_IsNull(port) ? 443 : 0;
	struct bt_err why = { 0 };
	bool bad = false;
	const char *host = bt_config_text(at->v, "host", &bad);

	if (bad || !host)
		return bt_config_bad(r, at->path, "want host, the name of one");
	if (bt_host_parse(&to->host, bt_str(host), &why) < 0)
		return bt_config_bad(r, at->path, "host: %s", why.msg);
	if (p < 1 || p > 65535 || p != (double)(uint16_t)p)
		return bt_config_bad(r, at->path, "port: want 1 to 65535");
	to->port = (uint16_t)p;
	return 0;
}

BT_SETTER(bt_set_routes)
{
	static const char *const names[] = { "host", "port", "methods", "paths", "auth", NULL };
	struct bt_config_item at = { .v = NULL };
	struct bt_gate_config *c = r->c;

	if (!bt_config_is_list(v))
		return bt_config_bad(r, k->path, "want a list");
	while (bt_config_next(k->path, v, &at)) {
		struct bt_gate_route *to;

		if (bt_config_only(r, &at, names) < 0)
			return -1;
		if (c->nroutes == BT_LIM_ROUTES)
			return bt_config_bad(r, k->path, "more than %u", BT_LIM_ROUTES);
		c->routes = bt_realloc(c->routes, (c->nroutes + 1) * sizeof *c->routes);
		to = &c->routes[c->nroutes++]; /* counted before it is filled: freed on failure */
		*to = (struct bt_gate_route){ 0 };
		if (read_whom(r, &at, to) < 0 ||
		    texts(r, &at, "methods", method_fault, &to->methods) < 0 ||
		    texts(r, &at, "paths", path_fault, &to->paths) < 0 || read_auth(r, &at, to) < 0)
			return -1;
	}
	return 0;
}

static const char *conflict(const struct bt_gate_config *c, const struct bt_gate_route *to)
{
	const struct bt_host *h = &to->host;

	if (!c->tls.enabled)
		return "a host with routes needs tls_interception";
	if (bt_hostset_has(c->passthrough, h, to->port, NULL) ||
	    bt_hostset_has(c->passthrough, h, 443, NULL) ||
	    bt_hostset_has(c->passthrough, h, 80, NULL))
		return "is in tls_interception.passthrough_domains, where nothing can be looked at";
	for (size_t i = 0; i < c->nforwards; i++)
		if (strcmp(c->forwards[i].host, h->s) == 0)
			return "is in gate.forwards, where nothing can be looked at";
	if (to->scheme && (!c->body.enabled || !c->body.scan_headers))
		return "a route with auth needs request_body_scanning: enabled and scan_headers";
	return NULL;
}

int bt_config_check_routes(const struct bt_config_reader *r)
{
	for (size_t i = 0; i < r->c->nroutes; i++) {
		const char *why = conflict(r->c, &r->c->routes[i]);

		if (why)
			return bt_config_bad(r, "gate.routes", "%s: %s", r->c->routes[i].host.s,
			                     why);
	}
	return 0;
}
