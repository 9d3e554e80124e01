/* dial.c - resolve, judge, connect. */
#include "dial.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/dns.h>
#include <event2/event_struct.h>
#include <event2/util.h>

#include "bottle/mem.h"
#include "conn.h"
#include "parent.h"
#include "race.h"

struct bt_dial {
	struct bt_conn *conn; /* NULL: cancelled, only DNS still holds this */
	struct bt_host host;  /* who is dialled: the aim, or the parent proxy */
	uint16_t port;
	struct bt_host aim;
	uint16_t aim_port;
	bool by_parent;
	struct bt_parent *parent;               /* it was asked for a way */
	struct bt_race_addr addrs[BT_RACE_MAX]; /* further ones are judged, not dialled */
	size_t naddrs;
	struct bt_race *race;
	int fd;
	bool asking; /* evdns will call once more */
	struct evdns_getaddrinfo_request *req;
	struct bt_dialed result;
	struct event ev; /* "tell them" */
};

static void release(struct bt_dial *d)
{
	(void)event_del(&d->ev);
	bt_race_cancel(d->race);
	d->race = NULL;
	bt_parent_cancel(d->parent);
	d->parent = NULL;
	if (d->fd >= 0)
		(void)close(d->fd);
	if (d->asking) { /* freed by on_resolved */
		d->conn = NULL;
		d->fd = -1;
		evdns_getaddrinfo_cancel(d->req);
		return;
	}
	free(d);
}

void bt_dial_cancel(struct bt_conn *c)
{
	if (c->dial)
		release(BT_STEAL(c->dial));
}

/* The policy changed while this was dialled: the address has to pass the new one too. */
static bool still_allowed(struct bt_dial *d)
{
	const struct bt_gate *g = d->conn->gate;
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof ss;

	if (d->fd < 0 || d->by_parent || g->policy == d->conn->policy)
		return true;
	return getpeername(d->fd, (struct sockaddr *)&ss, &len) == 0 &&
	       bt_policy_address(g->policy, &d->host, (struct sockaddr *)&ss, &d->result.denial) !=
	               BT_RULING_DENY;
}

static void tell(struct bt_dial *d)
{
	struct bt_conn *c = d->conn;
	struct bt_dialed result;

	if (!still_allowed(d)) {
		(void)close(d->fd);
		d->fd = -1;
	}
	result = d->result;
	result.fd = d->fd;
	d->fd = -1;
	c->dial = NULL;
	release(d);
	if (c->stage->dialed)
		c->stage->dialed(c, &result);
	else if (result.fd >= 0)
		(void)close(result.fd);
}

static void on_tell(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell(arg);
}

static void tell_later(struct bt_dial *d)
{
	(void)evtimer_assign(&d->ev, d->conn->gate->base, on_tell, d);
	event_active(&d->ev, EV_TIMEOUT, 0);
}

static void on_parent(void *arg, unsigned status)
{
	struct bt_dial *d = arg;

	d->parent = NULL;
	if (status < 200 || status > 299) {
		(void)close(d->fd);
		d->fd = -1;
		bt_deny(&d->result.denial, 502, "upstream", "parent_proxy",
		        status ? "parent proxy refused: %u" : "parent proxy did not answer",
		        status);
	}
	tell(d);
}

static void ask_parent(struct bt_dial *d)
{
	const struct bt_gate_config *cfg = d->conn->policy->cfg;
	struct bt_parent_way way = { .proxy = &cfg->parent,
		                     .host = &d->aim,
		                     .port = d->aim_port,
		                     .ms = cfg->limits.dial_ms };

	d->parent = bt_parent_start(d->conn->gate->base, d->fd, &way, on_parent, d);
}

/* Where none answers: 502 and no word about which of them there were. */
static void on_race(void *arg, int fd)
{
	struct bt_dial *d = arg;

	d->race = NULL;
	d->fd = fd;
	if (fd < 0)
		bt_deny(&d->result.denial, 502, "upstream", "dial", "tunnel dial failed");
	if (fd >= 0 && d->by_parent)
		ask_parent(d);
	else
		tell(d);
}

static void connect_one(struct bt_dial *d)
{
	d->race = bt_race_start(d->conn->gate->base, d->addrs, d->naddrs,
	                        d->conn->policy->cfg->limits.dial_ms, on_race, d);
}

