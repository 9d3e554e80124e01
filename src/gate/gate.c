/* gate.c - the process: opened whole or not at all, run until told to stop, taken down in order. */
#include "bottle/gate.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bottle/log.h"
#include "bottle/mem.h"
#include "conn.h"
#include "handed.h"
#include "splice.h"

#define GRACE_MS 5000u /* for what is open when we are told to stop */
#define FLUSH_MS 20u   /* until a slow reader of events is tried again */
#define DNS_TRIES "2"
#define DNS_SKEW_S "0.3"

static struct timeval in_ms(uint64_t ms)
{
	return (struct timeval){ .tv_sec = (time_t)(ms / 1000),
		                 .tv_usec = (suseconds_t)(ms % 1000 * 1000) };
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	bt_conn_free_dead(arg);
	bt_pool_free_dead(((struct bt_gate *)arg)->pool);
	bt_h2_ups_free_dead(((struct bt_gate *)arg)->h2_ups);
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct bt_gate *g = arg;
	struct timeval tv = in_ms(FLUSH_MS);

	(void)fd;
	(void)what;
	if (!bt_events_flush(g->events))
		(void)evtimer_add(&g->flush, &tv);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct bt_gate *g = arg;

	if (!evtimer_pending(&g->flush, NULL))
		on_flush(fd, what, g);
}

/* What was allowed is written together when the loop has done what it woke for, before it sleeps;
 * all else at once, and what waits before it (docs/adr/0040). */
void bt_gate_event(struct bt_gate *g, const struct bt_event *ev)
{
	(void)bt_event_queue(g->events, ev);
	if (ev->verdict == BT_ALLOW)
		event_active(&g->turn, EV_TIMEOUT, 0);
	else
		on_turn(-1, 0, g);
}

/* The answer holds for a millisecond: asking costs as much as reading a request. */
static bool recorded(struct bt_gate *g)
{
	uint64_t now = bt_now_ms();
	bool was = g->records;

	if (g->records_asked_ms == now)
		return was;
	g->records_asked_ms = now;
	g->records = bt_events_ready(g->events);
	if (was && !g->records)
		log_error("gate.events", "events cannot be written: nothing is let through");
	if (g->records && !was)
		log_info("gate.events", "events can be written again");
	return g->records;
}

bool bt_gate_unrecorded(struct bt_gate *g, const struct bt_policy *p, struct bt_denial *d)
{
	if ((!p->cfg->log.allowed && !p->cfg->log.blocked) || recorded(g))
		return false;
	bt_deny(d, 503, "events", "unwritten", "events cannot be written: nothing is let through");
	return true;
}

void bt_gate_event_refused(struct bt_gate *g, const struct bt_policy *p, struct bt_event *ev)
{
	if (!p->cfg->log.blocked)
		return;
	if (ev->path && !ev->redact_path)
		ev->redact_path = bt_policy_tells(p, ev->path);
	if (ev->host && bt_policy_tells(p, ev->host))
		ev->host = "[redacted]";
	if (ev->reason && bt_policy_tells(p, ev->reason))
		ev->reason = "[redacted]";
	bt_gate_event(g, ev);
}

static void on_grace(evutil_socket_t fd, short what, void *arg)
{
	struct bt_gate *g = arg;

	(void)fd;
	(void)what;
	(void)event_base_loopbreak(g->base);
}

/* No new connections; requests under way may end, what is idle or endless is closed. */
static void on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct bt_gate *g = arg;
	struct timeval tv = in_ms(GRACE_MS);

	(void)fd;
	(void)what;
	if (g->stopping) { /* told twice: now */
		(void)event_base_loopbreak(g->base);
		return;
	}
	g->stopping = true;
	bt_listen_close(g);
	bt_pool_clear(g->pool);
	bt_h2_ups_clear(g->h2_ups);
	bt_conn_close_idle(g);
	if (g->nconns == 0)
		(void)event_base_loopbreak(g->base);
	else
		(void)evtimer_add(&g->grace, &tv);
}

static void dns_options(struct bt_gate *g)
{
	char timeout[32];
	uint64_t ms = g->policy->cfg->limits.dns_ms;

	(void)snprintf(timeout, sizeof timeout, "%llu.%03llu", (unsigned long long)(ms / 2000),
	               (unsigned long long)(ms / 2 % 1000));
	(void)evdns_base_set_option(g->dns, "timeout:", timeout);
	(void)evdns_base_set_option(g->dns, "attempts:", DNS_TRIES);
	/* An address that comes later than this after the other family's is not waited for. */
	(void)evdns_base_set_option(g->dns, "getaddrinfo-allow-skew:", DNS_SKEW_S);
	/* Some resolvers answer in lower case whatever was asked. */
	(void)evdns_base_set_option(g->dns, "randomize-case:", "0");
}

