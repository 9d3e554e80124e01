/* engine.c - open an engine, agree on a version, drive all calls on one multi handle. */
#include "impl.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bottle/mem.h"
#include "bottle/sig.h"

int64_t bt_docker_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* "1.41" -> 41; -1 for anything else. */
static int minor(const char *version)
{
	uint64_t n = 0;
	struct bt_str rest = bt_str(version), major;

	if (!bt_str_cut(&rest, '.', &major) || !bt_str_eq(major, BT_STR_LIT("1")))
		return -1;
	return bt_str_uint(rest, 999, &n) ? (int)n : -1;
}

static int negotiate(struct bt_engine *g, long timeout_ms, struct bt_err *e)
{
	struct bt_call_spec spec = { .fd = -1 };
	BT_OWN(bt_call) c = NULL;

	if (bt_call_begin(&c, g, "ping", &spec, e) < 0 || bt_call_wait(c, (int)timeout_ms, e) < 0)
		return -1;
	const char *version = c->version ? c->version : "";
	int theirs = minor(version);

	if (theirs < 0)
		return bt_fail(e, BT_PROTO, "%s: no Docker Engine: /_ping names no API version",
		               g->at.url);
	if (theirs < BT_DOCKER_API_MIN)
		return bt_fail(e, BT_INVALID,
		               "%s: API %.10s is too old, 1.%d (Docker 20.10) or later is needed",
		               g->at.url, version, BT_DOCKER_API_MIN);
	(void)snprintf(g->server_api, sizeof g->server_api, "1.%d", theirs);
	(void)snprintf(g->api, sizeof g->api, "1.%d",
	               theirs < BT_DOCKER_API_MAX ? theirs : BT_DOCKER_API_MAX);
	/* It goes into every path of that API: digits and dots, or it is not used. */
	if (c->libpod && strlen(c->libpod) < sizeof g->libpod &&
	    strspn(c->libpod, "0123456789.") == strlen(c->libpod))
		(void)snprintf(g->libpod, sizeof g->libpod, "%s", c->libpod);
	return 0;
}

static int open_at(struct bt_engine **out, struct bt_endpoint *at, long timeout_ms,
                   struct bt_err *e)
{
	BT_OWN(bt_engine) g = bt_calloc(1, sizeof *g);

	g->at = *at;
	memset(at, 0, sizeof *at);
	g->multi = curl_multi_init();
	if (!g->multi)
		return bt_fail(e, BT_LIMIT, "out of memory for a connection");
	/* Every call in flight may keep its connection for the next one. */
	(void)curl_multi_setopt(g->multi, CURLMOPT_MAXCONNECTS, 32L);
	if (negotiate(g, timeout_ms, e) < 0)
		return -1;
	*out = BT_STEAL(g);
	return 0;
}

static void advise(const struct bt_endpoints *places, struct bt_str tried, struct bt_err *e)
{
	struct bt_err last = *e;

	if (last.code == BT_INTR || last.code == BT_PROTO || last.code == BT_INVALID)
		return;
	const char *next =
	        last.code == BT_DENIED
	                ? "add yourself to the group docker, or run a rootless engine"
	        : last.code == BT_TLS ? "check DOCKER_CERT_PATH (ca.pem, cert.pem, key.pem)"
	        : places->n > 1
	                ? "start one (systemctl start docker), install the package docker.io, or "
	                  "set DOCKER_HOST"
	                : "is it running? (systemctl start docker)";
	bt_err_set(e, last.code == BT_SYS ? BT_IO : last.code, 0, last.at,
	           "no Docker Engine answers: tried %.*s; %s", (int)tried.n, tried.p, next);
}

static void note(struct bt_buf *tried, const struct bt_endpoints *places, const char *source,
                 const struct bt_err *why)
{
	struct bt_err full; /* then the list is cut: it goes into one line anyway */

	if (places->n == 1)
		(void)!bt_buf_addf(tried, &full, "%s (%s)", why->msg, source);
	else
		(void)!bt_buf_addf(tried, &full, "%s%s", tried->len ? ", " : "", why->msg);
}

int bt_engine_open(struct bt_engine **out, const char *host, long timeout_ms, struct bt_err *e)
{
	struct bt_endpoints places = { 0 };
	BT_OWN_BUF tried = BT_BUF(BT_KIB);
	bool denied = false;
	int rc = -1;

	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	if (bt_endpoints_find(&places, host, e) < 0)
		return -1;
	for (size_t i = 0; i < places.n && rc < 0; i++) {
		BT_OWN_MEM char *source = bt_strdup(places.v[i].source);

		rc = open_at(out, &places.v[i], timeout_ms, e);
		if (rc == 0 || e->code == BT_INTR)
			break;
		note(&tried, &places, source, e);
		denied = denied || e->code == BT_DENIED; /* there, but closed to us: tells more */
	}
	if (rc < 0 && denied)
		e->code = BT_DENIED;
	if (rc < 0)
		advise(&places, bt_buf_str(&tried), e);
	bt_endpoints_free(&places);
	return rc;
}

void bt_engine_close(struct bt_engine *g)
{
	if (!g)
		return;
	while (g->calls) { /* an owner that outlives us finds its call ended */
		struct bt_call *c = g->calls;

		bt_request_reset(c);
		bt_hijack_close(c->hijack);
		c->hijack = NULL;
		g->calls = c->next;
		c->engine = NULL;
		if (!c->done) {
			(void)bt_fail(&c->err, BT_INTR, "%s: the engine was closed", c->op->name);
			c->done = c->failed = true;
		}
	}
	if (g->multi)
		(void)curl_multi_cleanup(g->multi);
	bt_endpoint_free(&g->at);
	free(g);
}

struct bt_engine_facts bt_engine_facts(const struct bt_engine *g)
{
	return (struct bt_engine_facts){ .url = g->at.url,
		                         .source = g->at.source,
		                         .api = g->api,
		                         .server_api = g->server_api,
		                         .tls = g->at.tls_dir != NULL };
}

unsigned bt_engine_running(const struct bt_engine *g)
{
	unsigned n = 0;

	for (const struct bt_call *c = g->calls; c; c = c->next)
		n += !c->done;
	return n;
}
