/* leaf.c - who the gate is to its clients: one context for all hosts, a certificate each. */
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "ca_impl.h"

struct leaf {
	TAILQ_ENTRY(leaf) by_use; /* most recent first */
	struct leaf *next;        /* in its bucket */
	X509 *cert;
	unsigned char session_id[SHA256_DIGEST_LENGTH]; /* of host: sessions are for it alone */
	time_t renew;                                   /* monotonic: mint again after it */
	char host[];
};

struct bt_leafs {
	const struct bt_ca *ca;
	struct bt_mint *mint; /* this and ctx: NULL until the first leaf */
	SSL_CTX *ctx;
	uint64_t ttl;
	bool h2;
	size_t max, count, nbuckets;
	TAILQ_HEAD(leafs_by_use, leaf) by_use;
	struct leaf **bucket; /* nbuckets, a power of two */
};

static time_t now_mono(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static size_t bucket_of(const struct bt_leafs *l, const char *host)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a: hosts here passed the allowlist already */

	for (; *host; host++)
		h = (h ^ (uint8_t)*host) * 1099511628211u;
	return (size_t)(h ^ (h >> 32)) & (l->nbuckets - 1);
}

static void drop(struct bt_leafs *l, struct leaf *f)
{
	struct leaf **at = &l->bucket[bucket_of(l, f->host)];

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	TAILQ_REMOVE(&l->by_use, f, by_use);
	l->count--;
	X509_free(f->cert); /* connections hold their own reference */
	free(f);
}

static char h2_too; /* its address as an argument of choose_alpn says so */

/* HTTP/2 where it is offered, then HTTP/1.1; a client that offers protocols without either is told
 * so by an alert. */
static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
                       const unsigned char *in, unsigned inlen, void *arg)
{
	static const unsigned char both[] = "\2h2\x08http/1.1";
	size_t skip = arg == &h2_too ? 0 : 3;

	(void)ssl;
	/* The constness is OpenSSL's own mistake; *out points into in, never into ours to write. */
	if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, outlen, both + skip,
	                          (unsigned)(sizeof both - 1 - skip), in,
	                          inlen) == OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_OK;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool setup_ctx(SSL_CTX *c, const struct bt_mint *m, bool h2)
{
	bool ok = SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) &&
	          SSL_CTX_set1_groups_list(c, "X25519:P-256") && SSL_CTX_set_num_tickets(c, 1) &&
	          SSL_CTX_set_ciphersuites(c, BT_TLS_SUITES) == 1 &&
	          SSL_CTX_use_PrivateKey(c, bt_mint_key(m)) == 1;

	(void)SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF); /* tickets only: no state */
	(void)SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE |
	                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                                  SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
	(void)SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
	                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_read_ahead(c, 1); /* a record in one read, not its head and then the rest */
	SSL_CTX_set_default_read_buffer_len(c, BT_TLS_READ);
	SSL_CTX_set_alpn_select_cb(c, choose_alpn, h2 ? &h2_too : NULL);
	return ok;
}

/* With the first leaf, not at the start: OpenSSL's generator of random numbers takes longer to be
 * set up than anything else that a key needs. */
static int make_ready(struct bt_leafs *l, struct bt_err *e)
{
	if (!l->mint)
		l->mint = bt_mint_new(l->ca);
	if (l->mint && !l->ctx) {
		SSL_CTX *c = SSL_CTX_new(TLS_server_method());

		if (c && setup_ctx(c, l->mint, l->h2))
			l->ctx = c;
		else
			SSL_CTX_free(c);
	}
	return l->ctx ? 0 : bt_ssl_fail(e, "set up TLS");
}

int bt_leafs_open(struct bt_leafs **out, const struct bt_ca *ca, uint64_t ttl_s, size_t cache_max,
                  struct bt_err *e)
{
	BT_OWN(bt_leafs) l = bt_calloc(1, sizeof *l);

