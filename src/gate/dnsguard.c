#include "dnsguard.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "bottle/hostset.h"
#include "bottle/ip.h"
#include "bottle/mem.h"
#include "handed.h"

#define TTL 60u        /* seconds an answer may be kept: a reload is felt within it */
#define BURST 64       /* datagrams a turn: others wait for the loop too */
#define TCP_IDLE_S 5   /* of a TCP client */
#define TCP_QUERIES 64 /* of one TCP client */
#define TCP_QUERY_MAX 1024u
#define REPEAT_S 60     /* a denied name is told again after this */
#define EVENTS_PER_S 20 /* an agent must not fill the log by asking */
#define SEEN 64

struct client {
	LIST_ENTRY(client) all;
	struct bt_dnsguard *guard;
	struct bufferevent *bev;
	unsigned queries;
};

struct bt_dnsguard {
	struct bt_dnsguard_policy p;
	struct bt_dnsguard_ops ops;
	struct bt_hostset *ported;
	struct event *udp;
	int fd; /* of udp */
	uint16_t port;
	struct evconnlistener *tcp;
	LIST_HEAD(dns_clients, client) clients;
	unsigned nclients;
	struct {
		uint32_t hash;
		time_t at;
	} seen[SEEN];
	time_t second;
	unsigned in_second;
	uint64_t unwritten;
};

static time_t now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + REPEAT_S; /* an empty slot (0) is never recent */
}

/* Was this name told lately, or too much told at all? */
static bool hushed(struct bt_dnsguard *g, const char *name)
{
	uint32_t h = 2166136261u;
	time_t t = now();

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	if (g->second != t)
		g->in_second = 0;
	g->second = t;
	if (g->seen[h % SEEN].hash == h && t - g->seen[h % SEEN].at < REPEAT_S)
		return true;
	if (g->in_second >= EVENTS_PER_S)
		return true;
	g->in_second++;
	g->seen[h % SEEN].hash = h;
	g->seen[h % SEEN].at = t;
	return false;
}

static void tell(struct bt_dnsguard *g, const struct bt_dns_query *q,
                 const struct bt_dns_ruling *ruling)
{
	struct bt_event ev = BT_EVENT("dns");
	char reason[BT_SCAN_REASON + 64];
	bool secret =
	        strcmp(ruling->scanner, "dlp") == 0 || strcmp(ruling->scanner, "core_dlp") == 0;

	if (hushed(g, q->name)) {
		g->unwritten++;
		return;
	}
	(void)snprintf(reason, sizeof reason, "%s", ruling->reason);
	if (g->unwritten)
		(void)snprintf(reason, sizeof reason, "%s (%llu more not written)", ruling->reason,
		               (unsigned long long)g->unwritten);
	g->unwritten = 0;
	ev.verdict = BT_BLOCK;
	ev.scanner = ruling->scanner;
	ev.rule = "dns";
	ev.host = secret ? "[redacted]" : q->name;
	ev.reason = reason;
	g->ops.event(g->ops.cookie, &ev);
}

static size_t addresses(const struct bt_dnsguard *g, const struct bt_strs *from,
                        struct bt_dns_addr *out, size_t cap)
{
	const struct bt_strs own = { (char **)(uintptr_t)&g->p.cfg->dns_address, 1 };
	struct bt_ip ip;
	struct bt_err e = { 0 };
	size_t n = 0;

	from = from ? from : &own;
	for (size_t i = 0; i < from->n && n < cap; i++) {
		if (!from->v[i] || bt_ip_parse(&ip, bt_str(from->v[i]), &e) < 0)
			continue; /* checked when the configuration was read */
		out[n].v6 = ip.family == 6;
		memcpy(out[n++].b, ip.b, sizeof ip.b);
	}
	return n;
}

/* The answer to one message; 0: none. */
static size_t answer(struct bt_dnsguard *g, const void *in, size_t n, uint8_t out[BT_DNS_MAX])
{
	struct bt_dns_query q = { 0 };
	struct bt_dns_ruling ruling;
	struct bt_dns_addr addrs[16];
	struct bt_err e = { 0 };

	if (bt_dns_parse(&q, in, n, &e) < 0)
		/* No answer to an answer: two of us would talk for ever. */
		return n >= BT_DNS_HEAD && !(((const uint8_t *)in)[2] & 0x80)
		               ? bt_dns_formerr(out, q.id)
		               : 0;
	bt_dnsguard_rule(&g->p, g->ported, &q, &ruling);
	if (ruling.scanner) {
		tell(g, &q, &ruling);
		return bt_dns_answer(out, &q, ruling.rcode, NULL, 0, 0);
	}
	return bt_dns_answer(out, &q, BT_DNS_NOERROR, addrs,
	                     addresses(g, ruling.addrs, addrs, sizeof addrs / sizeof *addrs), TTL);
}

static void on_udp(evutil_socket_t fd, short what, void *arg)
{
	uint8_t in[TCP_QUERY_MAX + 1], out[BT_DNS_MAX];

	(void)what;
	for (int i = 0; i < BURST; i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(fd, in, sizeof in, 0, (struct sockaddr *)&from, &len);

		if (n < 0)
			return;
		size_t m = (size_t)n < sizeof in ? answer(arg, in, (size_t)n, out) : 0;

		if (m) /* a full socket buffer loses the answer: the client asks again */
			(void)sendto(fd, out, m, MSG_NOSIGNAL, (struct sockaddr *)&from, len);
	}
}

static void drop(struct client *c)
{
	LIST_REMOVE(c, all);
	c->guard->nclients--;
	bufferevent_free(c->bev);
	free(c);
}

static void on_tcp_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what; /* end, error or timeout alike */
	drop(arg);
}

