/* A whole connection of the gate, both sides of it in the fuzzer's hands and in memory. Whatever
 * clients and upstreams say, in whatever pieces, by HTTP/1, HTTP/2 or WebSocket, behind TLS or not:
 * an upstream reads requests by the letter for the one host that is allowed, or masked frames after
 * a handshake; none of them holds the secret; and when all sides are gone nothing is left.
 *
 * The input is a script: NUL and a letter switch what follows; it begins with the first client.
 * c, d: the first, second client says; u, v: the last, last but one upstream says
 * C, D, U: that side stops sending; X, Z, Y: it is reset
 * n: a NUL byte; b: the next byte says how many raw ones follow
 * f: type, flags, stream, length and as many bytes are a frame of HTTP/2; F: so many A's, in 4 KiB
 * h, H: the client, the upstream agrees on HTTP/2 from now on; w: handshakes wait, or do no more
 * e: the next handshake fails; t: whoever has a deadline has passed it; r: the next policy
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/gate/h2_up_int.h"
#include "../../src/gate/reload.c" /* its close_removed */
#include "../../src/gate/splice.h"
#include "bottle/ca.h"
#include "conn_ups.h"

#define STEPS 200
#define MAX (256u * 1024u)
#define POLICIES 3

/* The second closes the tunnels, the third everything. */
static const char *const allowed[POLICIES] = { "'up.test', 'pass.test'", "'up.test'",
	                                       "'elsewhere.test'" };
static struct bt_policy *policies[POLICIES];
static struct bt_gate gate;
static int client[2], events;

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	bt_conn_free_dead(arg);
	bt_pool_free_dead(gate.pool);
	bt_h2_ups_free_dead(gate.h2_ups);
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	(void)bt_events_flush(gate.events);
}

static struct bt_policy *load(const struct bt_ca *ca, const char *hosts)
{
	struct bt_policy *p = NULL;
	struct bt_err e = { 0 };
	char text[1024], path[64];
	int fd = memfd_create("gate.yaml", MFD_CLOEXEC);
	int n = snprintf(text, sizeof text,
	                 "version: 1\nmode: strict\napi_allowlist: [%s]\n"
	                 "forward_proxy: {enabled: true}\n"
	                 "request_body_scanning: {action: block, max_body_bytes: 512, "
	                 "header_mode: all}\n"
	                 "tls_interception: {enabled: true, ca_cert: %s, ca_key: %s,\n"
	                 "  passthrough_domains: [pass.test]}\n"
	                 "gate: {resolve: {up.test: [1.1.1.1], pass.test: [1.1.1.2]},\n"
	                 "  stream_bodies: true, limits: {connections: 24, body_bytes: 65536}}\n",
	                 hosts, bt_ca_cert_path(ca), bt_ca_key_path(ca));

	must(fd >= 0 && n < (int)sizeof text && write(fd, text, (size_t)n) == n);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (bt_policy_load(&p, path, NULL, NULL, &e) < 0) {
		(void)fprintf(stderr, "%s\n", e.msg);
		abort();
	}
	(void)close(fd);
	return p;
}

static void start(void)
{
	static struct bt_ca *ca;
	struct bt_err e = { 0 };

	must(bt_ca_create_memory(&ca, "fuzz", 1, &e) == 0);
	for (size_t i = 0; i < POLICIES; i++)
		policies[i] = load(ca, allowed[i]);
	gate.policy = bt_policy_ref(policies[0]);
	gate.base = event_base_new();
	gate.pool = bt_pool_new(&gate);
	gate.h2_ups = bt_h2_ups_new(&gate);
	gate.pipes = bt_pipes_new();
	events = memfd_create("events", MFD_CLOEXEC);
	gate.events = bt_events_open(events, "fuzz");
	gate.records = true;
	(void)evtimer_assign(&gate.reaper, gate.base, on_reap, &gate);
	(void)evtimer_assign(&gate.flush, gate.base, on_flush, &gate);
	(void)evtimer_assign(&gate.turn, gate.base, on_flush, &gate);
}

/* As reload.c does it, but nothing is loaded. */
static void put_in_force(const struct bt_policy *p)
{
	struct bt_policy *old = gate.policy;

	if (p == old)
		return;
	gate.policy = bt_policy_ref((struct bt_policy *)p);
	bt_policy_unref(old);
	close_removed(&gate);
}

static void next_policy(void)
{
	size_t i = 0;

	while (policies[i] != gate.policy)
		i++;
	put_in_force(policies[(i + 1) % POLICIES]);
}

static void pass_deadlines(void)
{
	for (struct bt_conn *c = gate.conns; c; c = c->next)
		if (c->deadline_ms) {
			c->deadline_ms = 1;
			event_active(&c->timer, EV_TIMEOUT, 0);
		}
}

static bool client_hears(int fd)
{
	static char raw[65536];
	bool any = false;

	while (fd >= 0 && recv(fd, raw, sizeof raw, 0) > 0)
		any = true;
	return any;
}

/* Until nothing moves any more. */
static void settle(void)
{
	size_t before;
	int i = 0;
	bool any = true;

	for (; any && i < STEPS; i++) {
		(void)event_base_loop(gate.base, EVLOOP_NONBLOCK);
		any = client_hears(client[0]);
		any = client_hears(client[1]) || any;
		for (size_t k = 0; k < nups; k++) {
			before = ups[k].got.len;
			hear(&ups[k]);
			any = any || ups[k].got.len != before;
		}
	}
	(void)event_base_loop(gate.base, EVLOOP_NONBLOCK);
}