static int open_dns(struct bt_gate *g, struct bt_err *e)
{
	const struct bt_gate_config *cfg = g->policy->cfg;

	g->dns = evdns_base_new(g->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!g->dns)
		return bt_fail(e, BT_SYS, "cannot set up DNS");
	/* No search domains: the name that was allowed is the name that is asked for. */
	(void)evdns_base_resolv_conf_parse(
	        g->dns, DNS_OPTION_HOSTSFILE | (cfg->nresolvers ? 0 : DNS_OPTION_NAMESERVERS),
	        "/etc/resolv.conf");
	for (size_t i = 0; i < cfg->nresolvers; i++) {
		const struct bt_gate_addr *a = &cfg->resolvers[i];

		if (evdns_base_nameserver_sockaddr_add(g->dns, (const struct sockaddr *)&a->sa,
		                                       a->len, 0) != 0)
			return bt_fail(e, BT_INVALID, "gate.resolvers: cannot ask %s", a->text);
	}
	dns_options(g);
	return 0;
}

static int open_loop(struct bt_gate *g, struct bt_err *e)
{
	g->base = event_base_new();
	if (!g->base)
		return bt_fail(e, BT_SYS, "cannot set up the event loop");
	(void)signal(SIGPIPE, SIG_IGN);
	g->clients = bt_clients_new();
	g->pool = bt_pool_new(g);
	g->h2_ups = bt_h2_ups_new(g);
	g->pipes = bt_pipes_new();
	(void)evtimer_assign(&g->reaper, g->base, on_reap, g);
	(void)evtimer_assign(&g->flush, g->base, on_flush, g);
	(void)evtimer_assign(&g->turn, g->base, on_turn, g);
	(void)evtimer_assign(&g->grace, g->base, on_grace, g);
	bt_tidy_open(g);
	(void)evsignal_assign(&g->term, g->base, SIGTERM, on_stop, g);
	(void)evsignal_assign(&g->intr, g->base, SIGINT, on_stop, g);
	if (event_add(&g->term, NULL) < 0 || event_add(&g->intr, NULL) < 0)
		return bt_fail(e, BT_SYS, "cannot wait for signals");
	return open_dns(g, e);
}

static int open_all(struct bt_gate *g, const struct bt_gate_spec *s, struct bt_err *e)
{
	if (bt_harden(e) < 0 || (s->known >= 0 && bt_watched_read(&g->watched, s->known, e) < 0) ||
	    bt_policy_load(&g->policy, g->config, g->ops, bt_watched_set(g->watched), e) < 0 ||
	    open_loop(g, e) < 0)
		return -1;
	g->events = bt_events_open(s->events, g->policy->cfg->slug);
	bt_leg_budget((size_t)g->policy->cfg->limits.buffer_bytes);
	g->records = true;
	if (bt_listen_open(g, e) < 0 || bt_beside_open(g, e) < 0 || bt_reload_open(g, e) < 0 ||
	    bt_harden_bound(g->policy->cfg, e) < 0)
		return -1;
	return 0;
}

int bt_gate_open(struct bt_gate **out, const struct bt_gate_spec *s, struct bt_err *e)
{
	struct bt_gate *g = bt_calloc(1, sizeof *g);

	g->config = bt_strdup(s->config);
	g->ops = s->ops;
	if (open_all(g, s, e) < 0) {
		bt_gate_close(g);
		return -1;
	}
	*out = g;
	return 0;
}

int bt_gate_check(const char *config, const struct bt_gate_ops *ops, struct bt_err *e)
{
	struct bt_policy *p = NULL;

	if (bt_policy_check(&p, config, ops, e) < 0)
		return -1;
	bt_policy_unref(p);
	return 0;
}

int bt_gate_run(struct bt_gate *g, struct bt_err *e)
{
	struct bt_event ready = BT_EVENT("ready");

	bt_harden_calls();
	bt_gate_event(g, &ready);
	bt_handed_ready();
	if (event_base_dispatch(g->base) < 0)
		return bt_fail(e, BT_SYS, "the event loop failed");
	return 0;
}

static void close_conns(struct bt_gate *g)
{
	while (g->conns)
		bt_conn_close(g->conns);
	bt_conn_free_dead(g);
}

/* Calls what DNS still owes an answer to, so that nothing of it is left. */
static void close_dns(struct bt_gate *g)
{
	if (!g->dns)
		return;
	evdns_base_free(g->dns, 1);
	(void)event_base_loop(g->base, EVLOOP_NONBLOCK);
}

void bt_gate_close(struct bt_gate *g)
{
	if (!g)
		return;
	bt_reload_close(g);
	bt_beside_close(g);
	bt_listen_close(g);
	if (g->base) {
		close_conns(g);
		(void)event_del(&g->term);
		(void)event_del(&g->intr);
		(void)event_del(&g->grace);
		(void)event_del(&g->flush);
		(void)event_del(&g->turn);
		bt_tidy_close(g);
		if (event_initialized(&g->lifeline))
			(void)event_del(&g->lifeline);
		close_dns(g);
		bt_pool_free(g->pool);
		bt_clients_free(g->clients);
		bt_h2_ups_free(g->h2_ups);
		bt_pipes_free(g->pipes);
		(void)event_del(&g->reaper);
	}
	bt_events_close(g->events);
	bt_policy_unref(g->policy);
	bt_watched_free(g->watched);
	if (g->base)
		event_base_free(g->base);
	free(g->config);
	free(g);
}
