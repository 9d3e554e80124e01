#include "unit.h"
#include "../../src/gate/dnsguard.h"
#include "bottle/hostset.h"
#include "bottle/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static const char text[] =
        "mode: strict\napi_allowlist: [api.good.test, '*.wild.test', 'odd.test:8443']\n"
        "fetch_proxy: { monitoring: { blocklist: [bad.wild.test] } }\n"
        "gate: { dns: { listen: '127.0.0.1:0', address: 10.9.8.7,\n"
        "  names: { git.box: [10.9.8.6, 'fd00::6'] } }, limits: { dns_tcp_clients: 2 } }\n";

struct world {
	struct bt_gate_config *cfg;
	struct bt_scanner *scanner;
	struct bt_scan_scratch *scratch;
	struct event_base *base;
	struct bt_dnsguard *guard;
	struct sockaddr_in to;
	unsigned events;
	char host[300], reason[500];
};

static void note(void *cookie, const struct bt_event *ev)
{
	struct world *w = cookie;

	w->events++;
	(void)snprintf(w->host, sizeof w->host, "%s", ev->host);
	(void)snprintf(w->reason, sizeof w->reason, "%s", ev->reason);
}

static int setup(void **state)
{
	struct world *w = bt_calloc(1, sizeof *w);
	struct bt_err e = { 0 };

	assert_ok(bt_gate_config_parse(&w->cfg, bt_str(text), "/", &e), &e);
	assert_ok(bt_scanner_open(&w->scanner, NULL, &e), &e);
	assert_ok(bt_scan_scratch_open(&w->scratch, w->scanner, &e), &e);
	w->base = event_base_new();
	/* The port that UDP was given may be taken by TCP: then another is tried. */
	int rc = -1;

	for (int i = 0; rc < 0 && i < 8; i++)
		rc = bt_dnsguard_open(
		        &w->guard, w->base,
		        &(struct bt_dnsguard_policy){ w->cfg, w->scanner, w->scratch },
		        &(struct bt_dnsguard_ops){ note, w }, &e);
	assert_ok(rc, &e);
	w->to.sin_family = AF_INET;
	w->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	w->to.sin_port = htons(bt_dnsguard_port(w->guard));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	bt_dnsguard_close(w->guard);
	event_base_free(w->base);
	bt_scan_scratch_close(w->scratch);
	bt_scanner_close(w->scanner);
	bt_gate_config_free(w->cfg);
	free(w);
	return 0;
}

static size_t question(uint8_t *out, const char *name, unsigned type)
{
	size_t n = 12;

	memcpy(out, "\x12\x34\1\0\0\1\0\0\0\0\0\0", 12);
	while (*name) {
		size_t len = strcspn(name, ".");

		out[n++] = (uint8_t)len;
		memcpy(out + n, name, len);
		n += len;
		name += len + (name[len] == '.');
	}
	memcpy(out + n, "\0\0\0\0\1", 5);
	out[n + 2] = (uint8_t)type;
	return n + 5;
}

/* Ask by UDP; returns rcode, *count the answers, and the first address's bytes. */
static int ask(struct world *w, const char *name, unsigned type, int *count, uint8_t *addr)
{
	uint8_t m[600];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	size_t n = question(m, name, type);

	assert_int_equal(sendto(fd, m, n, 0, (struct sockaddr *)&w->to, sizeof w->to), (long)n);
	assert_int_equal(event_base_loop(w->base, EVLOOP_ONCE), 0);
	ssize_t got = recv(fd, m, sizeof m, MSG_DONTWAIT);

	(void)close(fd);
	assert_true(got >= 12);
	*count = m[7];
	if (addr && *count)
		memcpy(addr, m + n + 12, 4);
	return m[3] & 15;
}

static void an_allowed_name_has_the_gates_address(void **state)
{
	struct world *w = *state;
	uint8_t a[4];
	int n;

	assert_int_equal(ask(w, "API.good.test", BT_DNS_A, &n, a), BT_DNS_NOERROR);
	assert_int_equal(n, 1);
	assert_memory_equal(a, "\x0a\x09\x08\x07", 4);
	assert_int_equal(ask(w, "a.b.wild.test", BT_DNS_A, &n, a), BT_DNS_NOERROR);
	assert_int_equal(n, 1);
	assert_int_equal(ask(w, "odd.test", BT_DNS_A, &n, a), BT_DNS_NOERROR);
	assert_int_equal(n, 1);
	assert_int_equal(w->events, 0);
}

static void other_types_of_an_allowed_name_are_empty(void **state)
{
	struct world *w = *state;
	static const unsigned types[] = { BT_DNS_AAAA, 15, 16, 65, BT_DNS_ANY };
	int n;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		assert_int_equal(ask(w, "api.good.test", types[i], &n, NULL), BT_DNS_NOERROR);
		assert_int_equal(n, 0);
	}
}