static void say(int fd, const uint8_t *p, size_t n)
{
	while (fd >= 0 && n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

		if (w <= 0)
			return; /* full or gone: the rest is lost */
		p += w;
		n -= (size_t)w;
		if (n)
			settle();
	}
}

static void reset(int *fd)
{
	if (fd && *fd >= 0)
		(void)close(*fd);
	if (fd)
		*fd = -1;
}

static void come(int *fd)
{
	int two[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, two) == 0);
	*fd = two[1];
	bt_conn_accept(&gate, two[0], NULL, BT_ENTRY_PROXY, NULL);
	settle();
}

/* The end that a letter means; NULL: there is none. */
static int *end_of(uint8_t letter)
{
	if (letter == 'c' || letter == 'C' || letter == 'X')
		return &client[0];
	if (letter == 'd' || letter == 'D' || letter == 'Z')
		return &client[1];
	if (letter == 'v')
		return nups > 1 ? &ups[nups - 2].fd : NULL;
	return nups ? &ups[nups - 1].fd : NULL;
}

static void say_as(int *who, const uint8_t *p, size_t n)
{
	if (who)
		say(*who, p, n);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Ops with bytes of their own. How many of d they used. */
static size_t op_bytes(uint8_t letter, int *who, const uint8_t *d, size_t n)
{
	static uint8_t many[9 + 4096];
	uint8_t head[9] = { 0 };
	size_t len = letter == 'f' && n >= 4 ? d[3] : n ? d[0] : 0;

	if (letter == 'F') {
		memset(many, 'A', sizeof many);
		for (size_t i = 0; i < len; i++)
			say_as(who, many, 4096);
		return n ? 1 : 0;
	}
	if (letter == 'b') {
		len = least(len, n ? n - 1 : 0);
		say_as(who, d + 1, len);
		return n ? 1 + len : 0;
	}
	if (n < 4)
		return n;
	len = least(len, n - 4);
	head[2] = (uint8_t)len;
	head[3] = d[0];
	head[4] = d[1];
	head[8] = d[2];
	memcpy(many, head, sizeof head);
	memcpy(many + sizeof head, d + 4, len);
	say_as(who, many, sizeof head + len);
	return 4 + len;
}

static void op_state(uint8_t letter)
{
	int *end = end_of(letter);

	if ((letter == 'C' || letter == 'D' || letter == 'U') && end && *end >= 0)
		(void)shutdown(*end, SHUT_WR);
	else if (letter == 'X' || letter == 'Y' || letter == 'Z')
		reset(end);
	else if (letter == 'h')
		tls_says.client_h2 = !tls_says.client_h2;
	else if (letter == 'H')
		tls_says.up_h2 = !tls_says.up_h2;
	else if (letter == 'w')
		tls_says.wait = !tls_says.wait;
	else if (letter == 'e')
		tls_says.fail = true;
	else if (letter == 't')
		pass_deadlines();
	else if (letter == 'r')
		next_policy();
}

static void play(const uint8_t *d, size_t n)
{
	uint8_t who = 'c';

	while (n) {
		const uint8_t *nul = memchr(d, 0, n);
		size_t k = nul ? (size_t)(nul - d) : n;
		uint8_t letter;

		say_as(end_of(who), d, k);
		settle();
		if (n - k < 2)
			return;
		letter = d[k + 1];
		d += k + 2;
		n -= k + 2;
		k = 0;
		if (letter == 'd' && client[1] < 0)
			come(&client[1]);
		if (letter == 'c' || letter == 'd' || letter == 'u' || letter == 'v')
			who = letter;
		else if (letter == 'n')
			say_as(end_of(who), (const uint8_t *)"", 1);
		else if (letter == 'b' || letter == 'f' || letter == 'F')
			k = op_bytes(letter, end_of(who), d, n);
		else
			op_state(letter);
		settle();
		d += k;
		n -= k;
	}
}

/* What was written down: lines of JSON without the secret. */
static void written(void)
{
	static uint8_t text[1u << 20];
	ssize_t n;

	must(bt_events_flush(gate.events));
	n = pread(events, text, sizeof text, 0);
	must(n >= 0 && (n == 0 || text[n - 1] == '\n' || n == (ssize_t)sizeof text));
	no_secret(text, (size_t)n);
	must(ftruncate(events, 0) == 0 && lseek(events, 0, SEEK_SET) == 0);
}

static void end(void)
{
	memset(&tls_says, 0, sizeof tls_says);
	reset(&client[0]);
	reset(&client[1]);
	settle();
	for (size_t i = 0; i < nups; i++) {
		reset(&ups[i].fd);
		settle();
	}
	while (gate.conns) /* what lingers: its time is not waited for */
		bt_conn_close(gate.conns);
	bt_pool_clear(gate.pool);
	bt_h2_ups_clear(gate.h2_ups);
	(void)event_base_loop(gate.base, EVLOOP_NONBLOCK);
	must(gate.nconns == 0 && gate.ntunnels == 0 && gate.held == 0 && !gate.dead);
	must(TAILQ_EMPTY(&gate.h2_ups->live) && TAILQ_EMPTY(&gate.h2_ups->waiting));
	put_in_force(policies[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	if (n > MAX)
		return 0;
	if (!gate.base)
		start();
	nups = 0;
	client[0] = client[1] = -1;
	come(&client[0]);
	play(d, n);
	end();
	written();
	for (size_t i = 0; i < nups; i++) {
		judge(&ups[i]);
		bt_buf_free(&ups[i].got);
	}
	return 0;
}
