/* reload.c - a new policy beside the old one: swapped whole, or refused whole with the reason. */
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>

#include "bottle/log.h"
#include "bottle/mem.h"
#include "conn.h"
#include "route.h"

#define DEBOUNCE_MS 100u /* an editor writes more than once */

struct bt_reload {
	struct bt_gate *gate;
	struct event hup, note, settle;
	int fd;     /* inotify; -1: none */
	char *name; /* of the file, in the folder that is watched */
};

/* Addresses and files that only a start can change. */
static int frozen(const struct bt_gate_config *a, const struct bt_gate_config *b, struct bt_err *e)
{
	bool same = a->nlisten == b->nlisten && a->nforwards == b->nforwards &&
	            a->nresolvers == b->nresolvers;

	for (size_t i = 0; same && i < a->nlisten; i++)
		same = strcmp(a->listen[i].text, b->listen[i].text) == 0;
	for (size_t i = 0; same && i < a->nresolvers; i++)
		same = strcmp(a->resolvers[i].text, b->resolvers[i].text) == 0;
	for (size_t i = 0; same && i < a->nforwards; i++)
		same = strcmp(a->forwards[i].listen.text, b->forwards[i].listen.text) == 0 &&
		       strcmp(a->forwards[i].host, b->forwards[i].host) == 0 &&
		       a->forwards[i].port == b->forwards[i].port;
	same = same && strcmp(a->transparent_tls.text, b->transparent_tls.text) == 0 &&
	       strcmp(a->transparent_http.text, b->transparent_http.text) == 0 &&
	       strcmp(a->dns_listen.text, b->dns_listen.text) == 0;
	return same ? 0
	            : bt_fail(e, BT_INVALID,
	                      "listeners, forwards and resolvers change only with a restart");
}

/* Is the upstream leg open to an address that may be dialled no longer? What a parent proxy reached
 * has no address here. */
static bool address_removed(const struct bt_gate *g, const struct bt_conn *c,
                            const struct bt_host *h, struct bt_denial *d)
{
	const struct bt_gate_config *was = c->policy->cfg;
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof ss;

	if (was->parent.port && !bt_gate_config_resolve(was, h->s))
		return false;
	if (c->up.fd < 0 || getpeername(c->up.fd, (struct sockaddr *)&ss, &len) < 0)
		return false;
	return bt_policy_address(g->policy, h, (struct sockaddr *)&ss, d) == BT_RULING_DENY;
}

/* Whom a tunnel, or a request outside of any, is for. */
static const struct bt_host *whom(const struct bt_conn *c, uint16_t *port)
{
	*port = c->aim.port;
	if (c->aim.tunnelled)
		return &c->aim.host;
	return c->stage->whom ? c->stage->whom(c, port) : NULL;
}

/* Is it open by a route that is not there any more, or unseen to a host that has some now? */
static bool route_removed(const struct bt_gate *g, const struct bt_conn *c, const struct bt_host *h,
                          struct bt_denial *d)
{
	const struct bt_routes *r = g->policy->routes;
	bool open = c->aim.raw || c->stage == &bt_stage_ws;

	if (!open || (c->aim.route ? bt_routes_have(r, c->aim.route->is) : !bt_routes_govern(r, h)))
		return false;
	bt_deny(d, 403, "route", "gate.routes", "routes of %s have changed", h->s);
	return true;
}

/* What is open to a host or an address that is no longer allowed ends now; an upstream that waits
 * for the next request waits no longer, whosoever it is. */
static void close_removed(struct bt_gate *g)
{
	struct bt_conn *c, *next;
	struct bt_denial d;
	uint16_t port;

	bt_pool_clear(g->pool);
	bt_h2_ups_clear(g->h2_ups);
	for (c = g->conns; c; c = next) {
		const struct bt_host *h;

		next = c->next;
		if (c->entry == BT_ENTRY_FORWARD)
			continue;
		h = whom(c, &port);
		if (h && (bt_policy_host(g->policy, h, port, &d) == BT_RULING_DENY ||
		          address_removed(g, c, h, &d) || route_removed(g, c, h, &d))) {
			bt_conn_denied(c, BT_RULING_DENY, &d);
			bt_conn_close(c);
		} else if (c->up_free) {
			bt_conn_drop_up(c);
		}
	}
}

