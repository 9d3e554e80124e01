#include "unit.h"
#include "bottle/ca.h"
#include "bottle/mem.h"
#include "bottle/scratch.h"
#include "bottle/tls.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

struct world {
	struct bt_scratch *dir;
	struct bt_ca *ca;
	struct bt_leafs *leafs;
	struct bt_tls_client *client;
	int fd[2]; /* 0: client, 1: server */
};

static int setup(void **state)
{
	struct world *w = bt_calloc(1, sizeof *w);
	struct bt_err e = { 0 };

	assert_ok(bt_scratch_open(&w->dir, NULL, &e), &e);
	assert_ok(bt_ca_create(&w->ca, bt_scratch_path(w->dir), "t", 0, &e), &e);
	assert_ok(bt_leafs_open(&w->leafs, w->ca, 86400, 16, &e), &e);
	assert_ok(bt_tls_client_open(&w->client, bt_ca_cert_path(w->ca), 16, &e), &e);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, w->fd), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	bt_tls_client_close(w->client);
	bt_leafs_close(w->leafs);
	bt_ca_free(w->ca);
	bt_scratch_close(w->dir);
	(void)close(w->fd[0]);
	(void)close(w->fd[1]);
	free(w);
	return 0;
}

/* Both ends in turn until the client is done or fails. */
static enum bt_tls_io shake(struct bt_tls *c, struct bt_tls *s, struct bt_err *e)
{
	struct bt_err ignored = { 0 };
	enum bt_tls_io rc = BT_TLS_WANT_READ, rs = BT_TLS_WANT_READ;

	for (int i = 0; i < 20 && rc != BT_TLS_FAIL && !(rc == BT_TLS_OK && rs == BT_TLS_OK); i++) {
		if (rc != BT_TLS_OK)
			rc = bt_tls_handshake(c, e);
		if (rs != BT_TLS_OK)
			rs = bt_tls_handshake(s, &ignored);
	}
	return rc;
}

static SSL *as(struct world *w, const char *host)
{
	struct bt_err e = { 0 };
	SSL *s = bt_leafs_begin(w->leafs, host, &e);

	assert_non_null(s);
	return s;
}

static void a_name_we_minted_for_is_trusted_and_bytes_pass(void **state)
{
	struct world *w = *state;
	BT_OWN(bt_tls) c = NULL;
	BT_OWN(bt_tls) s = NULL;
	struct bt_err e = { 0 };
	char buf[64];
	size_t n = 0;

	assert_ok(bt_tls_dial(&c, w->client, w->fd[0], "api.good.test", 443, &e), &e);
	assert_ok(bt_tls_accept(&s, as(w, "api.good.test"), w->fd[1], (struct bt_str){ 0 }, &e),
	          &e);
	if (shake(c, s, &e) != BT_TLS_OK)
		fail_msg("%s", e.msg);
	assert_string_equal(bt_tls_version(c), "TLSv1.3");
	assert_true(bt_str_eq(bt_tls_alpn(c), BT_STR_LIT("http/1.1")));
	assert_string_equal(bt_tls_sni(s), "api.good.test");
	assert_int_equal(SSL_get_peer_cert_chain(bt_tls_ssl(c)) != NULL &&
	                         sk_X509_num(SSL_get_peer_cert_chain(bt_tls_ssl(c))) == 1,
	                 1);
	assert_int_equal(bt_tls_write(c, "hello", 5, &n, &e), BT_TLS_OK);
	assert_int_equal(bt_tls_read(s, buf, sizeof buf, &n, &e), BT_TLS_OK);
	assert_int_equal(n, 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(bt_tls_read(s, buf, sizeof buf, &n, &e), BT_TLS_WANT_READ);
	assert_int_equal(bt_tls_shutdown(c, &e), BT_TLS_OK);
	assert_int_equal(bt_tls_read(s, buf, sizeof buf, &n, &e), BT_TLS_EOF);
}

static void a_cut_connection_is_no_clean_end(void **state)
{
	struct world *w = *state;
	BT_OWN(bt_tls) c = NULL;
	BT_OWN(bt_tls) s = NULL;
	struct bt_err e = { 0 };
	char buf[8];
	size_t n;

	assert_ok(bt_tls_dial(&c, w->client, w->fd[0], "a.test", 443, &e), &e);
	assert_ok(bt_tls_accept(&s, as(w, "a.test"), w->fd[1], (struct bt_str){ 0 }, &e), &e);
	assert_int_equal(shake(c, s, &e), BT_TLS_OK);
	assert_int_equal(shutdown(w->fd[0], SHUT_WR), 0);
	assert_int_equal(bt_tls_read(s, buf, sizeof buf, &n, &e), BT_TLS_FAIL);
	assert_string_equal(e.msg, "connection ended without close_notify");
}

static void peeked_bytes_are_played_first(void **state)
{
	struct world *w = *state;
	BT_OWN(bt_tls) c = NULL;
	BT_OWN(bt_tls) s = NULL;
	struct bt_err e = { 0 };
	char hello[4096];

	assert_ok(bt_tls_dial(&c, w->client, w->fd[0], "a.test", 443, &e), &e);
	assert_int_equal(bt_tls_handshake(c, &e), BT_TLS_WANT_READ);
	ssize_t n = read(w->fd[1], hello, sizeof hello);

	assert_true(n > 100);
	assert_int_equal(hello[0], 0x16);
	assert_ok(bt_tls_accept(&s, as(w, "a.test"), w->fd[1], (struct bt_str){ hello, (size_t)n },
	                        &e),
	          &e);
	memset(hello, 0, sizeof hello); /* they were copied */
	assert_int_equal(shake(c, s, &e), BT_TLS_OK);
}

static void refuses(struct world *w, const char *server, const char *asked, const char *text)
{
	BT_OWN(bt_tls) c = NULL;
	BT_OWN(bt_tls) s = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_tls_dial(&c, w->client, w->fd[0], asked, 443, &e), &e);
	assert_ok(bt_tls_accept(&s, as(w, server), w->fd[1], (struct bt_str){ 0 }, &e), &e);
	assert_int_equal(shake(c, s, &e), BT_TLS_FAIL);
	assert_string_equal(e.msg, text);
	assert_int_equal(e.code, BT_TLS);
}

