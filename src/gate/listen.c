/* listen.c - the sockets a gate is reached by, and who gets in. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "bottle/log.h"
#include "bottle/mem.h"
#include "bottle/own.h"
#include "conn.h"
#include "early.h"
#include "handed.h"

#define ACCEPTS 64 /* before the open connections get a turn */
#define TOLD_MS 10000u
#define BREATHE_MS 100u /* out of descriptors: wait for some to come back */

struct bt_listener {
	struct bt_listener *next;
	struct bt_gate *gate;
	struct event ev, again;
	int fd;
	enum bt_entry entry;
	struct bt_aim aim; /* of BT_ENTRY_FORWARD */
	struct sockaddr_storage sa;
};

static void breathe(struct bt_listener *l)
{
	struct timeval tv = { .tv_usec = (suseconds_t)BREATHE_MS * 1000 };

	(void)event_del(&l->ev);
	(void)evtimer_add(&l->again, &tv);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct bt_listener *l = arg;

	(void)fd;
	(void)what;
	(void)event_add(&l->ev, NULL);
}

/* Whoever opens that many gets no explanation; the operator does, now and then. */
static void tell_crowded(struct bt_gate *g, const char *rule)
{
	struct bt_event ev = BT_EVENT("blocked");
	uint64_t now = bt_now_ms();

	g->stats.refused++;
	if (!g->policy->cfg->log.blocked ||
	    (g->crowded_told_ms && now - g->crowded_told_ms < TOLD_MS))
		return;
	g->crowded_told_ms = now;
	ev.verdict = BT_BLOCK;
	ev.scanner = "limit";
	ev.rule = rule;
	ev.reason = "too many connections at once: closed";
	bt_gate_event(g, &ev);
}

/* The operator's own socket is for just the time when there are too many of others. */
static bool admit(struct bt_gate *g, enum bt_entry entry, const struct sockaddr *sa,
                  struct bt_client **from)
{
	const struct bt_gate_limits *lim = &g->policy->cfg->limits;

	*from = NULL;
	if (entry == BT_ENTRY_ADMIN)
		return true;
	if (g->nconns >= lim->connections) {
		tell_crowded(g, "gate.limits.connections");
		return false;
	}
	*from = bt_client_enter(g->clients, sa, lim->client_connections);
	if (!*from)
		tell_crowded(g, "gate.limits.client_connections");
	return *from != NULL;
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct bt_listener *l = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage sa = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof sa;
		int c = accept4(fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct bt_client *from;

		if (c < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
				breathe(l);
			return;
		}
		if (admit(l->gate, l->entry, (const struct sockaddr *)&sa, &from))
			bt_conn_accept(l->gate, c, from, l->entry,
			               l->entry == BT_ENTRY_FORWARD ? &l->aim : NULL);
		else
			(void)close(c);
	}
}

static int open_socket(int *out, const struct bt_gate_addr *a, struct bt_err *e)
{
	const struct sockaddr *sa = (const struct sockaddr *)&a->sa;
	int rc = bt_handed_take(out, SOCK_STREAM, sa, a->len, e);

	if (rc != 0)
		return rc < 0 ? bt_wrap(e, "%s", a->text) : 0;
	return bt_early_take(out, a) ? 0 : bt_early_bind(out, a, e);
}

static int open_one(struct bt_gate *g, const struct bt_gate_addr *a, enum bt_entry entry,
                    const struct bt_aim *aim, struct bt_err *e)
{
	BT_OWN_FD int fd = -1;
	struct bt_listener *l;

	if (open_socket(&fd, a, e) < 0)
		return -1;
	l = bt_calloc(1, sizeof *l);
	l->gate = g;
	l->entry = entry;
	l->sa = a->sa;
	if (aim)
		l->aim = *aim;
	l->fd = bt_fd_steal(&fd);
	(void)event_assign(&l->ev, g->base, l->fd, EV_READ | EV_PERSIST, on_accept, l);
	(void)evtimer_assign(&l->again, g->base, on_again, l);
	(void)event_add(&l->ev, NULL);
	l->next = g->listeners;
	g->listeners = l;
	return 0;
}

