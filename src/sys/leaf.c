#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "bottle/limits.h"
#include "bottle/mem.h"
#include "ca_impl.h"

struct leaf {
	TAILQ_ENTRY(leaf) by_use; /* most recent first */
	struct leaf *next;        /* in its bucket */
	SSL_CTX *ctx;
	time_t renew; /* monotonic: mint again after it */
	char host[];
};

struct bt_leafs {
	const struct bt_ca *ca;
	EVP_PKEY *key; /* one for all leafs: a P-256 key costs more to make than a signature */
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
	SSL_CTX_free(f->ctx); /* connections hold their own reference */
	free(f);
}

/* One subjectAltName, built from bytes: host is a stranger's and the text syntax has commas. */
static bool add_san(X509 *x, const char *host)
{
	unsigned char ip[16];
	int len = inet_pton(AF_INET, host, ip) == 1    ? 4
	          : inet_pton(AF_INET6, host, ip) == 1 ? 16
	                                               : 0;
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value = len ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	bool ok = names && name && value &&
	          ASN1_STRING_set(value, len ? (const void *)ip : host, len ? len : -1);

	if (!ok) {
		ASN1_STRING_free(value);
		GENERAL_NAME_free(name);
		GENERAL_NAMES_free(names);
		return false;
	}
	GENERAL_NAME_set0_value(name, len ? GEN_IPADD : GEN_DNS, value);
	ok = sk_GENERAL_NAME_push(names, name) > 0;
	if (!ok)
		GENERAL_NAME_free(name);
	ok = ok && X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(names);
	return ok;
}

static bool set_validity(X509 *x, const struct bt_leafs *l)
{
	const ASN1_TIME *end = X509_get0_notAfter(l->ca->cert);
	const ASN1_TIME *begin = X509_get0_notBefore(l->ca->cert);
	bool ok = X509_gmtime_adj(X509_getm_notBefore(x), -BT_CA_BACKDATE_S) &&
	          X509_time_adj_ex(X509_getm_notAfter(x), (int)(l->ttl / 86400),
	                           (long)(l->ttl % 86400), NULL);

	if (ok && ASN1_TIME_compare(X509_get0_notAfter(x), end) > 0)
		ok = X509_set1_notAfter(x, end);
	if (ok && ASN1_TIME_compare(X509_get0_notBefore(x), begin) < 0)
		ok = X509_set1_notBefore(x, begin);
	return ok;
}

static X509 *mint(const struct bt_leafs *l, const char *host)
{
	X509 *x = X509_new();
	char cn[65]; /* ub-common-name: a longer host is in the SAN alone, cut here */

	(void)strncpy(cn, host, sizeof cn - 1);
	cn[sizeof cn - 1] = '\0';
	bool ok = x && X509_set_version(x, X509_VERSION_3) && bt_x509_serial(x) &&
	          set_validity(x, l) && X509_set_pubkey(x, l->key) &&
	          X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
	                                     (const unsigned char *)cn, -1, -1, 0) &&
	          X509_set_issuer_name(x, X509_get_subject_name(l->ca->cert)) &&
	          bt_x509_ext(x, l->ca->cert, NID_basic_constraints, "critical,CA:FALSE") &&
	          bt_x509_ext(x, l->ca->cert, NID_key_usage, "critical,digitalSignature") &&
	          bt_x509_ext(x, l->ca->cert, NID_ext_key_usage, "serverAuth") &&
	          bt_x509_ext(x, l->ca->cert, NID_authority_key_identifier, "keyid:always") &&
	          add_san(x, host) && X509_sign(x, l->ca->key, EVP_sha256()) > 0;

	if (ok)
		return x;
	X509_free(x);
	return NULL;
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

static bool setup_ctx(SSL_CTX *c, const struct bt_leafs *l, X509 *x, const char *host)
{
	unsigned char sid[32];
	unsigned n = 0;

	/* Sessions are bound to the host twice: every context has ticket keys of its own, and the
	 * session id context is the host's. */
	bool ok = EVP_Digest(host, strlen(host), sid, &n, EVP_sha256(), NULL) &&
	          SSL_CTX_set_session_id_context(c, sid, n) &&
	          SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) &&
	          SSL_CTX_set1_groups_list(c, "X25519:P-256") && SSL_CTX_set_num_tickets(c, 1) &&
	          SSL_CTX_use_certificate(c, x) == 1 && SSL_CTX_use_PrivateKey(c, l->key) == 1;

	(void)SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF); /* tickets only: no state */
	(void)SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE |
	                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                                  SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
	(void)SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
	                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
	ok = ok && SSL_CTX_set_ciphersuites(c, BT_TLS_SUITES) == 1;
	SSL_CTX_set_read_ahead(c, 1); /* a record in one read, not its head and then the rest */
	SSL_CTX_set_default_read_buffer_len(c, BT_TLS_READ);
	SSL_CTX_set_alpn_select_cb(c, choose_alpn, l->h2 ? &h2_too : NULL);
	return ok;
}

static SSL_CTX *make_ctx(struct bt_leafs *l, const char *host, struct bt_err *e)
{
	/* With the first leaf, not at the start: OpenSSL's generator of random numbers takes longer
	 * to be set up than anything else that a key needs. */
	if (!l->key)
		l->key = EVP_EC_gen("P-256");
	X509 *x = l->key ? mint(l, host) : NULL;
	SSL_CTX *c = x ? SSL_CTX_new(TLS_server_method()) : NULL;

	if (!c || !setup_ctx(c, l, x, host)) {
		(void)bt_ssl_fail(e, "mint a certificate");
		(void)bt_wrap(e, "%s", host);
		SSL_CTX_free(c);
		c = NULL;
	}
	X509_free(x);
	return c;
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
}

void bt_leafs_close(struct bt_leafs *l)
{
	if (!l)
		return;
	for (struct leaf *f = TAILQ_FIRST(&l->by_use), *next; f; f = next) {
		next = TAILQ_NEXT(f, by_use);
		drop(l, f);
	}
	EVP_PKEY_free(l->key);
	free(l->bucket);
	free(l);
}

struct ssl_ctx_st *bt_leafs_get(struct bt_leafs *l, const char *host, struct bt_err *e)
{
	size_t b = bucket_of(l, host), n = strlen(host);
	struct leaf *f = l->bucket[b];
	time_t now = now_mono();

	if (n == 0 || n > BT_LIM_HOST) {
		(void)bt_fail(e, BT_INVALID, "host of %zu characters", n);
		return NULL;
	}
	while (f && strcmp(f->host, host) != 0)
		f = f->next;
	if (f && now < f->renew) {
		TAILQ_REMOVE(&l->by_use, f, by_use);
		TAILQ_INSERT_HEAD(&l->by_use, f, by_use);
		return f->ctx;
	}
	SSL_CTX *ctx = make_ctx(l, host, e);

	if (!ctx)
		return NULL;
	if (f)
		drop(l, f);
	if (l->count >= l->max) /* at most one too many: a call adds one */
		drop(l, TAILQ_LAST(&l->by_use, leafs_by_use));
	f = bt_calloc(1, sizeof *f + n + 1);
	memcpy(f->host, host, n + 1);
	f->ctx = ctx;
	f->renew = now + (time_t)(l->ttl / 2);
	f->next = l->bucket[b];
	l->bucket[b] = f;
	TAILQ_INSERT_HEAD(&l->by_use, f, by_use);
	l->count++;
	return ctx;
}

size_t bt_leafs_count(const struct bt_leafs *l)
{
	return l->count;
}