static void a_certificate_for_another_name_is_refused(void **state)
{
	refuses(*state, "evil.test", "api.good.test", "certificate is not for api.good.test");
}

static void an_unknown_issuer_is_refused(void **state)
{
	struct world *w = *state;
	struct bt_err e = { 0 };

	bt_tls_client_close(w->client);
	assert_ok(bt_tls_client_open(&w->client, NULL, 0, &e), &e);
	refuses(w, "a.test", "a.test", "certificate of an unknown issuer");
}

/* A server certificate of our own making: what a careless or hostile upstream may show. */
static SSL_CTX *custom(long from, long to, const EVP_MD *md, const char *cn, bool san)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());
	X509_NAME *name = X509_get_subject_name(x);

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), from);
	X509_gmtime_adj(X509_getm_notAfter(x), to);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(x, name);
	if (san) {
		X509_EXTENSION *ext =
		        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:a.test");

		X509_add_ext(x, ext, -1);
		X509_EXTENSION_free(ext);
	}
	assert_true(X509_sign(x, key, md) > 0);
	SSL_CTX_set_security_level(c, 0);
	assert_int_equal(SSL_CTX_use_certificate(c, x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(c, key), 1);
	X509_free(x);
	EVP_PKEY_free(key);
	return c;
}

static void refuses_custom(struct world *w, SSL_CTX *ctx, bool trusted, const char *text)
{
	BT_OWN(bt_tls) c = NULL;
	BT_OWN(bt_tls) s = NULL;
	struct bt_err e = { 0 };
	char path[300];

	if (trusted) {
		(void)snprintf(path, sizeof path, "%s/roots.pem", bt_scratch_path(w->dir));
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		PEM_write_X509(f, SSL_CTX_get0_certificate(ctx));
		(void)fclose(f);
		bt_tls_client_close(w->client);
		assert_ok(bt_tls_client_open(&w->client, path, 0, &e), &e);
	}
	assert_ok(bt_tls_dial(&c, w->client, w->fd[0], "a.test", 443, &e), &e);
	assert_ok(bt_tls_accept(&s, SSL_new(ctx), w->fd[1], (struct bt_str){ 0 }, &e), &e);
	assert_int_equal(shake(c, s, &e), BT_TLS_FAIL);
	assert_non_null(strstr(e.msg, text));
	SSL_CTX_free(ctx);
}

