/* A whole connection of the gate, both sides of it in the fuzzer's hands and in memory. Whatever a
 * client and an upstream say, in whatever pieces: the upstream reads requests by the letter for the
 * one host that is allowed, or masked frames after a handshake; none of them holds the secret; and
 * when both sides are gone nothing of the connection is left.
 *
 * The input is a script: NUL and a letter switch what follows; c: the client says, u: the upstream
 * says, C and U: it stops sending, X and Y: it is reset, n: a NUL byte. It begins with the client.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/gate/conn.h"
#include "bottle/mem.h"
#include "bottle/wsframe.h"

#define SECRET "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
#define UPS 8 /* connections to the upstream in one run */
#define STEPS 200
#define MAX (256u * 1024u)

static const char config[] =
        "version: 1\nmode: strict\napi_allowlist: ['up.test:80']\nforward_proxy: {enabled: true}\n"
        "request_body_scanning: {action: block, max_body_bytes: 512, header_mode: all}\n"
        "gate: {resolve: {up.test: [1.1.1.1]}, stream_bodies: true,\n"
        "       limits: {connections: 8, body_bytes: 65536}}\n";

static struct bt_gate gate;
static struct up {
	int fd; /* our end; -1: gone */
	struct bt_buf got;
} ups[UPS];
static size_t nups;
static int client, events;

static void must(int fact)
{
	if (!fact)
		abort();
}

/* The gate dials: what it gets is one end of a pair. */
int connect(int fd, __CONST_SOCKADDR_ARG sa, socklen_t len)
{
	int two[2];

	(void)sa;
	(void)len;
	if (nups == UPS) {
		errno = ECONNREFUSED;
		return -1;
	}
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, two) == 0);
	must(dup2(two[0], fd) == fd);
	(void)close(two[0]);
	ups[nups++] = (struct up){ .fd = two[1], .got = BT_BUF(8u * BT_MIB) };
	return 0;
}

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

static void start(void)
{
	struct bt_err e = { 0 };
	char path[64];
	int fd = memfd_create("gate.yaml", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, config, sizeof config - 1) == (ssize_t)sizeof config - 1);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (bt_policy_load(&gate.policy, path, NULL, NULL, &e) < 0) {
		(void)fprintf(stderr, "%s\n", e.msg);
		abort();
	}
	(void)close(fd);
	gate.base = event_base_new();
	gate.pool = bt_pool_new(&gate);
	gate.h2_ups = bt_h2_ups_new(&gate);
	events = memfd_create("events", MFD_CLOEXEC);
	gate.events = bt_events_open(events, "fuzz");
	gate.records = true;
	(void)evtimer_assign(&gate.reaper, gate.base, on_reap, &gate);
	(void)evtimer_assign(&gate.flush, gate.base, on_flush, &gate);
	(void)evtimer_assign(&gate.turn, gate.base, on_flush, &gate);
}

static void hear(struct up *u)
{
	static char raw[65536];
	struct bt_err e = { 0 };
	ssize_t n;

	while (u->fd >= 0 && (n = recv(u->fd, raw, sizeof raw, 0)) > 0)
		must(bt_buf_add(&u->got, raw, (size_t)n, &e) == 0);
}

