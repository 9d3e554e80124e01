#include "bottle/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "bottle/mem.h"
#include "tls_impl.h"

struct bt_tls {
	SSL *ssl;
	struct bt_tls_client *client; /* the upstream leg's; NULL on the agent's */
	struct bt_tls_peer *peer;     /* upstream leg: whom we asked for */
};

void bt_tls_free(struct bt_tls *t)
{
	if (!t)
		return;
	/* Freeing an SSL that was not shut down must not spoil its session: nothing was truncated
	 * by us, and a resumed session is authenticated anew. */
	if (t->ssl)
		SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(t->ssl);
	free(t->peer);
	free(t);
}

static int attach(struct bt_tls *t, SSL *ssl, int fd, struct bt_str peeked, struct bt_err *e)
{
	t->ssl = ssl;
	BIO *bio = t->ssl ? bt_replay_bio(t->ssl, fd, peeked) : NULL;

	if (!bio)
		return bt_fail(e, BT_TLS, "out of memory");
	SSL_set_bio(t->ssl, bio, bio);
	return 0;
}

int bt_tls_accept(struct bt_tls **out, struct ssl_st *ssl, int fd, struct bt_str peeked,
                  struct bt_err *e)
{
	BT_OWN(bt_tls) t = bt_calloc(1, sizeof *t);

	if (attach(t, ssl, fd, peeked, e) < 0)
		return -1;
	SSL_set_accept_state(t->ssl);
	*out = BT_STEAL(t);
	return 0;
}

int bt_tls_dial(struct bt_tls **out, struct bt_tls_client *c, int fd, const char *host,
                uint16_t port, struct bt_err *e)
{
	BT_OWN(bt_tls) t = bt_calloc(1, sizeof *t);
	size_t n = strlen(host);

	t->client = c;
	t->peer = bt_calloc(1, sizeof *t->peer + n + 1);
	t->peer->port = port;
	memcpy(t->peer->host, host, n);
	SSL_CTX *ctx = bt_tls_client_ctx(c, e);

	if (!ctx || attach(t, SSL_new(ctx), fd, (struct bt_str){ 0 }, e) < 0)
		return -1;
	if (bt_tls_client_prepare(c, t->ssl, t->peer, e) < 0)
		return -1;
	SSL_set_connect_state(t->ssl);
	*out = BT_STEAL(t);
	return 0;
}

int bt_tls_offer_h2(struct bt_tls *t, struct bt_err *e)
{
	static const unsigned char both[] = "\2h2\x08http/1.1";

	if (SSL_set_alpn_protos(t->ssl, both, sizeof both - 1) != 0)
		return bt_fail(e, BT_TLS, "out of memory");
	return 0;
}

/* What a failed verification means, in words an agent can act on. */
static const char *verify_text(long rc)
{
	switch (rc) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "certificate has expired";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "certificate is not valid yet";
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return "self-signed certificate";
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return "untrusted root certificate";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return "certificate of an unknown issuer";
	case X509_V_ERR_CA_MD_TOO_WEAK:
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
		return "certificate with a signature or key that is too weak";
	default:
		return X509_verify_cert_error_string(rc);
	}
}

static void fail_ssl(const struct bt_tls *t, struct bt_err *e)
{
	long rc = t->client ? SSL_get_verify_result(t->ssl) : X509_V_OK;
	unsigned long code = ERR_peek_error();

	if (rc == X509_V_ERR_HOSTNAME_MISMATCH || rc == X509_V_ERR_IP_ADDRESS_MISMATCH)
		(void)bt_fail(e, BT_TLS, "certificate is not for %s", t->peer->host);
	else if (rc != X509_V_OK)
		(void)bt_fail(e, BT_TLS, "%s", verify_text(rc));
	else if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		(void)bt_fail(e, BT_TLS, "connection ended without close_notify");
	else if (ERR_GET_REASON(code) == SSL_R_CA_MD_TOO_WEAK ||
	         ERR_GET_REASON(code) == SSL_R_EE_KEY_TOO_SMALL)
		(void)bt_fail(e, BT_TLS, "certificate with a signature or key that is too weak");
	else if (code)
		(void)bt_fail(e, BT_TLS, "TLS: %s",
		              ERR_reason_error_string(code) ? ERR_reason_error_string(code)
		                                            : "unknown failure");
	else if (errno)
		(void)bt_fail_sys(e, "TLS");
	else
		(void)bt_fail(e, BT_TLS, "connection ended during TLS");
	ERR_clear_error();
}

static enum bt_tls_io outcome(struct bt_tls *t, int rc, struct bt_err *e)
{
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_NONE:
		return BT_TLS_OK;
	case SSL_ERROR_WANT_READ:
		return BT_TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return BT_TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return BT_TLS_EOF;
	default:
		fail_ssl(t, e);
		return BT_TLS_FAIL;
	}
}

/* OpenSSL's verdict depends on what earlier calls left in its queue and in errno. */
static void begin(void)
{
	if (ERR_peek_error()) /* clearing costs more than looking */
		ERR_clear_error();
	errno = 0;
}

enum bt_tls_io bt_tls_handshake(struct bt_tls *t, struct bt_err *e)
{
	begin();
	enum bt_tls_io r = outcome(t, SSL_do_handshake(t->ssl), e);

	if (r != BT_TLS_EOF)
		return r;
	(void)bt_fail(e, BT_TLS, "connection ended during TLS");
	return BT_TLS_FAIL;
}

enum bt_tls_io bt_tls_read(struct bt_tls *t, void *p, size_t cap, size_t *n, struct bt_err *e)
{
	begin();
	return outcome(t, SSL_read_ex(t->ssl, p, cap, n), e);
}

enum bt_tls_io bt_tls_write(struct bt_tls *t, const void *p, size_t n, size_t *done,
                            struct bt_err *e)
{
	*done = 0;
	if (n == 0)
		return BT_TLS_OK;
	begin();
	/* One record a call: what does not fit is the caller's next one. */
	bt_replay_more(SSL_get_wbio(t->ssl), n > SSL3_RT_MAX_PLAIN_LENGTH);
	return outcome(t, SSL_write_ex(t->ssl, p, n, done), e);
}

enum bt_tls_io bt_tls_shutdown(struct bt_tls *t, struct bt_err *e)
{
	begin();
	int rc = SSL_shutdown(t->ssl);

	return rc >= 0 ? BT_TLS_OK : outcome(t, rc, e);
}

bool bt_tls_pending(const struct bt_tls *t)
{
	return SSL_has_pending(t->ssl);
}

struct bt_str bt_tls_alpn(const struct bt_tls *t)
{
	const unsigned char *p;
	unsigned n;

	SSL_get0_alpn_selected(t->ssl, &p, &n);
	return (struct bt_str){ (const char *)p, n };
}

const char *bt_tls_version(const struct bt_tls *t)
{
	return SSL_get_version(t->ssl);
}

bool bt_tls_resumed(const struct bt_tls *t)
{
	return SSL_session_reused(t->ssl);
}

const char *bt_tls_sni(const struct bt_tls *t)
{
	return SSL_get_servername(t->ssl, TLSEXT_NAMETYPE_host_name);
}

struct ssl_st *bt_tls_ssl(struct bt_tls *t)
{
	return t->ssl;
}