static void an_expired_certificate_is_refused(void **state)
{
	refuses_custom(*state, custom(-7200, -3600, EVP_sha256(), "a.test", true), true,
	               "certificate has expired");
}

static void a_self_signed_certificate_is_refused(void **state)
{
	refuses_custom(*state, custom(-60, 3600, EVP_sha256(), "a.test", true), false,
	               "self-signed certificate");
}

static void a_common_name_is_no_name(void **state)
{
	refuses_custom(*state, custom(-60, 3600, EVP_sha256(), "a.test", false), true,
	               "certificate is not for a.test");
}

static void tls_1_1_gets_an_alert(void **state)
{
	struct world *w = *state;
	BT_OWN(bt_tls) s = NULL;
	struct bt_err e = { 0 };
	SSL_CTX *old = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_security_level(old, 0);
	SSL_CTX_set_min_proto_version(old, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(old, TLS1_1_VERSION);
	SSL *c = SSL_new(old);

	SSL_set_fd(c, w->fd[0]);
	assert_int_equal(SSL_connect(c), -1);
	assert_ok(bt_tls_accept(&s, as(w, "a.test"), w->fd[1], (struct bt_str){ 0 }, &e), &e);
	assert_int_equal(bt_tls_handshake(s, &e), BT_TLS_FAIL);
	unsigned char alert[8];

	assert_true(read(w->fd[0], alert, sizeof alert) >= 7);
	assert_int_equal(alert[0], 21);
	SSL_free(c);
	SSL_CTX_free(old);
}

static void an_unknown_protocol_alone_gets_an_alert(void **state)
{
	struct world *w = *state;
	BT_OWN(bt_tls) c = NULL;
	BT_OWN(bt_tls) s = NULL;
	struct bt_err e = { 0 };

	assert_ok(bt_tls_dial(&c, w->client, w->fd[0], "a.test", 443, &e), &e);
	assert_int_equal(SSL_set_alpn_protos(bt_tls_ssl(c), (const unsigned char *)"\2h9", 3), 0);
	assert_ok(bt_tls_accept(&s, as(w, "a.test"), w->fd[1], (struct bt_str){ 0 }, &e), &e);
	assert_int_equal(shake(c, s, &e), BT_TLS_FAIL);
}

/* One handshake as host, with the session of an earlier one offered. */
static bool resumes_at(struct world *w, SSL_SESSION **session, const char *host, uint16_t port)
{
	BT_OWN(bt_tls) c = NULL;
	BT_OWN(bt_tls) s = NULL;
	struct bt_err e = { 0 };
	size_t n;
	char b[4];

	assert_ok(bt_tls_dial(&c, w->client, w->fd[0], host, port, &e), &e);
	if (session && *session)
		assert_true(SSL_set_session(bt_tls_ssl(c), *session));
	assert_ok(bt_tls_accept(&s, as(w, host), w->fd[1], (struct bt_str){ 0 }, &e), &e);
	if (shake(c, s, &e) != BT_TLS_OK)
		fail_msg("%s", e.msg);
	(void)bt_tls_read(c, b, sizeof b, &n, &e); /* takes the ticket */
	if (session && !*session)
		*session = SSL_get1_session(bt_tls_ssl(c));
	return bt_tls_resumed(s);
}

static bool resumes(struct world *w, SSL_SESSION **session, const char *host)
{
	return resumes_at(w, session, host, 443);
}

static void sessions_resume_for_the_same_host_and_port_only(void **state)
{
	struct world *w = *state;
	SSL_SESSION *of_a = NULL;

	assert_false(resumes(w, NULL, "a.test"));
	assert_true(resumes(w, NULL, "a.test"));
	assert_false(resumes(w, NULL, "b.test"));
	/* T08: a ticket of a given to c is a full handshake, not a way in. */
	assert_true(resumes(w, &of_a, "a.test"));
	assert_true(SSL_SESSION_is_resumable(of_a));
	assert_false(resumes(w, &of_a, "c.test"));
	SSL_SESSION_free(of_a);
	assert_false(resumes_at(w, NULL, "a.test", 8443));
	assert_true(resumes_at(w, NULL, "a.test", 8443));
}

static void a_roots_file_that_is_none_is_refused(void **state)
{
	struct bt_tls_client *c = NULL;
	struct bt_err e = { 0 };

	(void)state;
	assert_int_equal(bt_tls_client_open(&c, "/nonexistent/roots.pem", 0, &e), -1);
	assert_non_null(strstr(e.msg, "/nonexistent/roots.pem"));
	assert_null(c);
}

/* Two connections to a name of ours, with path as the system's bundle; then one that is refused. */
static void trusts(struct world *w, const char *path)
{
	struct bt_err e = { 0 };

	assert_int_equal(setenv("SSL_CERT_FILE", path, 1), 0);
	bt_tls_client_close(w->client);
	assert_ok(bt_tls_client_open(&w->client, NULL, 0, &e), &e);
	for (int i = 0; i < 2; i++) {
		BT_OWN(bt_tls) c = NULL;
		BT_OWN(bt_tls) s = NULL;

		assert_ok(bt_tls_dial(&c, w->client, w->fd[0], "a.test", 443, &e), &e);
		assert_ok(bt_tls_accept(&s, as(w, "a.test"), w->fd[1], (struct bt_str){ 0 }, &e),
		          &e);
		if (shake(c, s, &e) != BT_TLS_OK)
			fail_msg("%s", e.msg);
		(void)close(w->fd[0]);
		(void)close(w->fd[1]);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, w->fd), 0);
	}
	refuses(w, "evil.test", "a.test", "certificate is not for a.test");
	assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
}

