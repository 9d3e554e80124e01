#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "bottle/mem.h"
#include "ca_impl.h"
#include "roots.h"
#include "tls_impl.h"

struct kept {
	char *host;
	uint16_t port;
	SSL_SESSION *session;
};

struct bt_tls_client {
	X509_STORE *roots; /* of the file, and of the system with the first connection */
	SSL_CTX *ctx;      /* NULL until then */
	struct kept
	        *kept; /* direct-mapped by a hash of the peer: a collision only costs a handshake */
	size_t nkept;
};

static int peer_index = -1; /* SSL ex_data: whom this connection was made for */

static struct kept *slot(struct bt_tls_client *c, const struct bt_tls_peer *to)
{
	uint32_t h = 2166136261u ^ to->port;

	for (const char *p = to->host; *p; p++)
		h = (h ^ (uint8_t)*p) * 16777619u;
	return c->nkept ? &c->kept[h % c->nkept] : NULL;
}

/* OpenSSL hands over a session that may be resumed. 1: we keep the reference. */
static int keep_session(SSL *ssl, SSL_SESSION *s)
{
	struct bt_tls_client *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const struct bt_tls_peer *to = SSL_get_ex_data(ssl, peer_index);
	struct kept *k = to ? slot(c, to) : NULL;

	if (!k)
		return 0;
	SSL_SESSION_free(k->session);
	free(k->host);
	k->host = bt_strdup(to->host);
	k->port = to->port;
	k->session = s;
	return 1;
}

void bt_tls_client_close(struct bt_tls_client *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->nkept; i++) {
		SSL_SESSION_free(c->kept[i].session);
		free(c->kept[i].host);
	}
	free(c->kept);
	SSL_CTX_free(c->ctx);
	X509_STORE_free(c->roots);
	free(c);
}

static int setup(struct bt_tls_client *c, struct bt_err *e)
{
	static const unsigned char alpn[] = { 8, 'h', 't', 't', 'p', '/', '1', '.', '1' };

	if (!SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION) ||
	    !SSL_CTX_set1_groups_list(c->ctx, "X25519:P-256:P-384") ||
	    !SSL_CTX_set_ciphersuites(c->ctx, BT_TLS_SUITES) ||
	    !SSL_CTX_set_cipher_list(c->ctx, BT_TLS12_SUITES) ||
	    SSL_CTX_set_alpn_protos(c->ctx, alpn, sizeof alpn) != 0)
		return bt_ssl_fail(e, "set up TLS");
	SSL_CTX_set_security_level(c->ctx, 2);
	/* A record in one read, not its head and then the rest. */
	SSL_CTX_set_read_ahead(c->ctx, 1);
	SSL_CTX_set_default_read_buffer_len(c->ctx, BT_TLS_READ);
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_set_options(c->ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	(void)SSL_CTX_set_mode(c->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                                       SSL_MODE_RELEASE_BUFFERS);
	(void)SSL_CTX_set_session_cache_mode(c->ctx,
	                                     SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c->ctx, keep_session);
	(void)SSL_CTX_set_app_data(c->ctx, c);
	SSL_CTX_set1_cert_store(c->ctx, c->roots);
	return 0;
}

int bt_tls_client_open(struct bt_tls_client **out, const char *roots_pem, size_t sessions,
                       struct bt_err *e)
{
	BT_OWN(bt_tls_client) c = bt_calloc(1, sizeof *c);

	if (peer_index < 0)
		peer_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	c->nkept = sessions;
	c->kept = sessions ? bt_calloc(sessions, sizeof *c->kept) : NULL;
	c->roots = X509_STORE_new();
	if (!c->roots || peer_index < 0)
		return bt_ssl_fail(e, "set up TLS");
	if (roots_pem && X509_STORE_load_file(c->roots, roots_pem) != 1) {
		(void)bt_ssl_fail(e, "no certificates in PEM");
		return bt_wrap(e, "%s", roots_pem);
	}
	bt_ssl_clear();
	*out = BT_STEAL(c);
	return 0;
}

static int make_ctx(struct bt_tls_client *c, struct bt_err *e)
{
	c->ctx = SSL_CTX_new(TLS_client_method());
	if (!c->ctx)
		return bt_ssl_fail(e, "set up TLS");
	if (setup(c, e) < 0)
		return -1;
	/* The folder is looked into by name when a chain needs it, the bundle likewise by us. */
	if (SSL_CTX_set_default_verify_dir(c->ctx) != 1)
		return bt_ssl_fail(e, "the system's root certificates");
	return bt_roots_system(c->roots, e);
}

/* With the first connection, not at the start: OpenSSL's tables take a millisecond, and reading a
 * bundle, also without decoding any of it, some more. */
SSL_CTX *bt_tls_client_ctx(struct bt_tls_client *c, struct bt_err *e)
{
	if (!c->ctx && make_ctx(c, e) < 0) {
		SSL_CTX_free(BT_STEAL(c->ctx));
		return NULL;
	}
	bt_ssl_clear();
	return c->ctx;
}

static bool is_of(const struct kept *k, const struct bt_tls_peer *to)
{
	return k && k->session && k->port == to->port && strcmp(k->host, to->host) == 0;
}

int bt_tls_client_prepare(struct bt_tls_client *c, SSL *ssl, const struct bt_tls_peer *to,
                          struct bt_err *e)
{
	const char *host = to->host;
	unsigned char ip[16];
	bool literal = inet_pton(AF_INET, host, ip) == 1 || inet_pton(AF_INET6, host, ip) == 1;
	X509_VERIFY_PARAM *p = SSL_get0_param(ssl);
	const struct kept *k = slot(c, to);

	/* No name to verify would verify any name. */
	if (!*host)
		return bt_fail(e, BT_INVALID, "TLS without a name to verify");
	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	                                           X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	int ok = literal ? X509_VERIFY_PARAM_set1_ip_asc(p, host)
	                 : X509_VERIFY_PARAM_set1_host(p, host, 0) &&
	                           SSL_set_tlsext_host_name(ssl, host);

	if (!ok || !SSL_set_ex_data(ssl, peer_index, (void *)(uintptr_t)to))
		return bt_ssl_fail(e, "set the name to verify");
	if (is_of(k, to) && SSL_SESSION_is_resumable(k->session) &&
	    !SSL_set_session(ssl, k->session))
		bt_ssl_clear();
	return 0;
}