static void report(struct bt_gate *g, const struct bt_err *e)
{
	struct bt_event ev = BT_EVENT("config_reload");

	ev.verdict = e ? BT_BLOCK : BT_ALLOW;
	ev.reason = e ? e->msg : NULL;
	ev.rule = "reload";
	bt_gate_event(g, &ev);
	if (e)
		log_error("gate.reload", "config reload failed: %s", e->msg);
}

static void reload(struct bt_gate *g)
{
	struct bt_policy *fresh = NULL, *old = g->policy;
	struct bt_err e = { 0 };

	if (bt_policy_load(&fresh, g->config, g->ops, bt_watched_set(g->watched), &e) < 0 ||
	    frozen(old->cfg, fresh->cfg, &e) < 0) {
		bt_policy_unref(fresh);
		g->stats.reload_failures++;
		report(g, &e);
		return;
	}
	g->policy = fresh;
	bt_gate_policy_changed(g);
	bt_leg_budget((size_t)fresh->cfg->limits.buffer_bytes);
	bt_policy_unref(old);
	g->stats.reloads++;
	close_removed(g);
	report(g, NULL);
}

static void on_settled(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	reload(((struct bt_reload *)arg)->gate);
}

static void soon(struct bt_reload *r)
{
	struct timeval tv = { .tv_usec = (suseconds_t)DEBOUNCE_MS * 1000 };

	(void)evtimer_add(&r->settle, &tv);
}

static void on_hup(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	soon(arg);
}

/* The configuration, or a policy file of it beside it. */
static bool is_ours(const struct bt_reload *r, const char *name)
{
	const struct bt_strs *files = &r->gate->policy->cfg->policies;

	for (size_t i = 0; i < files->n; i++) {
		const char *slash = strrchr(files->v[i], '/');

		if (strcmp(slash ? slash + 1 : files->v[i], name) == 0)
			return true;
	}
	return strcmp(name, r->name) == 0;
}

static bool about_us(const struct bt_reload *r, const char *p, size_t n)
{
	bool hit = false;

	while (n >= sizeof(struct inotify_event)) {
		struct inotify_event ev;
		size_t whole;

		memcpy(&ev, p, sizeof ev);
		whole = sizeof ev + ev.len;
		if (whole > n)
			break;
		if (ev.len && is_ours(r, p + sizeof ev))
			hit = true;
		p += whole;
		n -= whole;
	}
	return hit;
}

static void on_note(evutil_socket_t fd, short what, void *arg)
{
	struct bt_reload *r = arg;
	char buf[4096];
	ssize_t n;

	(void)what;
	while ((n = read(fd, buf, sizeof buf)) > 0)
		if (about_us(r, buf, (size_t)n))
			soon(r);
}

/* The folder, not the file: a file that is replaced by rename is another one. */
static void watch(struct bt_reload *r, const char *path)
{
	BT_OWN_MEM char *dir = bt_strdup(path), *base = bt_strdup(path);

	r->name = bt_strdup(basename(base));
	r->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (r->fd < 0 || inotify_add_watch(r->fd, dirname(dir), IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
		log_warn("gate.reload", "changes of %s are not seen, SIGHUP reloads it", path);
		return;
	}
	(void)event_assign(&r->note, r->gate->base, r->fd, EV_READ | EV_PERSIST, on_note, r);
	(void)event_add(&r->note, NULL);
}

int bt_reload_open(struct bt_gate *g, struct bt_err *e)
{
	struct bt_reload *r = bt_calloc(1, sizeof *r);

	r->gate = g;
	g->reload = r;
	r->fd = -1;
	(void)evtimer_assign(&r->settle, g->base, on_settled, r);
	(void)evsignal_assign(&r->hup, g->base, SIGHUP, on_hup, r);
	/* What a parent handed over open is replaced by nobody; a watch on its folder would see
	 * nothing and cost milliseconds at either end. */
	if (strncmp(g->config, "/proc/self/fd/", sizeof "/proc/self/fd/" - 1) != 0)
		watch(r, g->config);
	return event_add(&r->hup, NULL) == 0 ? 0 : bt_fail(e, BT_SYS, "cannot wait for SIGHUP");
}

void bt_reload_close(struct bt_gate *g)
{
	struct bt_reload *r = g->reload;

	if (!r)
		return;
	(void)event_del(&r->hup);
	(void)event_del(&r->settle);
	if (r->fd >= 0) {
		if (event_initialized(&r->note))
			(void)event_del(&r->note);
		(void)close(r->fd);
	}
	free(r->name);
	free(r);
	g->reload = NULL;
}