static void on_tcp_read(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	uint8_t head[2], msg[TCP_QUERY_MAX], out[2 + BT_DNS_MAX];

	while (evbuffer_copyout(in, head, 2) == 2) {
		size_t want = (size_t)head[0] << 8 | head[1];

		if (want > sizeof msg || ++c->queries > TCP_QUERIES) {
			drop(c);
			return;
		}
		if (evbuffer_get_length(in) < 2 + want) {
			c->queries--;
			return;
		}
		(void)evbuffer_drain(in, 2);
		(void)evbuffer_remove(in, msg, want);
		size_t n = answer(c->guard, msg, want, out + 2);

		if (!n) {
			drop(c);
			return;
		}
		out[0] = (uint8_t)(n >> 8);
		out[1] = (uint8_t)n;
		(void)bufferevent_write(bev, out, n + 2);
	}
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len,
                      void *arg)
{
	static const struct timeval idle = { TCP_IDLE_S, 0 };
	struct bt_dnsguard *g = arg;
	struct bufferevent *bev = NULL;

	(void)sa;
	(void)len;
	if (g->nclients < g->p.cfg->limits.dns_tcp_clients)
		bev = bufferevent_socket_new(evconnlistener_get_base(l), fd, BEV_OPT_CLOSE_ON_FREE);
	if (!bev) {
		(void)evutil_closesocket(fd);
		return;
	}
	struct client *c = bt_calloc(1, sizeof *c);

	c->guard = g;
	c->bev = bev;
	LIST_INSERT_HEAD(&g->clients, c, all);
	g->nclients++;
	bufferevent_setwatermark(bev, EV_READ, 0, 2 + TCP_QUERY_MAX);
	(void)bufferevent_set_timeouts(bev, &idle, &idle);
	bufferevent_setcb(bev, on_tcp_read, NULL, on_tcp_event, c);
	(void)bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static uint16_t *port_of(struct sockaddr_storage *sa)
{
	return sa->ss_family == AF_INET6 ? &((struct sockaddr_in6 *)sa)->sin6_port
	                                 : &((struct sockaddr_in *)sa)->sin_port;
}

#define TCP_BACKLOG 16
#define TCP_FLAGS (LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE)

static int open_udp(struct bt_dnsguard *g, struct sockaddr *sa, socklen_t *len, struct bt_err *e)
{
	int rc = bt_handed_take(&g->fd, SOCK_DGRAM, sa, *len, e);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	g->fd = socket(sa->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (g->fd < 0 || bind(g->fd, sa, *len) < 0 || getsockname(g->fd, sa, len) < 0)
		return bt_fail_sys(e, "bind");
	return 0;
}

static int open_tcp(struct bt_dnsguard *g, struct event_base *base, const struct sockaddr *sa,
                    socklen_t len, struct bt_err *e)
{
	int fd, rc = bt_handed_take(&fd, SOCK_STREAM, sa, len, e);

	if (rc < 0)
		return -1;
	g->tcp = rc > 0 ? evconnlistener_new(base, on_accept, g, TCP_FLAGS, 0, fd)
	                : evconnlistener_new_bind(base, on_accept, g, TCP_FLAGS, TCP_BACKLOG, sa,
	                                          (int)len);
	if (!g->tcp && rc > 0)
		(void)evutil_closesocket(fd);
	return g->tcp ? 0 : bt_fail_sys(e, "bind");
}

static int listen_both(struct bt_dnsguard *g, struct event_base *base, struct bt_err *e)
{
	const struct bt_gate_addr *at = &g->p.cfg->dns_listen;
	struct sockaddr_storage sa = at->sa;
	socklen_t len = at->len;

	if (open_udp(g, (struct sockaddr *)&sa, &len, e) < 0)
		return bt_wrap(e, "listen on udp %s", at->text);
	g->port = ntohs(*port_of(&sa));
	if (open_tcp(g, base, (struct sockaddr *)&sa, len, e) < 0)
		return bt_wrap(e, "listen on tcp %s", at->text);
	g->udp = event_new(base, g->fd, EV_READ | EV_PERSIST, on_udp, g);
	if (!g->udp || event_add(g->udp, NULL) < 0)
		return bt_fail(e, BT_LIMIT, "listen on udp %s: no event", at->text);
	return 0;
}

int bt_dnsguard_open(struct bt_dnsguard **out, struct event_base *base,
                     const struct bt_dnsguard_policy *p, const struct bt_dnsguard_ops *ops,
                     struct bt_err *e)
{
	struct bt_dnsguard *g = bt_calloc(1, sizeof *g);

	LIST_INIT(&g->clients);
	g->fd = -1;
	g->ops = *ops;
	bt_dnsguard_set(g, p);
	if (listen_both(g, base, e) < 0) {
		bt_dnsguard_close(g);
		return -1;
	}
	*out = g;
	return 0;
}

void bt_dnsguard_set(struct bt_dnsguard *g, const struct bt_dnsguard_policy *p)
{
	bt_hostset_close(g->ported);
	g->p = *p;
	g->ported = bt_dnsguard_ported(p->cfg);
}

void bt_dnsguard_close(struct bt_dnsguard *g)
{
	if (!g)
		return;
	for (struct client *c = LIST_FIRST(&g->clients), *next; c; c = next) {
		next = LIST_NEXT(c, all);
		drop(c);
	}
	if (g->udp)
		event_free(g->udp);
	if (g->fd >= 0)
		(void)evutil_closesocket(g->fd);
	if (g->tcp)
		evconnlistener_free(g->tcp);
	bt_hostset_close(g->ported);
	free(g);
}

uint16_t bt_dnsguard_port(const struct bt_dnsguard *g)
{
	return g->port;
}