static bool client_hears(void)
{
	static char raw[65536];
	bool any = false;

	while (client >= 0 && recv(client, raw, sizeof raw, 0) > 0)
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
		any = false;
		(void)event_base_loop(gate.base, EVLOOP_NONBLOCK);
		any = client_hears();
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
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* One op of the script. *up: who speaks. */
static void op(uint8_t letter, bool *up)
{
	int *u = nups ? &ups[nups - 1].fd : NULL;

	if (letter == 'c' || letter == 'u')
		*up = letter == 'u';
	else if (letter == 'C' && client >= 0)
		(void)shutdown(client, SHUT_WR);
	else if (letter == 'U' && u && *u >= 0)
		(void)shutdown(*u, SHUT_WR);
	else if (letter == 'X')
		reset(&client);
	else if (letter == 'Y' && u)
		reset(u);
	else if (letter == 'n')
		say(*up ? (u ? *u : -1) : client, (const uint8_t *)"", 1);
	settle();
}

static void play(const uint8_t *d, size_t n)
{
	bool up = false;

	while (n) {
		const uint8_t *nul = memchr(d, 0, n);
		size_t k = nul ? (size_t)(nul - d) : n;

		say(up ? (nups ? ups[nups - 1].fd : -1) : client, d, k);
		settle();
		d += k;
		n -= k;
		if (n < 2)
			return;
		op(d[1], &up);
		d += 2;
		n -= 2;
	}
}

static void no_secret(const uint8_t *p, size_t n)
{
	must(n < sizeof SECRET - 1 || !memmem(p, n, SECRET, sizeof SECRET - 1));
}

/* Frames after a handshake: masked, and their messages clean. */
static void frames(uint8_t *p, size_t n)
{
	struct bt_ws_reader r = { 0 };
	struct bt_err e = { 0 };

	for (;;) {
		struct bt_str out;
		size_t used;
		int step = bt_ws_read(&r, p, n, &used, &out, &e);

		must(step >= 0);
		no_secret((const uint8_t *)out.p, out.n);
		must(step != BT_WS_DATA || r.frame.fin);
		p += used;
		n -= used;
		if (step == BT_WS_MORE)
			return;
	}
}

/* Where the body that begins at p ends; n: it is cut short. */
static size_t body_end(const struct bt_http_head *h, const uint8_t *p, size_t n)
{
	struct bt_chunked c = { 0 };
	struct bt_err e = { 0 };
	size_t at = 0;

	if (h->body == BT_BODY_LENGTH)
		return h->length < n ? (size_t)h->length : n;
	while (h->body == BT_BODY_CHUNKED) {
		struct bt_str data;
		size_t used = 0;
		int s = bt_chunked_step(&c, (struct bt_str){ (const char *)p + at, n - at }, &used,
		                        &data, &e);

		must(s >= 0);
		at += used;
		if (s != BT_CHUNK_DATA)
			return at;
	}
	return at;
}

/* Everything one upstream connection was sent. */
static void judge(struct up *u)
{
	static struct bt_http_head h;
	uint8_t *p = u->got.p;
	size_t n = u->got.len;
	bool ws = false;

	if (n && p[0] == 22) /* a tunnel of TLS that is left closed: nobody here reads it */
		return;
	no_secret(p, n);
	while (n) {
		size_t seen = 0, len = 0;
		struct bt_err e = { 0 };
		int whole;

		/* A WebSocket it may be from here on: no request begins with such a byte. */
		if (ws && (p[0] & 0x80)) {
			frames(p, n);
			return;
		}
		whole = bt_http_head_end(p, n, &seen, &len, &e);
		must(whole >= 0);
		if (!whole)
			return;
		must(bt_http_request(&h, p, len, &e) == 0);
		must(bt_str_eq(bt_http_find(&h, "host")->value, BT_STR_LIT("up.test")));
		must(h.target.p[0] == '/' && !bt_str_eq(h.method, BT_STR_LIT("CONNECT")));
		ws = bt_http_find(&h, "upgrade") != NULL;
		must(!ws || !bt_http_find(&h, "sec-websocket-extensions"));
		len += body_end(&h, p + len, n - len);
		p += len;
		n -= len;
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
	reset(&client);
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
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	int two[2];

	if (n > MAX)
		return 0;
	if (!gate.base)
		start();
	nups = 0;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, two) == 0);
	client = two[1];
	bt_conn_accept(&gate, two[0], BT_ENTRY_PROXY, NULL);
	settle();
	play(d, n);
	end();
	written();
	for (size_t i = 0; i < nups; i++) {
		judge(&ups[i]);
		bt_buf_free(&ups[i].got);
	}
	return 0;
}