	(void)e; /* what can fail does so with the first leaf */
	TAILQ_INIT(&l->by_use);
	l->ca = ca;
	l->ttl = ttl_s;
	l->h2 = true;
	l->max = cache_max ? cache_max : 1;
	l->nbuckets = 64;
	while (l->nbuckets < l->max && l->nbuckets < 65536)
		l->nbuckets *= 2;
	l->bucket = bt_calloc(l->nbuckets, sizeof(struct leaf *));
	*out = BT_STEAL(l);
	return 0;
}

void bt_leafs_offer_h2(struct bt_leafs *l, bool on)
{
	l->h2 = on;
	if (l->ctx)
		SSL_CTX_set_alpn_select_cb(l->ctx, choose_alpn, on ? &h2_too : NULL);
}

void bt_leafs_close(struct bt_leafs *l)
{
	if (!l)
		return;
	for (struct leaf *f = TAILQ_FIRST(&l->by_use), *next; f; f = next) {
		next = TAILQ_NEXT(f, by_use);
		drop(l, f);
	}
	SSL_CTX_free(l->ctx); /* so do they of this */
	bt_mint_free(l->mint);
	free(l->bucket);
	free(l);
}

static struct leaf *find(struct bt_leafs *l, const char *host)
{
	struct leaf *f = l->bucket[bucket_of(l, host)];

	while (f && strcmp(f->host, host) != 0)
		f = f->next;
	return f;
}

/* As the latest; instead of old, if any. */
static struct leaf *add(struct bt_leafs *l, const char *host, struct leaf *old, struct bt_err *e)
{
	size_t b = bucket_of(l, host), n = strlen(host);
	X509 *cert = bt_mint_leaf(l->mint, host, l->ttl);

	if (!cert) {
		(void)bt_ssl_fail(e, "mint a certificate");
		(void)bt_wrap(e, "%s", host);
		return NULL;
	}
	if (old)
		drop(l, old);
	if (l->count >= l->max) /* at most one too many: a call adds one */
		drop(l, TAILQ_LAST(&l->by_use, leafs_by_use));
	struct leaf *f = bt_calloc(1, sizeof *f + n + 1);

	memcpy(f->host, host, n + 1);
	(void)SHA256((const unsigned char *)host, n, f->session_id);
	f->cert = cert;
	f->renew = now_mono() + (time_t)(l->ttl / 2);
	f->next = l->bucket[b];
	l->bucket[b] = f;
	TAILQ_INSERT_HEAD(&l->by_use, f, by_use);
	l->count++;
	return f;
}

/* The leaf for host; NULL: *e says why. */
static const struct leaf *get(struct bt_leafs *l, const char *host, struct bt_err *e)
{
	struct leaf *f = find(l, host);

	if (!f || now_mono() >= f->renew)
		return add(l, host, f, e);
	TAILQ_REMOVE(&l->by_use, f, by_use);
	TAILQ_INSERT_HEAD(&l->by_use, f, by_use);
	return f;
}

struct ssl_st *bt_leafs_begin(struct bt_leafs *l, const char *host, struct bt_err *e)
{
	size_t n = strlen(host);

	if (n == 0 || n > BT_LIM_HOST) {
		(void)bt_fail(e, BT_INVALID, "host of %zu characters", n);
		return NULL;
	}
	const struct leaf *f = make_ready(l, e) < 0 ? NULL : get(l, host, e);

	if (!f)
		return NULL;
	SSL *ssl = SSL_new(l->ctx);

	/* A ticket says, inside, whose it is; in another host's connection it opens nothing. */
	if (ssl && SSL_use_certificate(ssl, f->cert) == 1 &&
	    SSL_set_session_id_context(ssl, f->session_id, sizeof f->session_id) == 1)
		return ssl;
	SSL_free(ssl);
	(void)bt_ssl_fail(e, "begin TLS");
	return NULL;
}

size_t bt_leafs_count(const struct bt_leafs *l)
{
	return l->count;
}