/* Of the operator alone: mode 0600, and what an earlier run left there is replaced. */
static int open_admin(struct bt_gate *g, const char *path, struct bt_err *e)
{
	struct bt_gate_addr a = { .len = sizeof(struct sockaddr_un) };
	struct sockaddr_un *un = (struct sockaddr_un *)&a.sa;
	mode_t before;
	int rc;

	if (strlen(path) >= sizeof un->sun_path)
		return bt_fail(e, BT_INVALID, "path too long: %s", path);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path) + 1);
	(void)snprintf(a.text, sizeof a.text, "%s", path);
	(void)unlink(path);
	before = umask(0177);
	rc = open_one(g, &a, BT_ENTRY_ADMIN, NULL, e);
	(void)umask(before);
	return rc;
}

static int open_forwards(struct bt_gate *g, struct bt_err *e)
{
	const struct bt_gate_config *c = g->policy->cfg;

	for (size_t i = 0; i < c->nforwards; i++) {
		struct bt_aim aim = { .port = c->forwards[i].port, .raw = true, .tunnelled = true };

		if (bt_host_parse(&aim.host, bt_str(c->forwards[i].host), e) < 0 ||
		    open_one(g, &c->forwards[i].listen, BT_ENTRY_FORWARD, &aim, e) < 0)
			return bt_wrap(e, "gate.forwards");
	}
	return 0;
}

int bt_listen_open(struct bt_gate *g, struct bt_err *e)
{
	const struct bt_gate_config *c = g->policy->cfg;

	for (size_t i = 0; i < c->nlisten; i++)
		if (open_one(g, &c->listen[i], BT_ENTRY_PROXY, NULL, e) < 0)
			return bt_wrap(e, "gate.listen");
	if (c->transparent_tls.len && open_one(g, &c->transparent_tls, BT_ENTRY_TLS, NULL, e) < 0)
		return bt_wrap(e, "gate.transparent.tls");
	if (c->transparent_http.len &&
	    open_one(g, &c->transparent_http, BT_ENTRY_HTTP, NULL, e) < 0)
		return bt_wrap(e, "gate.transparent.http");
	if (c->admin && open_admin(g, c->admin, e) < 0)
		return bt_wrap(e, "gate.admin");
	return open_forwards(g, e);
}

void bt_listen_close(struct bt_gate *g)
{
	struct bt_listener *l;

	while ((l = g->listeners)) {
		g->listeners = l->next;
		(void)event_del(&l->ev);
		(void)event_del(&l->again);
		(void)close(l->fd);
		if (l->sa.ss_family == AF_UNIX)
			(void)unlink(((const struct sockaddr_un *)&l->sa)->sun_path);
		free(l);
	}
}

static bool same_port(const struct sockaddr *a, const struct sockaddr_storage *b)
{
	return ((const struct sockaddr_in *)a)->sin_port ==
	       ((const struct sockaddr_in *)b)->sin_port; /* same place in sockaddr_in6 */
}

static bool same_addr(const struct sockaddr *a, const struct sockaddr_storage *b)
{
	const struct in_addr any4 = { INADDR_ANY };

	if (b->ss_family == AF_INET) {
		const struct in_addr *mine = &((const struct sockaddr_in *)b)->sin_addr;

		return memcmp(mine, &any4, 4) == 0 ||
		       memcmp(mine, &((const struct sockaddr_in *)a)->sin_addr, 4) == 0;
	}
	const struct in6_addr *mine = &((const struct sockaddr_in6 *)b)->sin6_addr;

	return IN6_IS_ADDR_UNSPECIFIED(mine) ||
	       memcmp(mine, &((const struct sockaddr_in6 *)a)->sin6_addr, 16) == 0;
}

bool bt_listen_is_ours(const struct bt_gate *g, const struct sockaddr *sa)
{
	for (const struct bt_listener *l = g->listeners; l; l = l->next)
		if (sa->sa_family == l->sa.ss_family && same_port(sa, &l->sa) &&
		    same_addr(sa, &l->sa))
			return true;
	return false;
}