static void a_siblings_name_has_its_own_addresses(void **state)
{
	struct world *w = *state;
	uint8_t a[4];
	int n;

	assert_int_equal(ask(w, "git.box", BT_DNS_A, &n, a), BT_DNS_NOERROR);
	assert_int_equal(n, 1);
	assert_memory_equal(a, "\x0a\x09\x08\x06", 4);
	assert_int_equal(ask(w, "git.box", BT_DNS_AAAA, &n, NULL), BT_DNS_NOERROR);
	assert_int_equal(n, 1);
}

static void all_else_does_not_exist_and_is_told_once(void **state)
{
	struct world *w = *state;
	int n;

	assert_int_equal(ask(w, "evil.test", BT_DNS_A, &n, NULL), BT_DNS_NXDOMAIN);
	assert_int_equal(n, 0);
	assert_int_equal(w->events, 1);
	assert_string_equal(w->host, "evil.test");
	assert_string_equal(w->reason, "domain not in allowlist: evil.test");
	assert_int_equal(ask(w, "evil.test", BT_DNS_AAAA, &n, NULL), BT_DNS_NXDOMAIN);
	assert_int_equal(w->events, 1);
	assert_int_equal(ask(w, "wild.test", BT_DNS_A, &n, NULL), BT_DNS_NXDOMAIN);
	assert_non_null(strstr(w->reason, "(1 more not written)"));
	assert_int_equal(ask(w, "bad.wild.test", BT_DNS_A, &n, NULL), BT_DNS_NXDOMAIN);
	assert_string_equal(w->reason, "domain blocked: bad.wild.test");
	assert_int_equal(ask(w, "1.0.0.127", BT_DNS_A, &n, NULL), BT_DNS_NXDOMAIN);
}

static void an_agent_cannot_fill_the_log_by_asking(void **state)
{
	struct world *w = *state;
	char name[32];
	int n;

	for (int i = 0; i < 400; i++) {
		(void)snprintf(name, sizeof name, "n%d.evil.test", i);
		assert_int_equal(ask(w, name, BT_DNS_A, &n, NULL), BT_DNS_NXDOMAIN);
	}
	assert_true(w->events >= 1 && w->events <= 60);
}

static void a_name_below_a_wildcard_carries_nothing_out(void **state)
{
	struct world *w = *state;
	int n;

	assert_int_equal(ask(w, "q7x2k9v4m1z8w3p6r5t0y2u4i6o8a1s3.wild.test", BT_DNS_A, &n, NULL),
	                 BT_DNS_NXDOMAIN);
	assert_int_equal(w->events, 1);
}

static void by_tcp_the_same_and_only_so_many_at_once(void **state)
{
	struct world *w = *state;
	uint8_t m[600];
	int fd[3];

	for (int i = 0; i < 3; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(connect(fd[i], (struct sockaddr *)&w->to, sizeof w->to), 0);
		assert_int_equal(event_base_loop(w->base, EVLOOP_ONCE), 0);
	}
	assert_int_equal(recv(fd[2], m, 1, 0), 0); /* the third is one too many */
	size_t n = question(m + 2, "api.good.test", BT_DNS_A);

	m[0] = 0;
	m[1] = (uint8_t)n;
	assert_int_equal(send(fd[0], m, 1, 0), 1); /* cut inside the length */
	assert_int_equal(event_base_loop(w->base, EVLOOP_ONCE), 0);
	assert_int_equal(send(fd[0], m + 1, n + 1, 0), (long)n + 1);
	ssize_t got = -1;

	for (int i = 0; i < 5 && got < 0; i++) {
		assert_int_equal(event_base_loop(w->base, EVLOOP_NONBLOCK), 0);
		got = recv(fd[0], m, sizeof m, MSG_DONTWAIT);
	}
	assert_int_equal(got, (long)(2 + n + 16));
	assert_int_equal(m[1], n + 16);
	m[0] = 0xff; /* a query of 65 KB is no query */
	assert_int_equal(send(fd[1], m, 2, 0), 2);
	assert_int_equal(event_base_loop(w->base, EVLOOP_ONCE), 0);
	assert_int_equal(recv(fd[1], m, 1, 0), 0);
	for (int i = 0; i < 3; i++)
		(void)close(fd[i]);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_allowed_name_has_the_gates_address),
		T(other_types_of_an_allowed_name_are_empty),
		T(a_siblings_name_has_its_own_addresses),
		T(all_else_does_not_exist_and_is_told_once),
		T(an_agent_cannot_fill_the_log_by_asking),
		T(a_name_below_a_wildcard_carries_nothing_out),
		T(by_tcp_the_same_and_only_so_many_at_once),
	};
	return cmocka_run_group_tests_name("dnsguard", tests, NULL, NULL);
}