/* The system's bundle with ours among others: what stands around it is neither needed nor in the
 * way. Text, a certificate of the wrong shape, one that is cut off and one with other characters
 * in it are passed over. */
static void the_root_that_is_needed_is_found_in_the_system_bundle(void **state)
{
	struct world *w = *state;
	BT_OWN_MEM char *path = bt_asprintf("%s/bundle.pem", bt_scratch_path(w->dir));
	BT_OWN(bt_ca) other = NULL;
	struct bt_err e = { 0 };
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_ok(bt_ca_create_memory(&other, "other", 0, &e), &e);
	fprintf(f,
	        "# roots\n-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"
	        "-----BEGIN CERTIFICATE-----\nMAMC\n"
	        "-----BEGIN CERTIFICATE-----\nM!MC\n-----END CERTIFICATE-----\n%s%s%s",
	        bt_ca_pem(other), bt_ca_pem(w->ca), bt_ca_pem(w->ca));
	fclose(f);
	trusts(w, path);
}

/* A chain may spell the name of its root otherwise than the root itself does (RFC 5280 §7.1). */
static void a_root_is_found_by_its_name_in_another_spelling(void **state)
{
	struct world *w = *state;
	BT_OWN_MEM char *path = bt_asprintf("%s/bundle.pem", bt_scratch_path(w->dir));
	BIO *in = BIO_new_mem_buf(bt_ca_pem(w->ca), -1);
	X509 *root = PEM_read_bio_X509(in, NULL, NULL, NULL);
	X509_NAME *name = X509_NAME_new();
	FILE *f = fopen(path, "w");

	assert_true(f && root);
	assert_true(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
	                                       (const unsigned char *)"BOTTLE", -1, -1, 0));
	assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	                                       (const unsigned char *)"Bottle  CA T", -1, -1, 0));
	assert_true(X509_set_subject_name(root, name) && X509_set_issuer_name(root, name));
	assert_true(PEM_write_X509(f, root)); /* nobody asks who has signed what is trusted */
	fclose(f);
	X509_NAME_free(name);
	X509_free(root);
	BIO_free(in);
	trusts(w, path);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_name_we_minted_for_is_trusted_and_bytes_pass),
		T(a_cut_connection_is_no_clean_end),
		T(peeked_bytes_are_played_first),
		T(a_certificate_for_another_name_is_refused),
		T(an_unknown_issuer_is_refused),
		T(an_expired_certificate_is_refused),
		T(a_self_signed_certificate_is_refused),
		T(a_common_name_is_no_name),
		T(tls_1_1_gets_an_alert),
		T(an_unknown_protocol_alone_gets_an_alert),
		T(sessions_resume_for_the_same_host_and_port_only),
		T(a_roots_file_that_is_none_is_refused),
		T(the_root_that_is_needed_is_found_in_the_system_bundle),
		T(a_root_is_found_by_its_name_in_another_spelling),
	};
	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