/* One more address. False: it is not allowed, and so the whole name is not. */
static bool take(struct bt_dial *d, const struct sockaddr *sa, socklen_t len)
{
	struct bt_race_addr *a = &d->addrs[d->naddrs];
	struct sockaddr_storage ss;

	if (len > sizeof ss)
		return true;
	memset(&ss, 0, sizeof ss);
	memcpy(&ss, sa, len);
	if (ss.ss_family == AF_INET)
		((struct sockaddr_in *)&ss)->sin_port = htons(d->port);
	else if (ss.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&ss)->sin6_port = htons(d->port);
	else
		return true;
	sa = (const struct sockaddr *)&ss;
	if (bt_listen_is_ours(d->conn->gate, sa)) {
		bt_deny(&d->result.denial, 403, "ssrf", "loop", "SSRF blocked: %s is this gate",
		        d->host.s);
		return false;
	}
	/* The operator names the parent, which is wherever it is. */
	if (!d->by_parent &&
	    bt_policy_address(d->conn->policy, &d->host, sa, &d->result.denial) == BT_RULING_DENY)
		return false;
	/* Half of the places are IPv4's. */
	if (d->naddrs < (ss.ss_family == AF_INET6 ? BT_RACE_MAX / 2 : BT_RACE_MAX)) {
		a->sa = ss;
		a->len = len;
		d->naddrs++;
	}
	return true;
}

static bool take_text(struct bt_dial *d, const char *ip)
{
	struct sockaddr_storage ss;
	int len = sizeof ss;

	memset(&ss, 0, sizeof ss);
	if (evutil_parse_sockaddr_port(ip, (struct sockaddr *)&ss, &len) == 0)
		return take(d, (struct sockaddr *)&ss, (socklen_t)len);
	bt_deny(&d->result.denial, 403, "ssrf", "resolve", "SSRF check failed: bad address for %s",
	        d->host.s);
	return false;
}

static void unresolved(struct bt_dial *d, const char *why)
{
	bt_deny(&d->result.denial, 403, "ssrf", "dns",
	        "SSRF check failed: DNS resolution error for %s: %s", d->host.s, why);
	tell_later(d);
}

static void on_resolved(int err, struct evutil_addrinfo *res, void *arg)
{
	struct bt_dial *d = arg;
	bool ok = true;

	d->asking = false;
	if (!d->conn) { /* cancelled meanwhile */
		if (res)
			evutil_freeaddrinfo(res);
		free(d);
		return;
	}
	if (err || !res) {
		unresolved(d, err ? evutil_gai_strerror(err) : "no address");
		return;
	}
	for (int v4 = 0; v4 < 2; v4++) /* IPv6 goes first */
		for (struct evutil_addrinfo *a = res; a && ok; a = a->ai_next)
			if ((a->ai_family != AF_INET6) == v4)
				ok = take(d, a->ai_addr, (socklen_t)a->ai_addrlen);
	evutil_freeaddrinfo(res);
	if (ok)
		connect_one(d);
	else
		tell_later(d);
}

static void ask(struct bt_dial *d)
{
	struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC,
		                         .ai_socktype = SOCK_STREAM,
		                         .ai_protocol = IPPROTO_TCP,
		                         .ai_flags = EVUTIL_AI_ADDRCONFIG };
	struct evdns_getaddrinfo_request *req;

	d->asking = true;
	req = evdns_getaddrinfo(d->conn->gate->dns, d->host.s, NULL, &hints, on_resolved, d);
	if (req) /* else on_resolved ran already, and d may be gone */
		d->req = req;
}

/* Through the parent, if there is one: not what has a fixed address, which is reached from here.
 * An address that stands in the request itself is judged here all the same. */
static bool turn_to_parent(struct bt_dial *d, const struct bt_gate_config *cfg)
{
	if (!cfg->parent.port || bt_gate_config_resolve(cfg, d->host.s))
		return true;
	if (d->host.kind != BT_HOST_NAME && !take_text(d, d->host.s))
		return false;
	d->naddrs = 0;
	d->by_parent = true;
	d->host = cfg->parent.host;
	d->port = cfg->parent.port;
	return true;
}

static struct bt_dial *begin(struct bt_conn *c)
{
	struct bt_dial *d = bt_calloc(1, sizeof *d);

	bt_dial_cancel(c);
	d->conn = c;
	d->fd = -1;
	c->dial = d;
	(void)evtimer_assign(&d->ev, c->gate->base, on_tell, d);
	return d;
}

void bt_dial_spare(struct bt_conn *c)
{
	struct bt_dial *d = begin(c);

	d->result.spared = true;
	tell_later(d);
}

void bt_dial_start(struct bt_conn *c, const struct bt_host *host, uint16_t port)
{
	struct bt_dial *d = begin(c);

	d->host = d->aim = *host;
	d->port = d->aim_port = port;
	bool ok = turn_to_parent(d, c->policy->cfg);
	const struct bt_strs *fixed = bt_gate_config_resolve(c->policy->cfg, d->host.s);

	if (ok && !fixed && d->host.kind == BT_HOST_NAME) {
		ask(d);
		return;
	}
	if (ok && !fixed)
		ok = take_text(d, d->host.s);
	for (size_t i = 0; fixed && ok && i < fixed->n; i++)
		ok = take_text(d, fixed->v[i]);
	if (ok)
		connect_one(d);
	else
		tell_later(d);
}
