/* bench_load.c PROXY UPSTREAM NAME CONNECTIONS SECONDS BODY [MODE] - requests through a proxy, or
 * straight where PROXY is 0; both are ports of 127.0.0.1. BODY 0: GET, else a POST of so many
 * bytes. MODE keep: TLS through CONNECT over kept connections; new: a connection, CONNECT, TLS and
 * one request each time; plain: HTTP in absolute form over kept connections; hold: one request a
 * connection, which then stays open until standard input ends; first: as new, to hosts hN.NAME from
 * N = BODY on, each once at UPSTREAM and once at the port above it, which another one has not seen.
 * Prints "requests failures p50 p99 cpu", times in microseconds, the last of this process; of
 * first, instead, the median of the first connections, and that less the median of what each took
 * longer than the second one right after it. No certificate is checked: what is measured is the
 * other side. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bottle/mem.h"

#define SAMPLES (1u << 20)
#define CONNS 256u
#define FIRSTS 250u /* hosts of one run */

static struct {
	uint16_t proxy, upstream;
	const char *name;
	size_t body, nrequest;
	char *request;
	double seconds;
	SSL_CTX *ctx;
	enum { KEEP, NEW, PLAIN, HOLD, FIRST } mode;
} job;

struct way { /* to the other side: TLS or not */
	int fd;
	SSL *ssl;
};
static atomic_uint ready, failures, nsamples;
static atomic_bool go;
static uint32_t samples[SAMPLES];

static double now(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		                 .sin_port = htons(port),
		                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval tv = { .tv_sec = 10 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static bool tunnel(int fd)
{
	char text[512];
	int n = snprintf(text, sizeof text, "CONNECT %s:%u HTTP/1.1\r\nHost: %s:%u\r\n\r\n",
	                 job.name, job.upstream, job.name, job.upstream);
	size_t have = 0;
	ssize_t got;

	if (write(fd, text, (size_t)n) != n)
		return false;
	while (have < sizeof text - 1 && (got = read(fd, text + have, 1)) == 1) {
		text[++have] = '\0';
		if (have >= 4 && strcmp(text + have - 4, "\r\n\r\n") == 0)
			return strncmp(text + 9, "200", 3) == 0;
	}
	return false;
}

static int take(struct way *w, char *p, size_t n)
{
	return w->ssl ? SSL_read(w->ssl, p, (int)n) : (int)read(w->fd, p, n);
}

static bool say(struct way *w)
{
	int n = (int)job.nrequest;

	return w->ssl ? SSL_write(w->ssl, job.request, n) == n
	              : write(w->fd, job.request, job.nrequest) == n;
}

/* One answer with a Content-Length. */
static bool answer(struct way *w)
{
	char text[16384];
	size_t have = 0;
	char *end = NULL, *len;
	int got;

	while (!end) {
		got = take(w, text + have, sizeof text - 1 - have);
		if (got <= 0)
			return false;
		have += (size_t)got;
		text[have] = '\0';
		end = strstr(text, "\r\n\r\n");
	}
	len = strstr(text, "Content-Length: ");
	if (strncmp(text, "HTTP/1.1 200", 12) != 0 || !len || len > end)
		return false;
	size_t whole = (size_t)(end + 4 - text) + strtoul(len + 16, NULL, 10);

	while (have < whole && (got = take(w, text, sizeof text)) > 0)
		have += (size_t)got;
	return have == whole;
}

static void leave(struct way *w)
{
	if (w->ssl)
		(void)SSL_shutdown(w->ssl);
	SSL_free(w->ssl);
	w->ssl = NULL;
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
}

static bool enter(struct way *w)
{
	w->fd = dial(job.proxy ? job.proxy : job.upstream);
	w->ssl = job.mode == PLAIN ? NULL : SSL_new(job.ctx);
	if (w->fd < 0 || job.mode == PLAIN)
		return w->fd >= 0;
	return (!job.proxy || tunnel(w->fd)) && SSL_set_fd(w->ssl, w->fd) == 1 &&
	       SSL_set_tlsext_host_name(w->ssl, job.name) == 1 && SSL_connect(w->ssl) == 1;
}

static bool one(struct way *w)
{
	bool good;

	if (job.mode != NEW && job.mode != FIRST)
		return say(w) && answer(w);
	good = enter(w) && say(w) && answer(w);
	leave(w);
	return good;
}

static void requests(struct way *w)
{
	double until = now(CLOCK_MONOTONIC) + job.seconds;

	for (double a = now(CLOCK_MONOTONIC), b; a < until; a = b) {
		if (!one(w)) {
			atomic_fetch_add(&failures, 1);
			return;
		}
		b = now(CLOCK_MONOTONIC);
		unsigned i = atomic_fetch_add(&nsamples, 1);

		if (i < SAMPLES)
			samples[i] = (uint32_t)((b - a) * 1e6);
	}
}

/* A chat: what a scanner has to read, and nothing for it to find. */
static void make_request(void)
{
	static const char words[] =
	        "Here is main.c; the loop over rows[i] is slow. What would you do?\\n";
	static const char open[] = "{\"role\":\"user\",\"content\":\"", close[] = "\"}";
	size_t frame = sizeof open + sizeof close - 2;
	size_t n = 1024 + job.body;

	job.request = bt_calloc(n, 1);
	job.nrequest = (size_t)snprintf(job.request, n,
	                                job.body ? "POST /post HTTP/1.1\r\nHost: %s:%u\r\n"
	                                           "Content-Type: application/json\r\n"
	                                           "Content-Length: %zu\r\n\r\n"
	                                         : "GET / HTTP/1.1\r\nHost: %s:%u\r\n\r\n",
	                                job.name, job.upstream, job.body);
	if (job.mode == PLAIN && job.proxy)
		job.nrequest = (size_t)snprintf(job.request, n,
		                                "GET http://%s:%u/ HTTP/1.1\r\nHost: %s:%u\r\n\r\n",
		                                job.name, job.upstream, job.name, job.upstream);
	if (!job.body)
		return;
	(void)strcpy(job.request + job.nrequest, open);
	job.nrequest += sizeof open - 1;
	for (size_t i = frame; i < job.body; i++) /* the last one cut short: blanks instead */
		job.request[job.nrequest++] =
		        i - frame < (job.body - frame) / (sizeof words - 1) * (sizeof words - 1)
		                ? words[(i - frame) % (sizeof words - 1)]
		                : ' ';
	(void)strcpy(job.request + job.nrequest, close);
	job.nrequest += sizeof close - 1;
}

static uint32_t took(struct way *w)
{
	double begin = now(CLOCK_MONOTONIC);

	make_request();
	if (!one(w))
		atomic_fetch_add(&failures, 1);
	free(job.request);
	job.request = NULL;
	return (uint32_t)((now(CLOCK_MONOTONIC) - begin) * 1e6);
}

/* One thread: first connections come first in samples, second ones after them. */
static void firsts(struct way *w)
{
	const char *under = job.name;
	size_t from = job.body;
	uint16_t port = job.upstream;
	char name[256];

	job.body = 0;
	for (size_t i = 0; i < FIRSTS; i++) {
		(void)snprintf(name, sizeof name, "h%zu.%s", from + i, under);
		job.name = name;
		samples[i] = took(w);
		job.upstream++;
		samples[FIRSTS + i] = took(w);
		job.upstream = port;
	}
	job.name = under;
	atomic_store(&nsamples, 2 * FIRSTS);
}

static void *client(void *arg)
{
	struct way w = { -1, NULL };
	bool up = job.mode == NEW || job.mode == FIRST ||
	          (enter(&w) && (job.mode != HOLD || one(&w)));

	if (!up)
		atomic_fetch_add(&failures, 1);
	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&go))
		(void)usleep(1000);
	if (job.mode == FIRST)
		firsts(&w);
	else if (up && job.mode != HOLD)
		requests(&w);
	leave(&w);
	return arg;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int by_signed(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

/* Pair by pair: what else the machine does comes and goes, and both of a pair had the same. */
static void report_firsts(size_t n)
{
	int32_t longer[FIRSTS];

	for (size_t i = 0; i < FIRSTS; i++)
		longer[i] = (int32_t)samples[i] - (int32_t)samples[FIRSTS + i];
	qsort(longer, FIRSTS, sizeof *longer, by_signed);
	qsort(samples, FIRSTS, sizeof *samples, by_value);
	(void)printf("%zu %u %u %d 0\n", n, atomic_load(&failures), samples[FIRSTS / 2],
	             (int32_t)samples[FIRSTS / 2] - longer[FIRSTS / 2]);
}

static void report(void)
{
	size_t n = atomic_load(&nsamples), kept = n < SAMPLES ? n : SAMPLES;

	if (job.mode == FIRST) {
		report_firsts(n);
		return;
	}
	qsort(samples, kept, sizeof *samples, by_value);
	(void)printf("%zu %u %u %u %.0f\n", n, atomic_load(&failures), kept ? samples[kept / 2] : 0,
	             kept ? samples[kept * 99 / 100] : 0, now(CLOCK_PROCESS_CPUTIME_ID) * 1e6);
}

static bool mode_of(const char *name)
{
	static const char *const names[] = { "keep", "new", "plain", "hold", "first" };

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0) {
			job.mode = i;
			return true;
		}
	return false;
}

int main(int argc, char **argv)
{
	pthread_t threads[CONNS];
	unsigned n = argc == 7 || argc == 8 ? (unsigned)atoi(argv[4]) : 0;

	if (n == 0 || n > CONNS || !mode_of(argc == 8 ? argv[7] : "keep"))
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	job.proxy = (uint16_t)atoi(argv[1]);
	job.upstream = (uint16_t)atoi(argv[2]);
	job.name = argv[3];
	job.seconds = atof(argv[5]);
	job.body = strtoul(argv[6], NULL, 10);
	job.ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_verify(job.ctx, SSL_VERIFY_NONE, NULL);
	if (job.mode != FIRST)
		make_request();
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, client, NULL) != 0)
			return 1;
	while (atomic_load(&ready) < n)
		(void)usleep(1000);
	(void)puts("go"); /* connections stand: the clock of the proxy may be read */
	(void)fflush(stdout);
	(void)getchar();
	atomic_store(&go, true);
	for (unsigned i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
	report();
	SSL_CTX_free(job.ctx);
	free(job.request);
	return 0;
}
